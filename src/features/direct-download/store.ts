import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { DirectLinkTable } from './schema.ts'

export type DirectLinkRow = Selectable<DirectLinkTable>

export async function findLink(db: Reader, digest: string): Promise<DirectLinkRow | undefined> {
  return db.selectFrom('direct_link').selectAll().where('token_digest', '=', digest).executeTakeFirst()
}

export async function insertLink(tx: Tx, link: DirectLinkRow): Promise<void> {
  await tx.insertInto('direct_link').values(link).execute()
}

export async function deleteExpiredLinks(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('direct_link').where('expires_at_ms', '<=', nowMs).execute()
}

/** Resolves to whether nobody had opened it before. */
export async function noteFirstUse(tx: Tx, digest: string, nowMs: number): Promise<boolean> {
  const noted = await tx
    .updateTable('direct_link')
    .set({ used_at_ms: nowMs })
    .where('token_digest', '=', digest)
    .where('used_at_ms', 'is', null)
    .returning('token_digest')
    .execute()
  return noted.length > 0
}

/** Links that run out before a time and of which it was not said yet; now it is. */
export async function noteExpiring(tx: Tx, beforeMs: number): Promise<DirectLinkRow[]> {
  return tx
    .updateTable('direct_link')
    .set({ is_expiry_told: 1 })
    .where('expires_at_ms', '<=', beforeMs)
    .where('is_expiry_told', '=', 0)
    .returningAll()
    .execute()
}
