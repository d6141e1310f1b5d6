import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { AppSettingTable } from './schema.ts'

export type AppSettingRow = Selectable<AppSettingTable>

export async function listSettings(db: Reader): Promise<AppSettingRow[]> {
  return db.selectFrom('app_setting').selectAll().orderBy('app').orderBy('name').execute()
}

export async function countSettings(tx: Tx): Promise<number> {
  const row = await tx
    .selectFrom('app_setting')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function saveSetting(tx: Tx, row: AppSettingRow): Promise<void> {
  await tx
    .insertInto('app_setting')
    .values(row)
    .onConflict((conflict) => conflict.columns(['app', 'name']).doUpdateSet({ value: row.value }))
    .execute()
}

export async function deleteSetting(tx: Tx, app: string, name: string): Promise<void> {
  await tx.deleteFrom('app_setting').where('app', '=', app).where('name', '=', name).execute()
}
