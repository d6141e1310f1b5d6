import { type Selectable, sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { PushDeliveryTable } from './schema.ts'

export type DeliveryRow = Selectable<PushDeliveryTable>

export type Message = 'added' | 'removed' | 'all-removed' | 'activation'

export interface NewDelivery {
  readonly account_id: number
  readonly device_id: number | null
  readonly subscription_id: number | null
  readonly message: Message
  readonly notification_id: number | null
}

/** What is there already, waiting or done, is not sent a second time. */
export async function insertDeliveries(tx: Tx, deliveries: readonly NewDelivery[], nowMs: number): Promise<void> {
  if (deliveries.length === 0) return
  const state = {
    due_at_ms: nowMs,
    leased_until_ms: 0,
    attempts: 0,
    result: '',
    created_at_ms: nowMs,
    done_at_ms: null,
  }
  await tx
    .insertInto('push_delivery')
    .values(deliveries.map((delivery) => ({ ...delivery, ...state })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The messages that told of these notifications, or were to. */
export async function listAdded(
  db: Reader | Tx,
  accountId: number,
  notificationIds: readonly number[],
): Promise<DeliveryRow[]> {
  if (notificationIds.length === 0) return []
  return db
    .selectFrom('push_delivery')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('message', '=', 'added')
    .where('notification_id', 'in', notificationIds)
    .execute()
}

/** Takes back what nobody has begun to send: news of these notifications, or of all. */
export async function cancelAdded(
  tx: Tx,
  accountId: number,
  notificationIds: readonly number[] | 'all',
  nowMs: number,
): Promise<void> {
  await tx
    .updateTable('push_delivery')
    .set({ done_at_ms: nowMs, result: 'dropped: overtaken' })
    .where('account_id', '=', accountId)
    .where('message', '=', 'added')
    .where('done_at_ms', 'is', null)
    .where('attempts', '=', 0)
    .$if(notificationIds !== 'all', (query) => query.where('notification_id', 'in', [...notificationIds] as number[]))
    .execute()
}

/** Drops the oldest messages of an account beyond so many. Returns how many went. */
export async function dropBeyond(tx: Tx, accountId: number, max: number, nowMs: number): Promise<number> {
  const kept = tx
    .selectFrom('push_delivery')
    .select('id')
    .where('account_id', '=', accountId)
    .where('done_at_ms', 'is', null)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(max - 1)
  const gone = await tx
    .updateTable('push_delivery')
    .set({ done_at_ms: nowMs, result: 'dropped: too many' })
    .where('account_id', '=', accountId)
    .where('done_at_ms', 'is', null)
    .where('leased_until_ms', '=', 0)
    .where('id', '<', kept)
    .returning('id')
    .execute()
  return gone.length
}

export interface Claim {
  readonly nowMs: number
  readonly untilMs: number
  readonly limit: number
  readonly limitPerAccount: number
  /** Accounts that have as much at work as they may. */
  readonly busyAccountIds: readonly number[]
  /** Nothing but this. */
  readonly only?: { readonly accountId: number; readonly notificationId: number } | undefined
}

/**
 * Takes what is due for the time of a lease, in turn from every account: whoever has much waiting holds up nobody else.
 * Two nodes never get the same: the one that comes second finds the lease of the first.
 */
export async function claimDeliveries(tx: Tx, claim: Claim): Promise<DeliveryRow[]> {
  const { nowMs, untilMs, limit, limitPerAccount, busyAccountIds, only } = claim
  const turns = tx
    .selectFrom('push_delivery')
    .select(['id', sql<number>`row_number() over (partition by account_id order by id)`.as('turn')])
    .where('done_at_ms', 'is', null)
    .where('due_at_ms', '<=', nowMs)
    .where('leased_until_ms', '<=', nowMs)
    .$if(busyAccountIds.length > 0, (query) => query.where('account_id', 'not in', busyAccountIds))
    .$if(only !== undefined, (query) =>
      query.where('account_id', '=', only?.accountId ?? 0).where('notification_id', '=', only?.notificationId ?? 0),
    )
  const due = tx
    .selectFrom(turns.as('due'))
    .select('id')
    .where('turn', '<=', limitPerAccount)
    .orderBy('turn')
    .orderBy('id')
    .limit(limit)
  const rows = await tx
    .updateTable('push_delivery')
    .set((set) => ({ leased_until_ms: untilMs, attempts: set('attempts', '+', 1) }))
    .where('id', 'in', due)
    .where('leased_until_ms', '<=', nowMs)
    .where('done_at_ms', 'is', null)
    .returningAll()
    .execute()
  return rows.toSorted((a, b) => a.id - b.id)
}

/** Of those that nobody else has taken meanwhile: each claim counts the attempts up. */
export async function renewLeases(tx: Tx, rows: readonly DeliveryRow[], untilMs: number): Promise<void> {
  for (const [attempts, same] of Map.groupBy(rows, (row) => row.attempts)) {
    const ids = same.map(({ id }) => id)
    await tx
      .updateTable('push_delivery')
      .set({ leased_until_ms: untilMs })
      .where('id', 'in', ids)
      .where('attempts', '=', attempts)
      .where('leased_until_ms', '>', 0)
      .where('done_at_ms', 'is', null)
      .execute()
  }
}

export async function findNextDueMs(db: Reader): Promise<number | undefined> {
  const row = await db
    .selectFrom('push_delivery')
    .select(sql<number>`case when due_at_ms > leased_until_ms then due_at_ms else leased_until_ms end`.as('due'))
    .where('done_at_ms', 'is', null)
    .orderBy('due')
    .limit(1)
    .executeTakeFirst()
  return row?.due
}

export async function finishDeliveries(tx: Tx, ids: readonly number[], result: string, nowMs: number): Promise<void> {
  if (ids.length === 0) return
  await tx
    .updateTable('push_delivery')
    .set({ done_at_ms: nowMs, leased_until_ms: 0, result })
    .where('id', 'in', ids)
    .execute()
}

/** `attempts`: how many are behind them; a message that was not sent at all has none. */
export async function putBack(
  tx: Tx,
  ids: readonly number[],
  change: { readonly result: string; readonly dueAtMs: number; readonly isAttempt: boolean },
): Promise<void> {
  if (ids.length === 0) return
  await tx
    .updateTable('push_delivery')
    .set((set) => ({
      due_at_ms: change.dueAtMs,
      leased_until_ms: 0,
      result: change.result,
      ...(change.isAttempt ? {} : { attempts: set('attempts', '-', 1) }),
    }))
    .where('id', 'in', ids)
    .where('done_at_ms', 'is', null)
    .execute()
}

/** For the start of the only server there is: whoever was sending is gone. */
export async function releaseAll(tx: Tx): Promise<void> {
  await tx.updateTable('push_delivery').set({ leased_until_ms: 0 }).where('leased_until_ms', '>', 0).execute()
}

/** News of a notification is kept for longer: it says who has to hear when that is gone. */
export async function deleteDone(tx: Tx, beforeMs: number, addedBeforeMs: number): Promise<void> {
  await tx.deleteFrom('push_delivery').where('done_at_ms', '<', addedBeforeMs).execute()
  await tx.deleteFrom('push_delivery').where('done_at_ms', '<', beforeMs).where('message', '<>', 'added').execute()
}

/** How many wait, for devices and for subscriptions. */
export async function countWaiting(db: Reader): Promise<{ readonly devices: number; readonly subscriptions: number }> {
  const row = await db
    .selectFrom('push_delivery')
    .select((select) => [
      select.fn.count<number>('device_id').as('devices'),
      select.fn.count<number>('subscription_id').as('subscriptions'),
    ])
    .where('done_at_ms', 'is', null)
    .executeTakeFirstOrThrow()
  return { devices: Number(row.devices), subscriptions: Number(row.subscriptions) }
}
