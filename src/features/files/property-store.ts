import { sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { NodeRow } from './store.ts'

export async function listProperties(
  db: Reader | Tx,
  nodeIds: readonly number[],
  names: readonly string[],
): Promise<{ node_id: number; name: string; value: string }[]> {
  if (nodeIds.length === 0 || names.length === 0) return []
  return db.selectFrom('node_property').selectAll().where('node_id', 'in', nodeIds).where('name', 'in', names).execute()
}

export async function saveProperty(tx: Tx, nodeId: number, name: string, value: string): Promise<void> {
  await tx
    .insertInto('node_property')
    .values({ node_id: nodeId, name, value })
    .onConflict((conflict) => conflict.columns(['node_id', 'name']).doUpdateSet({ value }))
    .execute()
}

export async function deleteProperty(tx: Tx, nodeId: number, name: string): Promise<void> {
  await tx.deleteFrom('node_property').where('node_id', '=', nodeId).where('name', '=', name).execute()
}

export async function countProperties(tx: Tx, nodeId: number): Promise<number> {
  const row = await tx
    .selectFrom('node_property')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('node_id', '=', nodeId)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** A node's properties and those of everything below it go along with a copy: pairs of old and new ids. */
export async function copyProperties(tx: Tx, fromId: number, toId: number): Promise<void> {
  await tx
    .insertInto('node_property')
    .columns(['node_id', 'name', 'value'])
    .expression((from) =>
      from
        .selectFrom('node_property')
        .select([sql<number>`${toId}`.as('node_id'), 'name', 'value'])
        .where('node_id', '=', fromId),
    )
    .execute()
}

export async function listFavorites(
  db: Reader | Tx,
  accountId: number,
  nodeIds: readonly number[],
): Promise<Set<number>> {
  if (nodeIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('node_favorite')
    .select('node_id')
    .where('account_id', '=', accountId)
    .where('node_id', 'in', nodeIds)
    .execute()
  return new Set(rows.map(({ node_id }) => node_id))
}

export async function addFavorite(tx: Tx, accountId: number, nodeId: number): Promise<void> {
  await tx
    .insertInto('node_favorite')
    .values({ account_id: accountId, node_id: nodeId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function removeFavorite(tx: Tx, accountId: number, nodeId: number): Promise<void> {
  await tx.deleteFrom('node_favorite').where('account_id', '=', accountId).where('node_id', '=', nodeId).execute()
}

export async function listFavoriteNodes(
  db: Reader,
  accountId: number,
  treeId: number,
  limit: number,
): Promise<NodeRow[]> {
  return db
    .selectFrom('node')
    .innerJoin('node_favorite', 'node_favorite.node_id', 'node.id')
    .selectAll('node')
    .where('node_favorite.account_id', '=', accountId)
    .where('node.tree_id', '=', treeId)
    .orderBy('node.id')
    .limit(limit)
    .execute()
}
