import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { PasswordLinkTable } from './schema.ts'

export type PasswordLinkRow = Selectable<PasswordLinkTable>

export async function insertLink(tx: Tx, row: PasswordLinkRow): Promise<void> {
  await tx.insertInto('password_link').values(row).execute()
}

export async function findLink(db: Reader, digest: string, nowMs: number): Promise<PasswordLinkRow | undefined> {
  return db
    .selectFrom('password_link')
    .selectAll()
    .where('digest', '=', digest)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst()
}

/** Takes a link, and with it every other one of its account. Of two that try at once, one gets it. */
export async function takeLink(tx: Tx, digest: string, nowMs: number): Promise<PasswordLinkRow | undefined> {
  const taken = await tx
    .deleteFrom('password_link')
    .where('digest', '=', digest)
    .where('expires_at_ms', '>', nowMs)
    .returningAll()
    .executeTakeFirst()
  if (taken !== undefined) await tx.deleteFrom('password_link').where('account_id', '=', taken.account_id).execute()
  return taken
}

/** How many were made for an account since a time. */
export async function countLinksSince(tx: Tx, accountId: number, sinceMs: number): Promise<number> {
  const row = await tx
    .selectFrom('password_link')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('created_at_ms', '>', sinceMs)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function deleteExpired(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('password_link').where('expires_at_ms', '<=', nowMs).execute()
}

export async function deleteLink(tx: Tx, digest: string): Promise<void> {
  await tx.deleteFrom('password_link').where('digest', '=', digest).execute()
}
