import type { Generated } from 'kysely'

/** A chunked upload on its way, or just finished: then it remembers what it made, so that a repeated MOVE is answered. */
export interface UploadTable {
  id: Generated<number>
  /** null when the account is gone: then the sweeper takes it away. */
  account_id: number | null
  /** As the client calls it. */
  name: string
  created_at_ms: number
  touched_at_ms: number
  /** The file that it became; null while it is on its way. */
  node_id: number | null
  /** The etag of that file when it was made; empty while it is on its way. */
  node_etag: string
  /** `/`-joined path that it was moved to; empty while it is on its way. */
  target: string
  /** 1 when the file was new. */
  was_created: number
}

export interface UploadChunkTable {
  upload_id: number
  name: string
  key: string
  size_bytes: number
  crc32: number
  etag: string
  stored_at_ms: number
}

declare module '../../db/database.ts' {
  interface Tables {
    upload: UploadTable
    upload_chunk: UploadChunkTable
  }
}
