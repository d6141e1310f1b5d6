import { type RawBuilder, sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'
import { COLUMNS, type NodeRow, updateNode } from './store.ts'

/*
 * What nobody sees: large folders that were deleted, and copies in the making. Each hangs on the root of a tree without an
 * owner; what is below that root says that it is of the tree that it was, or will be, part of.
 */

const attachedById = statement<NodeRow>(`
  with recursive up(id, parent_id, tree_id) as (
    select id, parent_id, tree_id from node where id = $1
    union select n.id, n.parent_id, n.tree_id from node n join up on n.id = up.parent_id
  ) select ${COLUMNS} from node where id = $1 and exists (
    select 1 from up join tree t on t.id = up.tree_id where up.parent_id is null and t.owner_account_id is not null)`)

/** A node that is still in the tree of an account. */
export async function findAttached(db: Reader, nodeId: number): Promise<NodeRow | undefined> {
  const [row] = await attachedById(db, nodeId)
  return row
}

/** Cuts a node with everything below it off its tree. */
export async function detachSubtree(tx: Tx, treeId: number, nodeId: number): Promise<void> {
  await updateNode(tx, nodeId, { tree_id: await insertDetachedTree(tx, treeId, null), parent_id: null })
}

/** A tree whose roots nobody sees; `grownAtMs` is for a copy in the making. */
export async function insertDetachedTree(tx: Tx, fromTreeId: number, grownAtMs: number | null): Promise<number> {
  const { id } = await tx
    .insertInto('tree')
    .values({ owner_account_id: null, detached_from_id: fromTreeId, grown_at_ms: grownAtMs })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

const growthNoted = statement<{ id: number }>(
  'update tree set grown_at_ms = $1 where id = $2 and grown_at_ms is not null returning id',
)

/** False when the copy has been taken for one that nobody works at: then it goes. */
export async function noteGrowth(tx: Tx, treeId: number, nowMs: number): Promise<boolean> {
  return (await growthNoted(tx, nowMs, treeId)).length > 0
}

export async function endGrowth(tx: Tx, treeId: number): Promise<void> {
  await tx.updateTable('tree').set({ grown_at_ms: null }).where('id', '=', treeId).execute()
}

const copyEnded = statement<{ id: number }>('delete from tree where id = $1 and grown_at_ms is not null returning id')

/** Ends the tree of a copy that has left it. False when it has been taken for one that nobody works at. */
export async function deleteTreeOfCopy(tx: Tx, treeId: number): Promise<boolean> {
  return (await copyEnded(tx, treeId)).length > 0
}

const anyDetachedAbove = statement<{ id: number }>(`
  with recursive up(id, parent_id, tree_id) as (
    select id, parent_id, tree_id from node where id = $1
    union select n.id, n.parent_id, n.tree_id from node n join up on n.id = up.parent_id
  ) select up.id from up join tree t on t.id = up.tree_id where up.parent_id is null and t.detached_from_id is not null`)

/** Whether a node was deleted with a large folder, or is part of a copy that is not whole yet. */
export async function isDetached(db: Reader, nodeId: number): Promise<boolean> {
  return (await anyDetachedAbove(db, nodeId)).length > 0
}

const anyDetached = statement<{ id: number }>('select id from tree where detached_from_id = $1 limit 1')

/** Whether something that was cut off this tree has not gone yet. */
export async function hasDetached(db: Reader | Tx, treeId: number): Promise<boolean> {
  return (await anyDetached(db, treeId)).length > 0
}

/** Ids of everything that was cut off a tree, for the condition of a query. */
export const detachedFrom = (treeId: number): RawBuilder<number> => sql<number>`(
  with recursive gone(id) as (
    select n.id from tree t join node n on n.tree_id = t.id and n.parent_id is null where t.detached_from_id = ${treeId}
    union all select n.id from node n join gone on n.parent_id = gone.id
  ) select id from gone)`
