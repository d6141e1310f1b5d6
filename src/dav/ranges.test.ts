import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../lib/fault.ts'
import { rangeOf } from './ranges.ts'

const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 45 }))
const number = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.bigInt({ min: 0n, max: 10n ** 30n }))

/** First and last byte, in numbers that hold any header. */
function bounds(bytes: bigint, first: number | bigint | null, last: number | bigint | null): [bigint, bigint] {
  if (first === null) return [BigInt(last ?? 0) >= bytes ? 0n : bytes - BigInt(last ?? 0), bytes - 1n]
  return [BigInt(first), last === null || BigInt(last) >= bytes ? bytes - 1n : BigInt(last)]
}

describe('Range', () => {
  test('of one range is answered with exactly those bytes, or refused (RFC 9110 section 14.1.2)', () => {
    fc.assert(
      fc.property(size, fc.option(number), fc.option(number), (sizeBytes, first, last) => {
        if (first === null && last === null) return
        const header = `bytes=${first ?? ''}-${last ?? ''}`
        const [start, end] = bounds(BigInt(sizeBytes), first, last)
        if (start >= sizeBytes || end < start) {
          assert.throws(() => rangeOf(header, sizeBytes), { name: 'Fault', detail: { reason: 'range' } })
        } else {
          assert.deepEqual(rangeOf(header, sizeBytes), { start: Number(start), end: Number(end) })
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('of whatever else means the whole content', () => {
    for (const header of [
      undefined,
      '',
      'bytes',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'bytes=1',
      'bytes=1-2-3',
      'bytes=-1-2',
      'bytes=0x1-0x2',
      'bytes=1.5-2',
      'bytes= 1-2',
      'lines=1-2',
      'bytes=0-1,3-4',
    ]) {
      assert.equal(rangeOf(header, 10), undefined, String(header))
    }
  })

  test('of thousands of ranges costs nothing (RFC 9110 section 14.2)', () => {
    const flood = `bytes=${Array.from({ length: 10_000 }, (_, index) => `${index}-${index}`).join(',')}`
    assert.equal(rangeOf(flood, 100_000), undefined)
  })

  test('of anything at all is a range, the whole content, or a refusal', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'bytes=-,0123456789 eE.+x') }), size, (header, sizeBytes) => {
        try {
          const range = rangeOf(header, sizeBytes)
          if (range !== undefined) {
            assert.ok(range.start >= 0 && range.start <= range.end && range.end < sizeBytes, JSON.stringify(range))
          }
        } catch (error) {
          assert.ok(error instanceof Fault && error.detail.reason === 'range', String(error))
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
