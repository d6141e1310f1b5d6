import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { OutOfOfficeTable } from './schema.ts'

export type AbsenceRow = Selectable<OutOfOfficeTable>

export async function findAbsence(db: Reader | Tx, accountId: number): Promise<AbsenceRow | undefined> {
  return db.selectFrom('out_of_office').selectAll().where('account_id', '=', accountId).executeTakeFirst()
}

/** In place of the one that the account had, under the same id. */
export async function saveAbsence(tx: Tx, row: Omit<AbsenceRow, 'id'>): Promise<AbsenceRow> {
  const known = await tx
    .updateTable('out_of_office')
    .set(row)
    .where('account_id', '=', row.account_id)
    .returningAll()
    .executeTakeFirst()
  if (known !== undefined) return known
  return tx
    .insertInto('out_of_office')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(row))
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Returns whether there was one. */
export async function deleteAbsence(tx: Tx, accountId: number): Promise<boolean> {
  const gone = await tx.deleteFrom('out_of_office').where('account_id', '=', accountId).returning('id').execute()
  return gone.length > 0
}

/** False when it was changed since it was read. */
export async function setState(tx: Tx, row: AbsenceRow, state: string): Promise<boolean> {
  const changed = await tx
    .updateTable('out_of_office')
    .set({ state })
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .where('first_day', '=', row.first_day)
    .where('last_day', '=', row.last_day)
    .where('short_text', '=', row.short_text)
    .returning('id')
    .execute()
  return changed.length > 0
}

/** Accounts whose absence is not over and begins by this day, a page by account. */
export async function listOpen(db: Reader, byDay: string, afterAccountId: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('out_of_office')
    .select('account_id')
    .where('state', '<>', 'over')
    .where('first_day', '<=', byDay)
    .where('account_id', '>', afterAccountId)
    .orderBy('account_id')
    .limit(limit)
    .execute()
  return rows.map(({ account_id }) => account_id)
}

export async function countBegun(db: Reader): Promise<number> {
  const row = await db
    .selectFrom('out_of_office')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('state', '=', 'begun')
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
