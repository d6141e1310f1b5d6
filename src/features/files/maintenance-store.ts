import type { DatabaseKind, Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'

export async function listOwnerlessTrees(db: Reader): Promise<number[]> {
  const rows = await db.selectFrom('tree').select('id').where('owner_account_id', 'is', null).execute()
  return rows.map(({ id }) => id)
}

const treeById = statement('select id from tree where id = $1')
const lockedTree = statement('select id from tree where id = $1 for update')

/** Waits for whoever else changes the tree, with an owner or without. False when it is gone. */
export async function lockTree(tx: Tx, kind: DatabaseKind, treeId: number): Promise<boolean> {
  const rows = await (kind === 'postgres' ? lockedTree : treeById)(tx, treeId)
  return rows.length > 0
}

const leavesDeleted = statement<{ blob_id: number | null }>(`
  delete from node where id in (
    select n.id from node n where n.tree_id = $1
    and not exists (select 1 from node below where below.parent_id = n.id) limit $2
  ) returning blob_id`)
const allDeleted = statement<{ blob_id: number | null }>('delete from node where tree_id = $1 returning blob_id')

/**
 * Deletes some nodes that have nothing below them, or all when there are no such: then they hang in a circle. Resolves to
 * the content that may belong to nobody now.
 */
export async function deleteLeaves(tx: Tx, treeId: number, limit: number): Promise<number[]> {
  const leaves = await leavesDeleted(tx, treeId, limit)
  const rows = leaves.length > 0 ? leaves : await allDeleted(tx, treeId)
  return [...new Set(rows.flatMap(({ blob_id }) => blob_id ?? []))]
}

const treeSetBelow = statement(`
  with recursive below(id) as (
    select id from node where id = $1 union select n.id from node n join below on n.parent_id = below.id
  ) update node set tree_id = $2 where id in (select id from below)`)

/** Makes a node and everything below it part of a tree. */
export async function setTreeBelow(tx: Tx, nodeId: number, treeId: number): Promise<void> {
  await treeSetBelow(tx, nodeId, treeId)
}

export async function deleteTreeIfEmpty(tx: Tx, treeId: number): Promise<boolean> {
  const node = await tx.selectFrom('node').select('id').where('tree_id', '=', treeId).limit(1).executeTakeFirst()
  if (node !== undefined) return false
  await tx.deleteFrom('tree').where('id', '=', treeId).execute()
  return true
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
