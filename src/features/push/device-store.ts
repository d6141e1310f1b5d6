import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { PushDeviceTable } from './schema.ts'

export type DeviceRow = Selectable<PushDeviceTable>

export async function findDevice(db: Reader | Tx, appPasswordId: number): Promise<DeviceRow | undefined> {
  return db.selectFrom('push_device').selectAll().where('app_password_id', '=', appPasswordId).executeTakeFirst()
}

/** The devices of an account, the latest first. */
export async function listDevices(db: Reader | Tx, accountId: number): Promise<DeviceRow[]> {
  return db
    .selectFrom('push_device')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('registered_at_ms', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function loadDevices(db: Reader, ids: readonly number[]): Promise<Map<number, DeviceRow>> {
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom('push_device').selectAll().where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, row]))
}

/** In place of what this app password had registered, and of what other app passwords had for the same push token. */
export async function replaceDevice(tx: Tx, row: Omit<DeviceRow, 'id'>): Promise<void> {
  await tx
    .deleteFrom('push_device')
    .where('account_id', '=', row.account_id)
    .where('push_token_hash', '=', row.push_token_hash)
    .where('app_password_id', '<>', row.app_password_id)
    .execute()
  await tx
    .insertInto('push_device')
    .values(row)
    .onConflict((conflict) => conflict.column('app_password_id').doUpdateSet(row))
    .execute()
}

/** Returns whether there was one. */
export async function deleteDevice(tx: Tx, accountId: number, appPasswordId: number): Promise<boolean> {
  const gone = await tx
    .deleteFrom('push_device')
    .where('account_id', '=', accountId)
    .where('app_password_id', '=', appPasswordId)
    .returning('id')
    .execute()
  return gone.length > 0
}

/** Forgets devices that cannot be told anything, unless they have registered anew since these rows were read. */
export async function deleteDevices(tx: Tx, rows: readonly DeviceRow[]): Promise<void> {
  for (const { id, proxy_url, device_key } of rows) {
    await tx
      .deleteFrom('push_device')
      .where('id', '=', id)
      .where('proxy_url', '=', proxy_url)
      .where('device_key', '=', device_key)
      .execute()
  }
}
