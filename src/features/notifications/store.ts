import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'
import type { NotificationTable } from './schema.ts'

export type NotificationRow = Selectable<NotificationTable>

const COLUMNS = 'id, account_id, kind, object_type, object_id, params, count, source_ref, created_at_ms, expires_at_ms'

const newestOf = statement<NotificationRow>(
  `select ${COLUMNS} from notification where account_id = $1 order by id desc limit $2`,
)

export async function listNotifications(db: Reader, accountId: number, limit: number): Promise<NotificationRow[]> {
  return newestOf(db, accountId, limit)
}

export async function findNotification(
  db: Reader | Tx,
  accountId: number,
  id: number,
): Promise<NotificationRow | undefined> {
  return db
    .selectFrom('notification')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .executeTakeFirst()
}

export interface Told {
  readonly kind: string
  readonly object: { readonly type: string; readonly id: string }
}

/** The newest one that tells the same account of the same thing. */
export async function findSame(
  tx: Tx,
  accountId: number,
  { kind, object }: Told,
): Promise<NotificationRow | undefined> {
  return tx
    .selectFrom('notification')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('object_type', '=', object.type)
    .where('object_id', '=', object.id)
    .orderBy('id', 'desc')
    .executeTakeFirst()
}

export async function insertNotification(tx: Tx, row: Omit<NotificationRow, 'id'>): Promise<number> {
  const made = await tx.insertInto('notification').values(row).returning('id').executeTakeFirstOrThrow()
  return made.id
}

export async function updateNotification(
  tx: Tx,
  id: number,
  change: Pick<NotificationRow, 'params' | 'count' | 'source_ref'>,
): Promise<void> {
  await tx.updateTable('notification').set(change).where('id', '=', id).execute()
}

/** Of these ids, those that the account has, in their order. */
export async function listExisting(db: Reader, accountId: number, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('notification')
    .select('id')
    .where('account_id', '=', accountId)
    .where('id', 'in', ids)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** Resolves to those that were there. */
export async function deleteNotifications(tx: Tx, accountId: number, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return []
  const gone = await tx
    .deleteFrom('notification')
    .where('account_id', '=', accountId)
    .where('id', 'in', ids)
    .returning('id')
    .execute()
  return gone.map(({ id }) => id)
}

export async function deleteAllNotifications(tx: Tx, accountId: number): Promise<void> {
  await tx.deleteFrom('notification').where('account_id', '=', accountId).execute()
}

export async function deleteSame(tx: Tx, accountId: number, { kind, object }: Told): Promise<number[]> {
  const gone = await tx
    .deleteFrom('notification')
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('object_type', '=', object.type)
    .where('object_id', '=', object.id)
    .returning('id')
    .execute()
  return gone.map(({ id }) => id)
}

const trim = statement<{ id: number }>(
  'delete from notification where account_id = $1 and id <= (select id from notification where account_id = $1 order by id desc limit 1 offset $2) returning id',
)

/** Keeps the newest of an account. Resolves to those that went. */
export async function deleteBeyond(tx: Tx, accountId: number, kept: number): Promise<number[]> {
  return (await trim(tx, accountId, kept)).map(({ id }) => id)
}

export async function listExpired(
  db: Reader,
  nowMs: number,
  limit: number,
): Promise<Pick<NotificationRow, 'id' | 'account_id'>[]> {
  return db
    .selectFrom('notification')
    .select(['id', 'account_id'])
    .where('expires_at_ms', '<=', nowMs)
    .orderBy('expires_at_ms')
    .limit(limit)
    .execute()
}
