import type { Selectable } from 'kysely'
import type { Tx } from '../../db/database.ts'
import type { PushTokenTable } from './schema.ts'

export type PushTokenRow = Selectable<PushTokenTable>

export async function insertToken(tx: Tx, row: PushTokenRow): Promise<void> {
  await tx.insertInto('push_token').values(row).execute()
}

/** Gives the row out and deletes it: only one can have it. */
export async function takeToken(tx: Tx, digest: string): Promise<PushTokenRow | undefined> {
  return tx.deleteFrom('push_token').where('token_digest', '=', digest).returningAll().executeTakeFirst()
}

export async function countTokens(tx: Tx, accountId: number): Promise<number> {
  const row = await tx
    .selectFrom('push_token')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function deleteExpiredTokens(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('push_token').where('expires_at_ms', '<=', nowMs).execute()
}
