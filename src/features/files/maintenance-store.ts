import type { DatabaseKind, Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'

/**
 * Those that were cut off other trees first: while they are there, what they were cut from cannot go. Without copies that
 * have grown since a time.
 */
export async function listOwnerlessTrees(
  db: Reader,
  grownBeforeMs: number,
): Promise<{ readonly id: number; readonly detached_from_id: number | null }[]> {
  const rows = await db
    .selectFrom('tree')
    .select(['id', 'detached_from_id'])
    .where('owner_account_id', 'is', null)
    .where((or) => or.or([or('grown_at_ms', 'is', null), or('grown_at_ms', '<=', grownBeforeMs)]))
    .orderBy('id')
    .execute()
  return rows.toSorted((a, b) => Number(a.detached_from_id === null) - Number(b.detached_from_id === null))
}

const treeById = statement('select id from tree where id = $1')
const lockedTree = statement('select id from tree where id = $1 for update')

/** Waits for whoever else changes the tree, with an owner or without. False when it is gone. */
export async function lockTree(tx: Tx, kind: DatabaseKind, treeId: number): Promise<boolean> {
  const rows = await (kind === 'postgres' ? lockedTree : treeById)(tx, treeId)
  return rows.length > 0
}

const takenOver = statement<{ id: number }>(
  'update tree set grown_at_ms = null where id = $1 and (grown_at_ms is null or grown_at_ms <= $2) returning id',
)

/**
 * Keeps everybody else off a tree without an owner until the transaction ends; from now on nobody goes on with it if it is
 * a copy in the making. False when it is gone, or has grown since a time.
 */
export async function takeOver(tx: Tx, treeId: number, grownBeforeMs: number): Promise<boolean> {
  return (await takenOver(tx, treeId, grownBeforeMs)).length > 0
}

const rootIds = statement<{ id: number }>('select id from node where tree_id = $1 and parent_id is null limit $2')

export async function listRootIds(tx: Tx, treeId: number, limit: number): Promise<number[]> {
  return (await rootIds(tx, treeId, limit)).map(({ id }) => id)
}

const someMembers = statement<{ id: number; is_folder: number }>(
  'select id, is_folder from node where parent_id in $1::bigint[] limit $2',
)

/** Some of what is directly in some folders. */
export async function listMembers(
  tx: Tx,
  folderIds: readonly number[],
  limit: number,
): Promise<{ readonly id: number; readonly is_folder: number }[]> {
  return someMembers(tx, folderIds, limit)
}

const rootsMade = statement('update node set parent_id = null, tree_id = $1 where id in $2::bigint[]')

/** Takes folders out of what they are in, and keeps them with a tree. */
export async function makeRoots(tx: Tx, treeId: number, folderIds: readonly number[]): Promise<void> {
  if (folderIds.length > 0) await rootsMade(tx, treeId, folderIds)
}

const nodesDeleted = statement<{ blob_id: number | null }>(
  'delete from node where id in $1::bigint[] returning blob_id',
)

/** Resolves to the content that may belong to nobody now. */
export async function deleteNodes(tx: Tx, nodeIds: readonly number[]): Promise<number[]> {
  if (nodeIds.length === 0) return []
  return contentOf(await nodesDeleted(tx, nodeIds))
}

const allDeleted = statement<{ blob_id: number | null }>('delete from node where tree_id = $1 returning blob_id')
const treeDeleted = statement('delete from tree where id = $1')

/** Deletes a tree with all that still says that it is of it. Resolves to the content that may belong to nobody now. */
export async function deleteTree(tx: Tx, treeId: number): Promise<number[]> {
  const blobIds = contentOf(await allDeleted(tx, treeId))
  await treeDeleted(tx, treeId)
  return blobIds
}

const contentOf = (rows: readonly { readonly blob_id: number | null }[]): number[] => [
  ...new Set(rows.flatMap(({ blob_id }) => blob_id ?? [])),
]

const treeSetBelow = statement(`
  with recursive below(id) as (
    select id from node where id = $1 union select n.id from node n join below on n.parent_id = below.id
  ) update node set tree_id = $2 where id in (select id from below)`)

/** Makes a node and everything below it part of a tree. */
export async function setTreeBelow(tx: Tx, nodeId: number, treeId: number): Promise<void> {
  await treeSetBelow(tx, nodeId, treeId)
}

/** Of some keys, those that content has. */
export async function listUsedKeys(db: Reader | Tx, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const whole = await db.selectFrom('blob').select('key').where('key', 'in', keys).execute()
  const parts = await db.selectFrom('blob_part').select('key').where('key', 'in', keys).execute()
  return new Set([...whole, ...parts].flatMap(({ key }) => key ?? []))
}

/** Of some keys, those that content or garbage has; in this order, which is the way that they go. */
export async function listKnownKeys(db: Reader, keys: readonly string[]): Promise<Set<string>> {
  const known = await listUsedKeys(db, keys)
  if (keys.length === 0) return known
  const garbage = await db.selectFrom('blob_garbage').select('key').where('key', 'in', keys).execute()
  for (const { key } of garbage) known.add(key)
  return known
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
