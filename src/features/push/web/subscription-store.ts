import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../../db/database.ts'
import type { PushSubscriptionTable } from '../schema.ts'

export type SubscriptionRow = Selectable<PushSubscriptionTable>

/** The app password or the session with which a client signs in. */
export interface Credential {
  readonly app_password_id: number | null
  readonly session_key: string | null
}

export async function findSubscription(
  db: Reader | Tx,
  accountId: number,
  credential: Credential,
): Promise<SubscriptionRow | undefined> {
  return db
    .selectFrom('push_subscription')
    .selectAll()
    .where('account_id', '=', accountId)
    .where((where) => where.and(definedOf(credential)))
    .executeTakeFirst()
}

function definedOf({ app_password_id, session_key }: Credential): Partial<SubscriptionRow> {
  return app_password_id === null ? { session_key } : { app_password_id }
}

/** Active subscriptions of an account, the latest first. */
export async function listActive(db: Reader | Tx, accountId: number): Promise<SubscriptionRow[]> {
  return db
    .selectFrom('push_subscription')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('active', '=', 1)
    .orderBy('id', 'desc')
    .execute()
}

export async function loadSubscriptions(db: Reader, ids: readonly number[]): Promise<Map<number, SubscriptionRow>> {
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom('push_subscription').selectAll().where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, row]))
}

export async function insertSubscription(tx: Tx, row: Omit<SubscriptionRow, 'id'>): Promise<number> {
  const made = await tx.insertInto('push_subscription').values(row).returning('id').executeTakeFirstOrThrow()
  return made.id
}

export async function updateSubscription(tx: Tx, id: number, change: Partial<SubscriptionRow>): Promise<void> {
  await tx.updateTable('push_subscription').set(change).where('id', '=', id).execute()
}

/** Returns whether there was one. */
export async function deleteSubscription(tx: Tx, accountId: number, credential: Credential): Promise<boolean> {
  const gone = await tx
    .deleteFrom('push_subscription')
    .where('account_id', '=', accountId)
    .where((where) => where.and(definedOf(credential)))
    .returning('id')
    .execute()
  return gone.length > 0
}

export async function deleteById(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('push_subscription').where('id', '=', id).execute()
}

/** Those that nobody has activated in good time. */
export async function deleteInactive(tx: Tx, beforeMs: number): Promise<void> {
  await tx.deleteFrom('push_subscription').where('active', '=', 0).where('created_at_ms', '<', beforeMs).execute()
}
