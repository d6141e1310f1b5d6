import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Checksum, NodeRow, PutDeps } from '../files/index.ts'

export interface UploadsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly put: PutDeps
  readonly findNode: (nodeId: number) => Promise<NodeRow | undefined>
  /** Hands keys to the sweeper, inside a transaction. */
  readonly discardKeys: (tx: Tx, keys: readonly string[]) => Promise<void>
}

export interface Assembled {
  readonly node: NodeRow
  readonly created: boolean
}

export interface Assembly {
  readonly target: readonly string[]
  readonly overwrite: boolean
  readonly totalBytes: number | undefined
  readonly expected: Checksum | undefined
  readonly mtimeMs: number | undefined
  readonly createdS: number | undefined
}

export interface IncomingChunk {
  readonly body: AsyncIterable<Uint8Array>
  /** Of the chunk, as announced; undefined when it is not. */
  readonly lengthBytes: number | undefined
  /** Of the whole upload, as announced. */
  readonly totalBytes: number | undefined
  /** Throws when the account may not act any more; see `DavCall`. */
  readonly confirm: () => Promise<void>
}

export const MAX_NAME_CHARS = 128

export const uploadMissing = (name: string): Fault =>
  new Fault('not-found', `File with name //${name} could not be located`)

/** Whether a client may give an upload this name. Throws Fault `bad-request`. */
export function checkUploadName(name: string): void {
  if (name.length > MAX_NAME_CHARS || /[\u0000-\u001f\u007f\\/]/.test(name) || name === '.' || name === '..') {
    throw new Fault('bad-request', 'This cannot be the name of an upload', { reason: 'invalid-path' })
  }
}
