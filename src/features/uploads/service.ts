import type { Tx } from '../../db/database.ts'
import { isUniqueViolation } from '../../db/errors.ts'
import { Fault } from '../../lib/fault.ts'
import type { By, ContentHolder } from '../files/index.ts'
import { assemble } from './assembly.ts'
import { addChunk } from './chunks.ts'
import { createHolder } from './holder.ts'
import { type Assembled, type Assembly, type IncomingChunk, type UploadsDeps, uploadMissing } from './model.ts'
import { inOrder } from './order.ts'
import { RunningDigests } from './running-digest.ts'
import * as store from './store.ts'

/** Uploads in chunks, version 2: any order, again, from several connections; put together without touching a byte. */
export interface Uploads {
  find(accountId: number, name: string): Promise<store.UploadRow | undefined>
  chunks(uploadId: number): Promise<store.ChunkRow[]>
  start(accountId: number, name: string): Promise<void>
  /** Resolves to the etag of a chunk that was there before, undefined for a new one. */
  addChunk(accountId: number, upload: string, name: string, chunk: IncomingChunk): Promise<string | undefined>
  assemble(by: By, upload: string, assembly: Assembly): Promise<Assembled>
  remove(accountId: number, name: string): Promise<void>
  sweep(): Promise<void>
  /** For the sweeper and for checks. */
  readonly holder: ContentHolder
}

const MAX_UPLOADS = 1_000
/** A client that has heard no answer asks again within minutes. */
const MAX_REMEMBERED = 1_000
/** After its last chunk (documentation of chunked uploads). */
const ABANDONED_MS = 24 * 3_600_000
const SWEEP_BATCH = 100

export function createUploads(deps: UploadsDeps): Uploads {
  const { db, clock } = deps
  const digests = new RunningDigests()
  const find = async (accountId: number, name: string): Promise<store.UploadRow | undefined> =>
    store.findUpload(db.read, accountId, name)
  /** False when it is not what it was any more: its chunks may be part of a file by now. */
  const drop = async (uploadId: number, isUnwanted: (upload: store.UploadRow) => boolean): Promise<boolean> => {
    const isDropped = await db.write(async (tx) => {
      const upload = await store.lockUpload(tx, uploadId)
      if (upload === undefined || !isUnwanted(upload)) return false
      const keys = (await store.listChunks(tx, uploadId)).map(({ key }) => key)
      await deps.discardKeys(tx, keys)
      await store.deleteUpload(tx, uploadId)
      return true
    })
    if (isDropped) digests.drop(uploadId)
    return isDropped
  }
  return {
    find,
    chunks: async (uploadId) => inOrder(await store.listChunks(db.read, uploadId)),
    async start(accountId, name) {
      const exists = (): Fault => new Fault('exists', 'The resource you tried to create already exists')
      const begin = async (tx: Tx): Promise<void> => {
        const known = await store.findUpload(tx, accountId, name)
        if (known !== undefined && !isFinished(known)) throw exists()
        // A finished upload of that name is only a memory.
        if (known !== undefined) await store.deleteUpload(tx, known.id)
        if ((await store.countUploads(tx, accountId)) >= MAX_UPLOADS) {
          throw new Fault('conflict', 'There are too many unfinished uploads')
        }
        await store.deleteFinishedUploads(tx, accountId, MAX_REMEMBERED)
        await store.insertUpload(tx, accountId, name, clock.nowMs())
      }
      await db.write(begin).catch((error: unknown) => {
        throw isUniqueViolation(error) ? exists() : error
      })
    },
    addChunk: (accountId, name, chunkName, chunk) => addChunk(deps, digests, accountId, name, chunkName, chunk),
    assemble: (by, name, assembly) => assemble(deps, digests, by, name, assembly),
    async remove(accountId, name) {
      const upload = await find(accountId, name)
      const isDropped = upload !== undefined && (await drop(upload.id, (current) => !isFinished(current)))
      if (!isDropped) throw uploadMissing(name)
    },
    async sweep() {
      for (;;) {
        const beforeMs = clock.nowMs() - ABANDONED_MS
        const stale = await store.listStaleUploads(db.read, beforeMs, SWEEP_BATCH)
        for (const { id } of stale)
          await drop(id, (upload) => upload.account_id === null || upload.touched_at_ms < beforeMs)
        if (stale.length < SWEEP_BATCH) return
      }
    },
    holder: createHolder(db, (uploadId) => drop(uploadId, (upload) => !isFinished(upload))),
  }
}

const isFinished = (upload: store.UploadRow): boolean => upload.node_id !== null
