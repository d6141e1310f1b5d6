import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { LoginFlowTable } from './schema.ts'

export type LoginFlowRow = Selectable<LoginFlowTable>

export async function insertFlow(tx: Tx, row: LoginFlowRow): Promise<void> {
  await tx.insertInto('login_flow').values(row).execute()
}

/** All that wait, or those that one address has begun. */
export async function countFlows(tx: Tx, address?: string): Promise<number> {
  const row = await tx
    .selectFrom('login_flow')
    .select((select) => select.fn.countAll<number>().as('count'))
    .$if(address !== undefined, (query) => query.where('address', '=', address ?? ''))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function findByFlow(db: Reader, flowDigest: string): Promise<LoginFlowRow | undefined> {
  return db.selectFrom('login_flow').selectAll().where('flow_digest', '=', flowDigest).executeTakeFirst()
}

export async function findByPoll(db: Reader, pollDigest: string): Promise<LoginFlowRow | undefined> {
  return db.selectFrom('login_flow').selectAll().where('poll_digest', '=', pollDigest).executeTakeFirst()
}

/** Lets the client in, once. False when somebody was faster, or it does not wait any more. */
export async function grantFlow(tx: Tx, flowDigest: string, accountId: number, nowMs: number): Promise<boolean> {
  const rows = await tx
    .updateTable('login_flow')
    .set({ account_id: accountId })
    .where('flow_digest', '=', flowDigest)
    .where('account_id', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .returning('poll_digest')
    .execute()
  return rows.length > 0
}

export async function deleteByFlow(tx: Tx, flowDigest: string): Promise<void> {
  await tx.deleteFrom('login_flow').where('flow_digest', '=', flowDigest).execute()
}

/** Gives out what was granted and deletes it: only one can have it. */
export async function takeGranted(tx: Tx, pollDigest: string): Promise<LoginFlowRow | undefined> {
  return tx
    .deleteFrom('login_flow')
    .where('poll_digest', '=', pollDigest)
    .where('account_id', 'is not', null)
    .returningAll()
    .executeTakeFirst()
}

export async function deleteExpired(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('login_flow').where('expires_at_ms', '<=', nowMs).execute()
}
