import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { AvatarTable } from './schema.ts'

export type AvatarRow = Selectable<AvatarTable>
export type AvatarFacts = Omit<AvatarRow, 'content'>

/** All but the content, of every size. */
export async function listFacts(db: Reader, accountId: number): Promise<AvatarFacts[]> {
  return db
    .selectFrom('avatar')
    .select(['account_id', 'pixels', 'content_type', 'etag', 'changed_at_ms'])
    .where('account_id', '=', accountId)
    .execute()
}

export async function findAvatar(db: Reader, accountId: number, pixels: number): Promise<AvatarRow | undefined> {
  return db
    .selectFrom('avatar')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('pixels', '=', pixels)
    .executeTakeFirst()
}

export async function saveAvatar(tx: Tx, row: AvatarRow): Promise<void> {
  const { account_id, pixels, ...rest } = row
  await tx
    .insertInto('avatar')
    .values({ account_id, pixels, ...rest })
    .onConflict((conflict) => conflict.columns(['account_id', 'pixels']).doUpdateSet(rest))
    .execute()
}

export async function deleteAvatar(tx: Tx, accountId: number): Promise<void> {
  await tx.deleteFrom('avatar').where('account_id', '=', accountId).execute()
}
