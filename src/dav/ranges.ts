import type { ByteRange } from '../blobs/blob-store.ts'
import { Fault } from '../lib/fault.ts'

/**
 * The one range that a GET asks for, undefined for the whole content: without a `Range` header, with one that cannot be
 * read, or with several ranges (recording webdav-files; RFC 9110 section 14.2 allows to ignore them).
 * Throws Fault with reason `range` for a range outside the content.
 */
export function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    if (length === 0) throw outside('The range is empty')
    return { start: sizeBytes - length, end: sizeBytes - 1 }
  }
  const start = Number(first)
  if (start >= sizeBytes) {
    throw outside(`The start offset (${first}) exceeded the size of the entity (${sizeBytes})`)
  }
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (end < start) throw outside(`The end offset (${last}) is lower than the start offset (${first})`)
  return { start, end }
}

function outside(message: string): Fault {
  return new Fault('bad-request', message, { reason: 'range' })
}
