import { sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'
import { detachedFrom, hasDetached } from './detached-store.ts'
import type { NodeRow } from './store.ts'

// Most nodes have no properties at all: one look at each node finds that out. With the plain name SQLite would look for
// every name of every node.
const propertiesOfNodes = statement<{ node_id: number; name: string; value: string }>(
  "select node_id, name, value from node_property where node_id in $1::bigint[] and name || '' in $2::text[]",
)

const anyProperty = statement<{ node_id: number }>('select node_id from node_property where node_id = $1 limit 1')

export async function listProperties(
  db: Reader | Tx,
  nodeIds: readonly number[],
  names: readonly string[],
): Promise<{ node_id: number; name: string; value: string }[]> {
  const [first] = nodeIds
  if (first === undefined || names.length === 0) return []
  // Polls ask for one node again and again, and lists are slow for one.
  if (nodeIds.length === 1 && (await anyProperty(db, first)).length === 0) return []
  return propertiesOfNodes(db, nodeIds, names)
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

const favoritesAmong = statement<{ node_id: number }>(
  'select node_id from node_favorite where account_id = $1 and node_id in $2::bigint[]',
)

export async function listFavorites(
  db: Reader | Tx,
  accountId: number,
  nodeIds: readonly number[],
): Promise<Set<number>> {
  if (nodeIds.length === 0) return new Set()
  return new Set((await favoritesAmong(db, accountId, nodeIds)).map(({ node_id }) => node_id))
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
    .$if(await hasDetached(db, treeId), (query) => query.where('node.id', 'not in', detachedFrom(treeId)))
    .orderBy('node.id')
    .limit(limit)
    .execute()
}
