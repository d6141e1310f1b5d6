import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Fault } from '../../lib/fault.ts'

/** Algorithms of `OC-Checksum`, as clients write them. */
export const CHECKSUM_ALGORITHMS = ['SHA1', 'SHA256', 'MD5', 'ADLER32'] as const
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  /** Small hexadecimal letters. */
  readonly hex: string
}

/** `SHA1:e9dff3...`. An algorithm that we do not know counts as none. Throws Fault `bad-request` when it cannot be read. */
export function parseChecksum(header: string | string[] | undefined): Checksum | undefined {
  if (header === undefined || header === '') return undefined
  const match = /^([A-Za-z0-9-]{1,16}):([0-9a-fA-F]{1,128})$/.exec(String(header).trim())
  if (match === null) throw new Fault('bad-request', 'The OC-Checksum header cannot be read')
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === match[1]?.toUpperCase())
  return algorithm === undefined ? undefined : { algorithm, hex: (match[2] ?? '').toLowerCase() }
}

export function writeChecksum({ algorithm, hex }: Checksum): string {
  return `${algorithm}:${hex}`
}

interface Digest {
  update(bytes: Uint8Array): void
  hex(): string
}

function createDigest(algorithm: ChecksumAlgorithm): Digest {
  if (algorithm === 'ADLER32') return createAdler32()
  const hash: Hash = createHash(algorithm.toLowerCase())
  return { update: (bytes) => hash.update(bytes), hex: () => hash.copy().digest('hex') }
}

const ADLER_MODULO = 65_521
/** Sums stay below 2^32 for this many bytes between two divisions (RFC 1950 section 9). */
const ADLER_RUN = 5_552

function createAdler32(): Digest {
  let low = 1
  let high = 0
  return {
    update(bytes) {
      for (let start = 0; start < bytes.length; start += ADLER_RUN) {
        const end = Math.min(start + ADLER_RUN, bytes.length)
        for (let index = start; index < end; index++) {
          low += bytes[index] ?? 0
          high += low
        }
        low %= ADLER_MODULO
        high %= ADLER_MODULO
      }
    },
    hex: () => (high * 65_536 + low).toString(16).padStart(8, '0'),
  }
}

/** Counts and digests bytes as they pass. */
export class Meter {
  sizeBytes = 0
  crc32 = 0
  readonly #digests: ReadonlyMap<ChecksumAlgorithm, Digest>

  constructor(algorithms: Iterable<ChecksumAlgorithm>) {
    this.#digests = new Map([...new Set(algorithms)].map((algorithm) => [algorithm, createDigest(algorithm)]))
  }

  add(bytes: Uint8Array): void {
    this.sizeBytes += bytes.byteLength
    this.crc32 = crc32(bytes, this.crc32)
    for (const digest of this.#digests.values()) digest.update(bytes)
  }

  checksum(algorithm: ChecksumAlgorithm): Checksum | undefined {
    const digest = this.#digests.get(algorithm)
    return digest === undefined ? undefined : { algorithm, hex: digest.hex() }
  }

  /** Throws Fault `bad-request` when the content is not what the client meant to send. */
  verify(expected: Checksum | undefined): void {
    if (expected === undefined) return
    const actual = this.checksum(expected.algorithm)
    if (actual?.hex === expected.hex) return
    throw checksumMismatch(expected)
  }
}

export function checksumMismatch(expected: Checksum): Fault {
  return new Fault(
    'bad-request',
    `The ${expected.algorithm} checksum of what arrived is not the one in OC-Checksum. Send the file again`,
    { field: 'OC-Checksum' },
  )
}
