import { type Selectable, sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { ThemingChoiceTable, ThemingImageTable } from './schema.ts'

export type ImageRow = Selectable<ThemingImageTable>
export type ChoiceRow = Selectable<ThemingChoiceTable>

export async function listSettings(db: Reader): Promise<Map<string, string>> {
  const rows = await db.selectFrom('theming_setting').selectAll().execute()
  return new Map(rows.map((row) => [row.name, row.value]))
}

/** All but the content. */
export async function listImageFacts(db: Reader): Promise<Omit<ImageRow, 'content'>[]> {
  return db.selectFrom('theming_image').select(['name', 'content_type', 'etag', 'changed_at_ms']).execute()
}

export async function findImage(db: Reader, name: string): Promise<ImageRow | undefined> {
  return db.selectFrom('theming_image').selectAll().where('name', '=', name).executeTakeFirst()
}

export async function saveSetting(tx: Tx, name: string, value: string): Promise<void> {
  await tx
    .insertInto('theming_setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}

/** Adds one to a number that is kept as text; the first is 2, since everything begins with 1. */
export async function countVersionUp(tx: Tx, name: string): Promise<void> {
  const next = sql<string>`cast(cast(theming_setting.value as integer) + 1 as text)`
  await tx
    .insertInto('theming_setting')
    .values({ name, value: '2' })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: next }))
    .execute()
}

export async function deleteSetting(tx: Tx, name: string): Promise<void> {
  await tx.deleteFrom('theming_setting').where('name', '=', name).execute()
}

export async function saveImage(tx: Tx, { name, ...image }: ImageRow): Promise<void> {
  await tx
    .insertInto('theming_image')
    .values({ name, ...image })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(image))
    .execute()
}

export async function deleteImage(tx: Tx, name: string): Promise<void> {
  await tx.deleteFrom('theming_image').where('name', '=', name).execute()
}

export async function findChoice(db: Reader | Tx, accountId: number): Promise<ChoiceRow | undefined> {
  return db.selectFrom('theming_choice').selectAll().where('account_id', '=', accountId).executeTakeFirst()
}

export async function saveChoice(tx: Tx, { account_id, ...choice }: ChoiceRow): Promise<void> {
  await tx
    .insertInto('theming_choice')
    .values({ account_id, ...choice })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(choice))
    .execute()
}
