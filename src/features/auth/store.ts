import { type Insertable, type Selectable, sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { AppPasswordTable, SessionTable, ThrottleTable } from './schema.ts'

export type AppPasswordRow = Selectable<AppPasswordTable>
export type SessionRow = Selectable<SessionTable>
export type ThrottleRow = Selectable<ThrottleTable>

export async function findAppPassword(db: Reader | Tx, digest: string): Promise<AppPasswordRow | undefined> {
  return db.selectFrom('app_password').selectAll().where('token_digest', '=', digest).executeTakeFirst()
}

export async function findAppPasswordById(db: Reader | Tx, id: number): Promise<AppPasswordRow | undefined> {
  return db.selectFrom('app_password').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function listAppPasswords(db: Reader, accountId: number): Promise<AppPasswordRow[]> {
  return db.selectFrom('app_password').selectAll().where('account_id', '=', accountId).orderBy('id').execute()
}

export async function insertAppPassword(tx: Tx, row: Insertable<AppPasswordTable>): Promise<number> {
  const made = await tx.insertInto('app_password').values(row).returning('id').executeTakeFirstOrThrow()
  return made.id
}

/** Those of these app passwords that open their account and were used since then. */
export async function listUsableIds(
  db: Reader,
  ids: readonly number[],
  { usedSinceMs, nowMs }: { readonly usedSinceMs: number; readonly nowMs: number },
): Promise<number[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('app_password')
    .select('id')
    .where('id', 'in', ids)
    .where('wipe', '=', 'none')
    .where('last_used_at_ms', '>=', usedSinceMs)
    .where((builder) => builder.or([builder('ends_at_ms', 'is', null), builder('ends_at_ms', '>', nowMs)]))
    .execute()
  return rows.map(({ id }) => id)
}

/** Returns whether there was one. */
export async function deleteAppPassword(tx: Tx, accountId: number, id: number): Promise<boolean> {
  const gone = await tx
    .deleteFrom('app_password')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returning('id')
    .execute()
  return gone.length > 0
}

export async function replaceDigest(tx: Tx, accountId: number, id: number, digest: string): Promise<boolean> {
  const changed = await tx
    .updateTable('app_password')
    .set({ token_digest: digest })
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returning('id')
    .execute()
  return changed.length > 0
}

export async function noteAppPasswordUse(tx: Tx, id: number, atMs: number): Promise<void> {
  await tx.updateTable('app_password').set({ last_used_at_ms: atMs }).where('id', '=', id).execute()
}

export async function renameAppPassword(tx: Tx, accountId: number, id: number, name: string): Promise<boolean> {
  const changed = await tx
    .updateTable('app_password')
    .set({ name })
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returning('id')
    .execute()
  return changed.length > 0
}

/** Of one app password, or all of an account. Resolves to how many there are. */
export async function wantWipe(tx: Tx, accountId: number, id?: number): Promise<number> {
  const changed = await tx
    .updateTable('app_password')
    .set({ wipe: 'wanted' })
    .where('account_id', '=', accountId)
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? 0))
    .where('wipe', '!=', 'started')
    .returning('id')
    .execute()
  return changed.length
}

/** Resolves to whether nobody has noted it before. */
export async function noteWipeStarted(tx: Tx, id: number): Promise<boolean> {
  const changed = await tx
    .updateTable('app_password')
    .set({ wipe: 'started' })
    .where('id', '=', id)
    .where('wipe', '=', 'wanted')
    .returning('id')
    .execute()
  return changed.length > 0
}

/** Resolves to the ids of those that are gone. */
export async function deleteUnusedSince(tx: Tx, accountId: number, beforeMs: number): Promise<number[]> {
  const gone = await tx
    .deleteFrom('app_password')
    .where('account_id', '=', accountId)
    .where('last_used_at_ms', '<', beforeMs)
    .returning('id')
    .execute()
  return gone.map(({ id }) => id)
}

/** Of those that ended by themselves, one-time ones at once, others when nobody looks for them any more. */
export async function deleteEnded(tx: Tx, nowMs: number, keptMs: number): Promise<void> {
  await tx
    .deleteFrom('app_password')
    .where((builder) =>
      builder.or([
        builder('ends_at_ms', '<=', nowMs - keptMs),
        builder.and([builder('is_one_time', '=', 1), builder('ends_at_ms', '<=', nowMs)]),
      ]),
    )
    .execute()
}

export async function findSession(db: Reader | Tx, sessionKey: string): Promise<SessionRow | undefined> {
  return db.selectFrom('session').selectAll().where('session_key', '=', sessionKey).executeTakeFirst()
}

export async function listSessions(db: Reader, sessionKeys: readonly string[]): Promise<SessionRow[]> {
  if (sessionKeys.length === 0) return []
  return db.selectFrom('session').selectAll().where('session_key', 'in', sessionKeys).execute()
}

export async function insertSession(tx: Tx, row: SessionRow): Promise<void> {
  await tx.insertInto('session').values(row).execute()
}

export async function updateSession(tx: Tx, sessionKey: string, change: Partial<SessionRow>): Promise<void> {
  await tx.updateTable('session').set(change).where('session_key', '=', sessionKey).execute()
}

/** Resolves to whose they were, in order. */
export async function deleteSessions(tx: Tx, sessionKeys: readonly string[]): Promise<number[]> {
  if (sessionKeys.length === 0) return []
  const gone = await tx.deleteFrom('session').where('session_key', 'in', sessionKeys).returning('account_id').execute()
  return gone.map(({ account_id }) => account_id).toSorted((one, other) => one - other)
}

export async function deleteExpiredSessions(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('session').where('expires_at_ms', '<', nowMs).execute()
}

/** Counts an attempt and returns the count in the window that is open now; a window that has ended begins anew. */
export async function countAttempt(
  tx: Tx,
  attempt: { readonly accountKey: string; readonly network: string; readonly nowMs: number; readonly windowMs: number },
): Promise<ThrottleRow> {
  const { accountKey, network, nowMs, windowMs } = attempt
  const isOver = sql<boolean>`throttle.window_started_at_ms <= ${nowMs - windowMs}`
  return tx
    .insertInto('throttle')
    .values({ account_key: accountKey, network, attempts: 1, window_started_at_ms: nowMs })
    .onConflict((conflict) =>
      conflict.columns(['account_key', 'network']).doUpdateSet({
        attempts: sql`case when ${isOver} then 1 else throttle.attempts + 1 end`,
        window_started_at_ms: sql`case when ${isOver} then ${nowMs} else throttle.window_started_at_ms end`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Takes back one counted attempt that turned out not to be a guess. */
export async function uncountAttempt(tx: Tx, { accountKey, network }: Required<ThrottleFilter>): Promise<void> {
  await tx
    .updateTable('throttle')
    .set({ attempts: sql`throttle.attempts - 1` })
    .where('account_key', '=', accountKey)
    .where('network', '=', network)
    .where('attempts', '>', 0)
    .execute()
}

export async function findThrottle(
  db: Reader,
  { accountKey, network }: Required<ThrottleFilter>,
): Promise<ThrottleRow | undefined> {
  return db
    .selectFrom('throttle')
    .selectAll()
    .where('account_key', '=', accountKey)
    .where('network', '=', network)
    .executeTakeFirst()
}

export async function listThrottled(db: Reader, sinceMs: number): Promise<ThrottleRow[]> {
  return db
    .selectFrom('throttle')
    .selectAll()
    .where('window_started_at_ms', '>', sinceMs)
    .orderBy('attempts', 'desc')
    .limit(1_000)
    .execute()
}

export interface ThrottleFilter {
  readonly accountKey?: string
  readonly network?: string
}

/** Forgets counted attempts and returns how many entries went. */
export async function clearThrottle(tx: Tx, { accountKey, network }: ThrottleFilter): Promise<number> {
  let query = tx.deleteFrom('throttle')
  if (accountKey !== undefined) query = query.where('account_key', '=', accountKey)
  if (network !== undefined) query = query.where('network', '=', network)
  return (await query.returning('network').execute()).length
}

export async function deleteOldThrottle(tx: Tx, beforeMs: number): Promise<void> {
  await tx.deleteFrom('throttle').where('window_started_at_ms', '<', beforeMs).execute()
}

export async function findInstanceSecret(db: Reader | Tx, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('instance_secret').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value
}

/** Keeps the first value that any process brings. */
export async function insertInstanceSecret(tx: Tx, name: string, value: string): Promise<void> {
  await tx
    .insertInto('instance_secret')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}

export async function countAppPasswords(db: Reader | Tx, accountId: number): Promise<number> {
  const row = await db
    .selectFrom('app_password')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
