import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'
import type { FileLockTable } from './schema.ts'

export type LockRow = Selectable<FileLockTable>
const liveLocks = statement<LockRow>('select * from file_lock where tree_id = $1 and expires_at_ms > $2')

export async function listLocks(db: Reader | Tx, treeId: number, nowMs: number): Promise<LockRow[]> {
  return liveLocks(db, treeId, nowMs)
}

export async function insertLock(tx: Tx, lock: LockRow): Promise<void> {
  await tx.insertInto('file_lock').values(lock).execute()
}

export async function extendLock(tx: Tx, token: string, timeoutS: number, expiresAtMs: number): Promise<void> {
  await tx
    .updateTable('file_lock')
    .set({ timeout_s: timeoutS, expires_at_ms: expiresAtMs })
    .where('token', '=', token)
    .execute()
}

export async function deleteLock(tx: Tx, token: string): Promise<void> {
  await tx.deleteFrom('file_lock').where('token', '=', token).execute()
}

export async function deleteLocksOf(tx: Tx, nodeIds: readonly number[]): Promise<void> {
  if (nodeIds.length > 0) await tx.deleteFrom('file_lock').where('node_id', 'in', nodeIds).execute()
}

export async function deleteExpiredLocks(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('file_lock').where('expires_at_ms', '<=', nowMs).execute()
}
