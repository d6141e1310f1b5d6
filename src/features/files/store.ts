import { type Selectable, sql } from 'kysely'
import type { DatabaseKind, Reader, Tx } from '../../db/database.ts'
import { type Statement, statement } from '../../db/statement.ts'
import type { NodeTable } from './schema.ts'

export type NodeRow = Selectable<NodeTable>
export type NewNode = Omit<NodeRow, 'id'>

export const COLUMNS =
  'id, tree_id, parent_id, name, is_folder, size_bytes, mtime_ms, etag, mime, blob_id, checksums, created_s, uploaded_at_ms'

const treeOfAccount = statement<{ tree_id: number; root_id: number }>(
  'select tree.id as tree_id, node.id as root_id from tree join node on node.tree_id = tree.id and node.parent_id is null where tree.owner_account_id = $1',
)

export async function findRoot(
  db: Reader | Tx,
  accountId: number,
): Promise<{ readonly treeId: number; readonly rootId: number } | undefined> {
  const [row] = await treeOfAccount(db, accountId)
  return row === undefined ? undefined : { treeId: row.tree_id, rootId: row.root_id }
}

export async function insertTree(tx: Tx, accountId: number): Promise<number> {
  const made = await tx
    .insertInto('tree')
    .values({ owner_account_id: accountId })
    .returning('id')
    .executeTakeFirstOrThrow()
  return made.id
}

const OWNED_TREE = 'select id from tree where id = $1 and owner_account_id = $2'
const ownedTree = statement(OWNED_TREE)
const lockedTree = statement(`${OWNED_TREE} for update`)

/**
 * Waits for other writers of the same tree, in every process; SQLite has one writer at a time anyway. False when the tree
 * has lost its owner: the account was deleted.
 */
export async function lockTree(tx: Tx, kind: DatabaseKind, treeId: number, accountId: number): Promise<boolean> {
  const rows = await (kind === 'postgres' ? lockedTree : ownedTree)(tx, treeId, accountId)
  return rows.length > 0
}

const byId = statement<NodeRow>(`select ${COLUMNS} from node where id = $1`)
const byName = statement<NodeRow>(`select ${COLUMNS} from node where parent_id = $1 and name = $2`)
const byDepth: Statement<NodeRow>[] = [byId]

/** The node at a path below a root, in one statement however deep it is. */
export async function findByPath(
  db: Reader | Tx,
  rootId: number,
  path: readonly string[],
): Promise<NodeRow | undefined> {
  const depth = path.length
  let find = byDepth[depth]
  if (find === undefined) {
    find = statement<NodeRow>(`select ${COLUMNS} from node where ${placeOf(depth)}`)
    byDepth[depth] = find
  }
  const [row] = await find(db, rootId, ...path)
  return row
}

function placeOf(depth: number): string {
  const parent = depth === 1 ? '$1' : `(select id from node where ${placeOf(depth - 1)})`
  return `parent_id = ${parent} and name = $${depth + 1}`
}

const sizesByDepth: Statement<{ used: number; own: number }>[] = []

/** What a whole tree holds, and the file or folder at a path in it, at the same moment. */
export async function findSizes(
  db: Reader | Tx,
  rootId: number,
  path: readonly string[],
): Promise<{ readonly usedBytes: number; readonly ownBytes: number }> {
  const depth = path.length
  let find = sizesByDepth[depth]
  if (find === undefined) {
    const own = depth === 0 ? 'size_bytes' : `(select size_bytes from node where ${placeOf(depth)})`
    find = statement(`select size_bytes as used, coalesce(${own}, 0) as own from node where id = $1`)
    sizesByDepth[depth] = find
  }
  const [row] = await find(db, rootId, ...path)
  return { usedBytes: row?.used ?? 0, ownBytes: row?.own ?? 0 }
}

export async function findById(db: Reader | Tx, nodeId: number): Promise<NodeRow | undefined> {
  const [row] = await byId(db, nodeId)
  return row
}

/** In a transaction in which it must be there. */
export async function getById(tx: Tx, nodeId: number): Promise<NodeRow> {
  const row = await findById(tx, nodeId)
  if (row === undefined) throw new Error(`Node ${nodeId} is gone`)
  return row
}

export async function findChild(db: Reader | Tx, parentId: number, name: string): Promise<NodeRow | undefined> {
  const [row] = await byName(db, parentId, name)
  return row
}

const pageOfChildren = statement<NodeRow>(
  `select ${COLUMNS} from node where parent_id = $1 and name > $2 order by name limit $3`,
)

export async function listChildren(
  db: Reader | Tx,
  parentId: number,
  afterName: string,
  limit: number,
): Promise<NodeRow[]> {
  return pageOfChildren(db, parentId, afterName, limit)
}

const partOfChildren = statement<NodeRow>(
  `select ${COLUMNS} from node where parent_id = $1 order by name limit $2 offset $3`,
)

/** The same from a place in the order on. What is passed over costs a step in the index each. */
export async function listChildrenAt(db: Reader, parentId: number, offset: number, limit: number): Promise<NodeRow[]> {
  return partOfChildren(db, parentId, limit, offset)
}

const childrenCount = statement<{ count: number }>('select count(*) as count from node where parent_id = $1')

export async function countChildren(db: Reader, parentId: number): Promise<number> {
  const [row] = await childrenCount(db, parentId)
  return Number(row?.count ?? 0)
}

/** Nodes that one statement is asked about. */
const ID_BATCH = 500
/** Deeper than anything; a damaged tree that goes round in a circle must not keep the server busy for ever. */
const MAX_HEIGHT = 100_000

const BELOW =
  'with recursive below(id) as (select id from node where id = $1 union all select n.id from node n join below on n.parent_id = below.id)'

const countBelowUpTo = statement<{ count: number }>(
  `${BELOW} select count(*) as count from (select 1 from below limit $2) as counted`,
)

/** How many nodes there are at and below a node, counted no further than `limit`. */
export async function countBelow(db: Reader, nodeId: number, limit: number): Promise<number> {
  const [row] = await countBelowUpTo(db, nodeId, limit)
  return Number(row?.count ?? 0)
}

const insertNodeStatement = statement<{ id: number }>(
  'insert into node (tree_id, parent_id, name, is_folder, size_bytes, mtime_ms, etag, mime, blob_id, checksums, created_s, uploaded_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id',
)

export async function insertNode(tx: Tx, n: NewNode): Promise<NodeRow> {
  const [made] = await insertNodeStatement(
    tx,
    n.tree_id,
    n.parent_id,
    n.name,
    n.is_folder,
    n.size_bytes,
    n.mtime_ms,
    n.etag,
    n.mime,
    n.blob_id,
    n.checksums,
    n.created_s,
    n.uploaded_at_ms,
  )
  return { ...n, id: made?.id ?? 0 }
}

const updateContentStatement = statement(
  'update node set size_bytes = $1, mtime_ms = $2, etag = $3, mime = $4, blob_id = $5, checksums = $6, created_s = $7, uploaded_at_ms = $8 where id = $9',
)

export async function updateContent(tx: Tx, n: NodeRow): Promise<void> {
  await updateContentStatement(
    tx,
    n.size_bytes,
    n.mtime_ms,
    n.etag,
    n.mime,
    n.blob_id,
    n.checksums,
    n.created_s,
    n.uploaded_at_ms,
    n.id,
  )
}

export async function updateNode(tx: Tx, nodeId: number, change: Partial<NewNode>): Promise<void> {
  await tx.updateTable('node').set(change).where('id', '=', nodeId).execute()
}

const touchStatement = statement(
  'with recursive up(id, parent_id) as (select id, parent_id from node where id = $1 union all select n.id, n.parent_id from node n join up on n.id = up.parent_id) update node set size_bytes = size_bytes + $2, etag = $3, mtime_ms = $4 where id in (select id from up)',
)

/** Something below a folder has changed: the folder and all above it get a new etag and mtime, and their sizes grow. */
export async function touchFolders(
  tx: Tx,
  folderId: number,
  change: { readonly addedBytes: number; readonly etag: string; readonly mtimeMs: number },
): Promise<void> {
  await touchStatement(tx, folderId, change.addedBytes, change.etag, change.mtimeMs)
}

/** For each of some nodes: itself and all above it, from below to the root. */
export async function listAncestors(
  db: Reader | Tx,
  nodeIds: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const lines = new Map<number, number[]>(nodeIds.map((id) => [id, []]))
  for (let start = 0; start < nodeIds.length; start += ID_BATCH) {
    const ids = nodeIds.slice(start, start + ID_BATCH)
    const { rows } = await sql<{ origin: number; id: number }>`
      with recursive up(origin, id, parent_id, height) as (
        select id, id, parent_id, 0 from node where id in (${sql.join(ids)})
        union all
        select up.origin, n.id, n.parent_id, up.height + 1 from node n join up on n.id = up.parent_id
        where up.height < ${MAX_HEIGHT}
      ) select origin, id from up order by origin, height`.execute(db)
    for (const { origin, id } of rows) lines.get(origin)?.push(id)
  }
  return lines
}

/** These nodes and all above them, each once. */
export async function withAncestors(db: Reader, nodeIds: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive up(id, parent_id) as (
      select id, parent_id from node where id in (${sql.join(nodeIds)})
      union
      select n.id, n.parent_id from node n join up on n.id = up.parent_id
    ) select id from up`.execute(db)
  return rows.map(({ id }) => id)
}

const deleteBelowStatement = statement<{ blob_id: number | null }>(
  `${BELOW} delete from node where id in (select id from below) returning blob_id`,
)

/** Deletes a node with everything below it. Resolves to the content that may belong to nobody now. */
export async function deleteSubtree(tx: Tx, nodeId: number): Promise<number[]> {
  const rows = await deleteBelowStatement(tx, nodeId)
  return [...new Set(rows.flatMap(({ blob_id }) => blob_id ?? []))]
}

interface MemberCount {
  readonly parent_id: number
  readonly is_folder: number
  readonly count: number
}

const countMembersStatement = statement<MemberCount>(
  'select parent_id, is_folder, count(*) as count from node where parent_id in $1::bigint[] group by parent_id, is_folder',
)

/** Folders and files directly inside some folders. */
export async function countMembers(db: Reader, folderIds: readonly number[]): Promise<MemberCount[]> {
  return folderIds.length === 0 ? [] : countMembersStatement(db, folderIds)
}

const FILES_BETWEEN =
  'old.parent_id = $3 and old.is_folder = 0 and old.name > $4 and (cast($5 as text) is null or old.name <= $5)'
const copyFilesStatement = statement<{ id: number }>(
  `insert into node (tree_id, parent_id, name, is_folder, size_bytes, mtime_ms, etag, mime, blob_id, checksums, created_s, uploaded_at_ms) select tree_id, cast($1 as bigint), name, 0, size_bytes, mtime_ms, etag, mime, blob_id, checksums, created_s, cast($2 as bigint) from node old where ${FILES_BETWEEN} returning id`,
)
const copyFilePropertiesStatement = statement(
  `insert into node_property (node_id, name, value) select made.id, p.name, p.value from node_property p join node old on old.id = p.node_id join node made on made.parent_id = $1 and made.name = old.name where cast($2 as bigint) > 0 and ${FILES_BETWEEN}`,
)
const lastFile = statement<{ name: string }>(
  'select name from node where parent_id = $1 and is_folder = 0 and name > $2 order by name limit 1 offset $3',
)

/** The last of so many files of a folder, by name behind another one; undefined when there are no more than these. */
export async function findLastOf(tx: Tx, folderId: number, after: string, count: number): Promise<string | undefined> {
  const [row] = await lastFile(tx, folderId, after, count - 1)
  return row?.name
}

export interface FileCopy {
  readonly fromId: number
  readonly toId: number
  readonly nowMs: number
  /** Names between these; the first does not belong to them, the last does. undefined: all behind. */
  readonly after: string
  readonly last: string | undefined
}

/** Copies files of one folder into another with their properties. Resolves to their number. */
export async function copyFiles(tx: Tx, { fromId, toId, nowMs, after, last }: FileCopy): Promise<number> {
  const made = await copyFilesStatement(tx, toId, nowMs, fromId, after, last ?? null)
  if (made.length > 0) await copyFilePropertiesStatement(tx, toId, nowMs, fromId, after, last ?? null)
  return made.length
}

const pageOfFolders = statement<NodeRow>(
  `select ${COLUMNS} from node where parent_id = $1 and is_folder = 1 and name > $2 order by name limit $3`,
)

export async function listFolders(tx: Tx, parentId: number, afterName: string, limit: number): Promise<NodeRow[]> {
  return pageOfFolders(tx, parentId, afterName, limit)
}

/** Paths below the root of an account, for any nodes; those that have none are left out. */
export async function pathsOf(db: Reader | Tx, nodeIds: readonly number[]): Promise<Map<number, string[]>> {
  const paths = new Map<number, string[]>()
  for (let start = 0; start < nodeIds.length; start += ID_BATCH) {
    const ids = nodeIds.slice(start, start + ID_BATCH)
    const { rows } = await sql<{ origin: number; parent_id: number | null; name: string }>`
      with recursive up(origin, id, parent_id, name, height) as (
        select id, id, parent_id, name, 0 from node where id in (${sql.join(ids)})
        union all
        select up.origin, n.id, n.parent_id, n.name, up.height + 1 from node n join up on n.id = up.parent_id
        where up.height < ${MAX_HEIGHT}
      ) select origin, parent_id, name from up order by origin, height desc`.execute(db)
    for (const { origin, parent_id, name } of rows) {
      if (parent_id !== null) paths.get(origin)?.push(name)
      // The top of something that was cut off has a name: what is below has no path any more.
      else if (name === '') paths.set(origin, [])
    }
  }
  return paths
}

export async function findOwner(db: Reader, treeId: number): Promise<number | undefined> {
  const row = await db.selectFrom('tree').select('owner_account_id').where('id', '=', treeId).executeTakeFirst()
  return row?.owner_account_id ?? undefined
}

/** Bytes below the roots of some accounts. */
export async function sizesOfTrees(db: Reader, accountIds: readonly number[]): Promise<Map<number, number>> {
  if (accountIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('tree')
    .innerJoin('node', 'node.tree_id', 'tree.id')
    .select(['tree.owner_account_id as accountId', 'node.size_bytes as sizeBytes'])
    .where('tree.owner_account_id', 'in', accountIds)
    .where('node.parent_id', 'is', null)
    .execute()
  return new Map(rows.map(({ accountId, sizeBytes }) => [accountId ?? 0, sizeBytes]))
}
