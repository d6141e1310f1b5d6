import { sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { BlobRow } from './content-store.ts'

export async function listOwnerlessTrees(db: Reader): Promise<number[]> {
  const rows = await db.selectFrom('tree').select('id').where('owner_account_id', 'is', null).execute()
  return rows.map(({ id }) => id)
}

/** Deletes some nodes that have nothing below them. Resolves to the content that may belong to nobody now. */
export async function deleteLeaves(tx: Tx, treeId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ blob_id: number | null }>`
    delete from node where id in (
      select n.id from node n where n.tree_id = ${treeId}
      and not exists (select 1 from node below where below.parent_id = n.id) limit ${limit}
    ) returning blob_id`.execute(tx)
  return [...new Set(rows.flatMap(({ blob_id }) => blob_id ?? []))]
}

export async function deleteTreeIfEmpty(tx: Tx, treeId: number): Promise<boolean> {
  const node = await tx.selectFrom('node').select('id').where('tree_id', '=', treeId).limit(1).executeTakeFirst()
  if (node !== undefined) return false
  await tx.deleteFrom('tree').where('id', '=', treeId).execute()
  return true
}

/** Of some keys, those that content or garbage has. */
export async function listKnownKeys(db: Reader, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const known = new Set<string>()
  for (const row of await db.selectFrom('blob').select('key').where('key', 'in', keys).execute()) {
    if (row.key !== null) known.add(row.key)
  }
  for (const row of await db.selectFrom('blob_part').select('key').where('key', 'in', keys).execute()) {
    known.add(row.key)
  }
  for (const row of await db.selectFrom('blob_garbage').select('key').where('key', 'in', keys).execute()) {
    known.add(row.key)
  }
  return known
}

export interface SizeProblem {
  readonly id: number
  readonly recorded: number
  readonly actual: number
}

/** Folders whose size is not the sum of what is in them. */
export async function listWrongFolderSizes(db: Reader | Tx): Promise<SizeProblem[]> {
  const { rows } = await sql<SizeProblem>`
    select f.id as id, f.size_bytes as recorded, coalesce(sum(n.size_bytes), 0) as actual
    from node f left join node n on n.parent_id = f.id
    where f.is_folder = 1 group by f.id, f.size_bytes
    having f.size_bytes <> coalesce(sum(n.size_bytes), 0)`.execute(db)
  return rows.map(({ id, recorded, actual }) => ({ id, recorded: Number(recorded), actual: Number(actual) }))
}

/** Files whose size is not that of their content. */
export async function listWrongFileSizes(db: Reader): Promise<SizeProblem[]> {
  const { rows } = await sql<SizeProblem>`
    select n.id as id, n.size_bytes as recorded, coalesce(b.size_bytes, 0) as actual
    from node n left join blob b on b.id = n.blob_id
    where n.is_folder = 0 and n.size_bytes <> coalesce(b.size_bytes, 0)`.execute(db)
  return rows.map(({ id, recorded, actual }) => ({ id, recorded: Number(recorded), actual: Number(actual) }))
}

/** Nodes whose parent is a file, or in another tree; roots there are too many of. */
export async function listMisplaced(db: Reader): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select n.id as id from node n join node p on p.id = n.parent_id
    where p.is_folder = 0 or p.tree_id <> n.tree_id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Content that no file refers to: deleting a file deletes it, so there should be none. */
export async function listUnusedBlobs(db: Reader | Tx): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select b.id as id from blob b where not exists (select 1 from node n where n.blob_id = b.id)`.execute(db)
  return rows.map(({ id }) => id)
}

export async function listBlobs(db: Reader, afterId: number, limit: number): Promise<BlobRow[]> {
  return db.selectFrom('blob').selectAll().where('id', '>', afterId).orderBy('id').limit(limit).execute()
}

export async function countFiles(db: Reader): Promise<number> {
  const row = await db
    .selectFrom('node')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('is_folder', '=', 0)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Sets a folder to the sum of what is in it now. */
export async function repairFolderSize(tx: Tx, folderId: number): Promise<void> {
  await sql`update node set size_bytes = (select coalesce(sum(n.size_bytes), 0) from node n where n.parent_id = ${folderId}) where id = ${folderId}`.execute(
    tx,
  )
}

export async function findSetting(db: Reader | Tx, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('files_setting').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value
}

/** Writes a setting that has no value yet; one that has keeps it. */
export async function addSetting(tx: Tx, name: string, value: string): Promise<void> {
  await tx
    .insertInto('files_setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function saveSetting(tx: Tx, name: string, value: string): Promise<void> {
  await tx
    .insertInto('files_setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}
