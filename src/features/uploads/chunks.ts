import { mayHaveHappened } from '../../db/errors.ts'
import { Fault } from '../../lib/fault.ts'
import { Meter, newBlobKey, noSpace } from '../files/index.ts'
import { type IncomingChunk, MAX_NAME_CHARS, type UploadsDeps, uploadMissing } from './model.ts'
import { comesBefore, inOrder } from './order.ts'
import type { RunningDigests } from './running-digest.ts'
import * as store from './store.ts'

const MAX_CHUNKS = 10_000
/** Of all uploads of an account together: even an empty chunk takes a place in the store, and none of the quota. */
const MAX_WAITING = 50_000
/** A chunk may take long: while one is on its way the upload is not abandoned. Noted no more often than this. */
const NOTED_EVERY_MS = 3_600_000

/** Resolves to the etag of a chunk that was there before, undefined for a new one. */
export async function addChunk(
  deps: UploadsDeps,
  digests: RunningDigests,
  accountId: number,
  uploadName: string,
  name: string,
  { body, lengthBytes, totalBytes, confirm }: IncomingChunk,
): Promise<string | undefined> {
  const { db, clock, blobs } = deps
  const upload = await store.findUpload(db.read, accountId, uploadName)
  if (upload === undefined || upload.node_id !== null) throw uploadMissing(uploadName)
  if (name.length > MAX_NAME_CHARS || name === '.file' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new Fault('bad-request', 'This cannot be the name of a chunk', { reason: 'invalid-path' })
  }
  const nowMs = clock.nowMs()
  if (nowMs - upload.touched_at_ms > NOTED_EVERY_MS) await db.write((tx) => store.touchUpload(tx, upload.id, nowMs))
  const known = await store.listChunks(db.read, upload.id)
  const replaced = known.find((chunk) => chunk.name === name)
  if (replaced === undefined && known.length >= MAX_CHUNKS) {
    throw new Fault('conflict', `An upload has at most ${MAX_CHUNKS} chunks`)
  }
  const maxBytes = await spaceFor(deps, accountId, replaced?.size_bytes ?? 0)
  if (Math.max(lengthBytes ?? 0, totalBytes ?? 0) > maxBytes) throw noSpace('/')
  const before = inOrder(known.filter((chunk) => comesBefore(chunk.name, name)))
  const keysBefore = before.map(({ key }) => key)
  const running = digests.canFollow(upload.id, keysBefore) ? digests.begin(upload.id, keysBefore) : undefined
  const meter = new Meter([])
  const key = newBlobKey()
  await blobs.put(key, watched(body, meter, maxBytes, running?.add))
  try {
    const row = { upload_id: upload.id, name, key, size_bytes: meter.sizeBytes, crc32: meter.crc32, etag: key }
    await confirm()
    const isNew = await keepChunk(deps, accountId, uploadName, { ...row, stored_at_ms: clock.nowMs() })
    running?.keep(key)
    return isNew ? undefined : key
  } catch (error) {
    if (!mayHaveHappened(error)) await blobs.remove([key]).catch(() => {})
    throw error
  }
}

/**
 * Writes down what has been stored, unless the chunks that wait and the files would go beyond the quota together.
 * Resolves to whether there was no chunk of that name before.
 */
async function keepChunk(
  { put, discardKeys }: UploadsDeps,
  accountId: number,
  uploadName: string,
  row: store.ChunkRow,
): Promise<boolean> {
  return put.files.besideTree(accountId, async (tx, freeBytes) => {
    if (!(await store.touchUpload(tx, row.upload_id, row.stored_at_ms))) throw uploadMissing(uploadName)
    const old = await store.findChunk(tx, row.upload_id, row.name)
    if (old !== undefined) await discardKeys(tx, [old.key])
    await store.saveChunk(tx, row)
    const waiting = await store.sumChunks(tx, accountId)
    const isLarger = row.size_bytes > (old?.size_bytes ?? 0)
    if (isLarger && waiting.sizeBytes > freeBytes) throw noSpace('/')
    if (old === undefined && waiting.count > MAX_WAITING) {
      throw new Fault('no-space', `At most ${MAX_WAITING} chunks of unfinished uploads can wait`)
    }
    return old === undefined
  })
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  meter: Meter,
  maxBytes: number,
  also: ((bytes: Uint8Array) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    if (meter.sizeBytes + piece.byteLength > maxBytes) throw noSpace('/')
    meter.add(piece)
    also?.(piece)
    yield piece
  }
}

/** How many bytes of a chunk are worth receiving; how many may stay is decided when all of them are there. */
async function spaceFor({ put }: UploadsDeps, accountId: number, replacedBytes: number): Promise<number> {
  const quota = await put.quotaOf(accountId)
  if (quota === undefined) return Number.MAX_SAFE_INTEGER
  return replacedBytes + Math.max(0, quota - (await put.files.readUsedBytes(accountId)))
}
