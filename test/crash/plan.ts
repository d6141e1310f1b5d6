import type { DatabaseKind } from '../../src/db/database.ts'
import type { BlobStoreKind } from '../helpers/blob-stores.ts'

/** An operation and the points at which it is cut off. A point with a number is meant at its later turn. */
export type Plan = readonly (readonly [operation: string, ...points: readonly string[]])[]

/** Points of SQLite alone: on PostgreSQL a commit is durable when it is told. */
const SQLITE_ALONE: ReadonlySet<string> = new Set(['transaction.committed'])

/** What every run does. `TEST_CRASH_LONG=1` cuts every operation at every point that it passes. */
export const PLAN: Plan = [
  ['first file of an account', 'transaction.durable', 'transaction.begun:2'],
  ['new large file', 'blob.folder-made', 'blob.folder-made', 'blob.opened', 'blob.written', 'blob.written:3'],
  ['new large file', 'blob.synced', 'blob.folder-synced', 'transaction.begun', 'transaction.statement:4'],
  ['new large file', 'transaction.before-commit', 'transaction.committed', 'transaction.durable'],
  ['new small file', 'transaction.durable'],
  ['new file with its folders', 'transaction.statement:5'],
  ['large file over another', 'blob.written:2', 'transaction.before-commit', 'transaction.durable'],
  ['new folder', 'transaction.durable'],
  ['properties', 'transaction.statement:4', 'transaction.durable'],
  ['lock', 'transaction.durable'],
  ['lock of a free name', 'transaction.before-commit'],
  ['unlock', 'transaction.before-commit'],
  ['move of a file', 'transaction.statement:4'],
  ['move of a folder over another', 'transaction.before-commit', 'transaction.durable'],
  ['copy of a folder', 'transaction.statement:5', 'transaction.durable'],
  ['copy of a folder over another', 'transaction.committed', 'transaction.before-commit'],
  ['delete of a folder', 'transaction.statement:3', 'transaction.durable'],
  ['start of an upload', 'transaction.durable'],
  ['new chunk', 'blob.synced', 'transaction.statement:2', 'transaction.durable'],
  ['chunk again', 'blob.folder-synced', 'transaction.durable'],
  ['chunks to a new file', 'transaction.begun', 'transaction.statement:5', 'transaction.before-commit'],
  ['chunks to a new file', 'transaction.committed', 'transaction.durable'],
  ['chunks over a file', 'transaction.durable'],
  ['delete of an upload', 'transaction.statement:2'],
]

/** What is different when content goes to an object storage. */
export const S3_PLAN: Plan = [
  ['new large file', 'blob.sending', 'blob.sent', 'transaction.before-commit', 'transaction.durable'],
  ['large file over another', 'blob.sent', 'transaction.before-commit'],
  ['new chunk', 'blob.sent', 'transaction.durable'],
  ['chunks to a new file', 'transaction.before-commit', 'transaction.durable'],
]

export interface Cut {
  readonly name: string
  readonly at: string
}

/** The plan for one database. How blobs are stored is the same on both, so they are cut on one of them. */
export function cutsOf(database: DatabaseKind, blobs: BlobStoreKind): Cut[] {
  const plan = blobs === 's3' ? S3_PLAN : PLAN
  const cuts = plan.flatMap(([name, ...points]) => points.map((at) => ({ name, at })))
  if (database === 'sqlite' || blobs === 's3') return cuts
  return cuts.filter(({ at }) => !SQLITE_ALONE.has(at) && !at.startsWith('blob.'))
}
