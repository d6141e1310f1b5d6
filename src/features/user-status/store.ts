import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'
import type { UserStatusTable } from './schema.ts'

export type StatusRow = Selectable<UserStatusTable>

const COLUMNS = 'account_id, type, is_chosen, type_at_ms, message_id, icon, message, clear_at_ms, replaced'

const byAccount = statement<StatusRow>(`select ${COLUMNS} from user_status where account_id = $1`)

export async function findStatus(db: Reader | Tx, accountId: number): Promise<StatusRow | undefined> {
  return (await byAccount(db, accountId))[0]
}

const page = statement<StatusRow>(`select ${COLUMNS} from user_status order by account_id limit $1 offset $2`)
const pageAmong = statement<StatusRow>(
  `select ${COLUMNS} from user_status where account_id in $1::bigint[] order by account_id limit $2 offset $3`,
)

/** Of these accounts, or of all. */
export async function listStatuses(
  db: Reader,
  accountIds: readonly number[] | undefined,
  limit: number,
  offset: number,
): Promise<StatusRow[]> {
  return accountIds === undefined ? page(db, limit, offset) : pageAmong(db, accountIds, limit, offset)
}

export async function saveStatus(tx: Tx, row: StatusRow): Promise<void> {
  await tx
    .insertInto('user_status')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(row))
    .execute()
}

/** Takes away messages whose time is over, but for those of automatic statuses. */
export async function clearExpired(tx: Tx, nowMs: number): Promise<void> {
  await tx
    .updateTable('user_status')
    .set({ message_id: null, icon: null, message: null, clear_at_ms: null })
    .where('clear_at_ms', '<=', nowMs)
    .where('replaced', 'is', null)
    .execute()
}

/** Accounts whose automatic status is over. */
export async function listExpiredAutomatic(db: Reader, nowMs: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('user_status')
    .select('account_id')
    .where('clear_at_ms', '<=', nowMs)
    .where('replaced', 'is not', null)
    .limit(limit)
    .execute()
  return rows.map(({ account_id }) => account_id)
}

/** Whoever only seemed to be there, and was not heard of since. */
export async function setStaleOffline(tx: Tx, beforeMs: number): Promise<void> {
  await tx
    .updateTable('user_status')
    .set({ type: 'offline', is_chosen: 0 })
    .where('type', '<>', 'offline')
    .where('type_at_ms', '<=', beforeMs)
    .where((where) => where.or([where('is_chosen', '=', 0), where('type', '=', 'online')]))
    .execute()
}

/** How many there are of each type, those not heard of since `staleMs` as `offline`. */
export async function countTypes(db: Reader, staleMs: number): Promise<{ readonly type: string; count: number }[]> {
  const rows = await db
    .selectFrom('user_status')
    .select((select) => [
      select
        .case()
        .when(
          select.and([
            select('type_at_ms', '<=', staleMs),
            select.or([select('is_chosen', '=', 0), select('type', '=', 'online')]),
          ]),
        )
        .then('offline')
        .else(select.ref('type'))
        .end()
        .as('shown'),
      select.fn.countAll<number>().as('count'),
    ])
    .groupBy('shown')
    .execute()
  return rows.map(({ shown, count }) => ({ type: shown, count: Number(count) }))
}
