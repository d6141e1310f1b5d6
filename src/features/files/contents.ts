import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { BlobStore, ByteRange } from '../../blobs/blob-store.ts'
import type { Database, Reader, Tx } from '../../db/database.ts'
import { joinCrc32 } from '../../lib/crc32.ts'
import { Fault } from '../../lib/fault.ts'
import { type ChecksumAlgorithm, Meter } from './checksums.ts'
import * as contentStore from './content-store.ts'

/** Content up to this size is kept in its row: one sync for many small files in place of two for each. */
export const INLINE_BYTES = 16 * 1024

/** Content that has arrived and is durable, or goes into the row that names it. Nothing refers to it yet. */
export interface Arrived {
  readonly key: string | null
  readonly bytes: Uint8Array | null
  readonly sizeBytes: number
  readonly crc32: number
  readonly meter: Meter
}

/** Content in the database, ready to be referred to by a node. */
export type ContentSource =
  | { readonly kind: 'arrived'; readonly arrived: Arrived }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }

export interface Part {
  readonly key: string
  readonly sizeBytes: number
  readonly crc32: number
}

export interface Contents {
  /**
   * Takes in a stream of unknown length. `maxBytes` cuts it with Fault `no-space`. With `neverInline` even little content
   * gets a key of its own.
   */
  receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<Arrived>
  /** Takes back what `receive` has kept, when nothing came to refer to it and nothing can (see `mayHaveHappened`). */
  discard(arrived: Arrived): Promise<void>
  /** Writes the row of some content; null for none. */
  save(tx: Tx, source: ContentSource, nowMs: number): Promise<number | null>
  /** undefined when it is gone: whoever has found it names a state of the past. */
  read(blobId: number | null): Promise<Readability | undefined>
  /** The same for many at once, as far as their content is in their rows. */
  readSmall(blobIds: readonly number[]): Promise<ReadonlyMap<number, Readability>>
}

export interface ReceiveOptions {
  readonly algorithms: Iterable<ChecksumAlgorithm>
  readonly maxBytes: number
  readonly neverInline?: boolean
}

export interface Readability {
  /** At hand, for content in its row. */
  readonly bytes?: Uint8Array
  /** Of the whole content. */
  crc32(): number
  open(range: ByteRange | undefined): Readable
}

export function newBlobKey(): string {
  return randomBytes(16).toString('hex')
}

export function createContents(db: Database, blobs: BlobStore): Contents {
  return {
    async receive(source, { algorithms, maxBytes, neverInline = false }) {
      const meter = new Meter(algorithms)
      const metered = measured(source, meter, maxBytes)
      const { head, isWhole } = neverInline ? NOTHING_READ : await readHead(metered)
      if (isWhole) {
        const bytes = head.length === 1 && head[0] !== undefined ? head[0] : Buffer.concat(head)
        return { key: null, bytes, sizeBytes: meter.sizeBytes, crc32: meter.crc32, meter }
      }
      const key = newBlobKey()
      try {
        await blobs.put(key, joined(head, metered))
      } finally {
        // A store that failed before it read has left the rest of the body waiting.
        await metered.return()
      }
      return { key, bytes: null, sizeBytes: meter.sizeBytes, crc32: meter.crc32, meter }
    },
    async discard({ key }) {
      if (key !== null) await blobs.remove([key]).catch(() => {})
    },
    async save(tx, source, nowMs) {
      if (source.kind === 'arrived') {
        const { key, bytes, sizeBytes, crc32 } = source.arrived
        if (sizeBytes === 0 && key === null) return null
        return contentStore.insertBlob(tx, { key, content: bytes, size_bytes: sizeBytes, crc32, created_at_ms: nowMs })
      }
      const { parts } = source
      if (parts.length === 0) return null
      const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
      const blob = { key: null, content: null, size_bytes: sizeBytes, crc32: null, created_at_ms: nowMs }
      const blobId = await contentStore.insertBlob(tx, blob)
      await contentStore.insertBlobParts(
        tx,
        parts.map((part, position) => ({
          blob_id: blobId,
          position,
          key: part.key,
          size_bytes: part.sizeBytes,
          crc32: part.crc32,
        })),
      )
      return blobId
    },
    read: (blobId) => openBlob(db.read, blobs, blobId),
    async readSmall(blobIds) {
      const rows = await contentStore.listInlineBlobs(db.read, blobIds)
      return new Map(rows.map(({ id, content, crc32 }) => [id, atHand(content, crc32 ?? 0)]))
    },
  }
}

interface Head {
  readonly head: readonly Uint8Array[]
  readonly isWhole: boolean
}

const NOTHING_READ: Head = { head: [], isWhole: false }

/** The beginning of some content, or all of it when it is small. */
async function readHead(source: AsyncGenerator<Uint8Array, void>): Promise<Head> {
  const head: Uint8Array[] = []
  let sizeBytes = 0
  for (;;) {
    const next = await source.next()
    if (next.done === true) return { head, isWhole: true }
    head.push(next.value)
    sizeBytes += next.value.byteLength
    if (sizeBytes > INLINE_BYTES) return { head, isWhole: false }
  }
}

async function* measured(
  source: AsyncIterable<Uint8Array>,
  meter: Meter,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of source) {
    if (meter.sizeBytes + piece.byteLength > maxBytes) throw noSpace()
    meter.add(piece)
    yield piece
  }
}

export function noSpace(where = ''): Fault {
  return new Fault('no-space', `Insufficient space${where === '' ? '' : ` in ${where}`}`)
}

async function* joined(head: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head
  yield* rest
}

async function openBlob(db: Reader, blobs: BlobStore, blobId: number | null): Promise<Readability | undefined> {
  if (blobId === null) return NO_CONTENT
  const blob = await contentStore.findBlob(db, blobId)
  if (blob === undefined) return undefined
  const { key, content } = blob
  if (content !== null) return atHand(content, blob.crc32 ?? 0)
  // The range is always named, so that content that is too short fails in place of ending early.
  const whole = blob.size_bytes === 0 ? undefined : { start: 0, end: blob.size_bytes - 1 }
  if (key !== null) return { crc32: () => blob.crc32 ?? 0, open: (range) => blobs.get(key, range ?? whole) }
  const parts = await contentStore.listBlobParts(db, blobId)
  if (parts.length === 0) return undefined
  return {
    crc32: () => parts.reduce((sum, part) => joinCrc32(sum, part.crc32, part.size_bytes), 0),
    open: (range) => Readable.from(readParts(blobs, parts, range), { objectMode: false, highWaterMark: 1 << 20 }),
  }
}

const NO_CONTENT: Readability = { bytes: new Uint8Array(0), crc32: () => 0, open: () => Readable.from([]) }

function atHand(content: Uint8Array, crc32: number): Readability {
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
  return {
    bytes,
    crc32: () => crc32,
    open: (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)]),
  }
}

/** Reads content that came in chunks, one after the other, beginning and ending inside of them where a range says so. */
async function* readParts(
  blobs: BlobStore,
  parts: readonly contentStore.BlobPartRow[],
  range: ByteRange | undefined,
): AsyncGenerator<Uint8Array> {
  let offset = 0
  for (const part of parts) {
    const begin = offset
    offset += part.size_bytes
    if (part.size_bytes === 0 || (range !== undefined && (offset <= range.start || begin > range.end))) continue
    const start = range === undefined ? 0 : Math.max(0, range.start - begin)
    const end = range === undefined ? part.size_bytes - 1 : Math.min(part.size_bytes - 1, range.end - begin)
    yield* blobs.get(part.key, { start, end })
  }
}
