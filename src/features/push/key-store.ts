import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { PushKeyTable, PushVapidKeyTable } from './schema.ts'

export type PushKeyRow = Selectable<PushKeyTable>
export type VapidKeyRow = Selectable<PushVapidKeyTable>

export async function findKey(db: Reader | Tx, accountId: number): Promise<PushKeyRow | undefined> {
  return db.selectFrom('push_key').selectAll().where('account_id', '=', accountId).executeTakeFirst()
}

/** Keeps the first key that any process brings. */
export async function insertKey(tx: Tx, row: PushKeyRow): Promise<void> {
  await tx
    .insertInto('push_key')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doNothing())
    .execute()
}

export async function findVapidKey(db: Reader | Tx, name: string): Promise<VapidKeyRow | undefined> {
  return db.selectFrom('push_vapid_key').selectAll().where('name', '=', name).executeTakeFirst()
}

/** Keeps the first key that any process brings. */
export async function insertVapidKey(tx: Tx, row: VapidKeyRow): Promise<void> {
  await tx
    .insertInto('push_vapid_key')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}
