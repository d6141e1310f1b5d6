import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { PreferenceTable } from './schema.ts'

export type PreferenceRow = Selectable<PreferenceTable>

export async function listPreferences(db: Reader, accountId: number): Promise<PreferenceRow[]> {
  return db
    .selectFrom('preference')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('app')
    .orderBy('name')
    .execute()
}

export async function savePreferences(tx: Tx, rows: readonly PreferenceRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx
    .insertInto('preference')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'app', 'name']).doUpdateSet((set) => ({ value: set.ref('excluded.value') })),
    )
    .execute()
}

export async function deletePreferences(
  tx: Tx,
  accountId: number,
  app: string,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return
  await tx
    .deleteFrom('preference')
    .where('account_id', '=', accountId)
    .where('app', '=', app)
    .where('name', 'in', names)
    .execute()
}
