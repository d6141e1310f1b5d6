import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { ProfileVisibilityTable } from './schema.ts'

export type VisibilityRow = Selectable<ProfileVisibilityTable>

export async function listChoices(db: Reader, accountId: number): Promise<VisibilityRow[]> {
  return db.selectFrom('profile_visibility').selectAll().where('account_id', '=', accountId).execute()
}

export async function saveChoice(tx: Tx, row: VisibilityRow): Promise<void> {
  await tx
    .insertInto('profile_visibility')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'field']).doUpdateSet({ visibility: row.visibility }))
    .execute()
}
