/** The polynomial of `node:zlib`'s crc32, bits in reverse. */
const POLYNOMIAL = 0xedb88320

/** Product of two polynomials over GF(2), modulo the polynomial. */
function multiply(one: number, other: number): number {
  let factor = one
  let product = 0
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((other & bit) !== 0) product ^= factor
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ POLYNOMIAL
  }
  return product >>> 0
}

/** CRC-32 of two pieces, one after the other, from that of each and the length of the second. */
export function joinCrc32(one: number, other: number, otherBytes: number): number {
  // The first moves up by all bits of the second: x to the power of 8n, by squaring.
  let shift = 0x80000000
  let power = 0x00800000
  for (let rest = otherBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = multiply(shift, power)
    power = multiply(power, power)
  }
  return (multiply(one, shift) ^ other) >>> 0
}
