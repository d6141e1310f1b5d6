import type { Database } from '../../db/database.ts'
import type { ContentHolder } from '../files/index.ts'
import * as store from './store.ts'

/** Chunks that wait belong to no file and are no orphans. Without one of them an upload is dropped: its client begins anew. */
export function createHolder(db: Database, drop: (uploadId: number) => Promise<unknown>): ContentHolder {
  return {
    async list(prefix) {
      const chunks = await store.listChunksByKey(db.read, prefix)
      return chunks.map(({ key, size_bytes, crc32, upload_id, name }) => ({
        key,
        sizeBytes: size_bytes,
        crc32,
        what: `Chunk ${JSON.stringify(name)} of upload ${upload_id}`,
      }))
    },
    async findHeld(keys) {
      return new Set((await store.findChunksByKeys(db.read, keys)).map(({ key }) => key))
    },
    async giveUp(keys) {
      const chunks = await store.findChunksByKeys(db.read, keys)
      for (const uploadId of new Set(chunks.map(({ upload_id }) => upload_id))) await drop(uploadId)
    },
  }
}
