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
