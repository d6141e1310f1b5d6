import { sql } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { type Statement, statement } from '../../db/statement.ts'

/*
 * What `files:check` asks. Each question is one statement, so that what a server writes meanwhile is seen wholly or not
 * at all, and about a page, so that neither memory nor the time of a statement grows with the number of files. Trees
 * without an owner, and what was cut off others, are left to the sweeper.
 */

/** A node beside what it refers to. */
export interface CheckedNode {
  readonly id: number
  readonly tree_id: number
  readonly parent_id: number | null
  readonly name: string
  readonly is_folder: number
  readonly size_bytes: number
  readonly blob_id: number | null
  readonly found_parent_id: number | null
  readonly parent_is_folder: number | null
  readonly parent_tree_id: number | null
  readonly found_blob_id: number | null
  readonly blob_bytes: number | null
}

const pageOfNodes = statement<CheckedNode>(`
  select n.id, n.tree_id, n.parent_id, n.name, n.is_folder, n.size_bytes, n.blob_id, p.id as found_parent_id,
    p.is_folder as parent_is_folder, p.tree_id as parent_tree_id, b.id as found_blob_id, b.size_bytes as blob_bytes
  from node n left join node p on p.id = n.parent_id left join blob b on b.id = n.blob_id
  where n.id > $1 and not exists (
    select 1 from tree t where t.id in (n.tree_id, p.tree_id) and t.owner_account_id is null)
  order by n.id limit $2`)

export async function listNodes(db: Reader, afterId: number, limit: number): Promise<CheckedNode[]> {
  return pageOfNodes(db, afterId, limit)
}

const pageOfIds = statement<{ id: number }>('select id from node where id > $1 order by id limit $2')

export async function listNodeIds(db: Reader, afterId: number, limit: number): Promise<{ readonly id: number }[]> {
  return pageOfIds(db, afterId, limit)
}

const nodeCount = statement<{ count: number }>('select count(*) as count from node')

export async function countNodes(db: Reader): Promise<number> {
  const [row] = await nodeCount(db)
  return Number(row?.count ?? 0)
}

export interface Link {
  readonly id: number
  readonly parent_id: number | null
  readonly tree_id: number
  readonly name: string
}

/** Some nodes and everything above them; each once, also where they go round in a circle. */
export async function listChains(db: Reader, nodeIds: readonly number[]): Promise<Link[]> {
  const { rows } = await sql<Link>`
    with recursive up(id, parent_id, tree_id, name) as (
      select id, parent_id, tree_id, name from node where id in (${sql.join(nodeIds)})
      union select n.id, n.parent_id, n.tree_id, n.name from node n join up on n.id = up.parent_id
    ) select id, parent_id, tree_id, name from up`.execute(db)
  return rows
}

export interface WrongSize {
  readonly id: number
  readonly tree_id: number
  readonly recorded: number
  readonly actual: number
}

const FOLDER_SIZES = `
  select f.id, f.tree_id, f.size_bytes as recorded, cast(coalesce(sum(n.size_bytes), 0) as bigint) as actual
  from node f left join node n on n.parent_id = f.id
  where f.is_folder = 1 and f.id > $1 and f.id <= $2
    and not exists (select 1 from tree t where t.id = f.tree_id and t.owner_account_id is null)
  group by f.id, f.tree_id, f.size_bytes having f.size_bytes <> coalesce(sum(n.size_bytes), 0)`
const folderSizes = statement<WrongSize>(FOLDER_SIZES)

/** Folders with ids in a range whose size is not the sum of what is in them. */
export async function listWrongFolders(db: Reader | Tx, afterId: number, lastId: number): Promise<WrongSize[]> {
  return folderSizes(db, afterId, lastId)
}

const pageOfRoots = statement<{ id: number; tree_id: number }>(
  'select id, tree_id from node where parent_id is null and id > $1 order by id limit $2',
)

export async function listRoots(
  db: Reader,
  afterId: number,
  limit: number,
): Promise<{ readonly id: number; readonly tree_id: number }[]> {
  return pageOfRoots(db, afterId, limit)
}

const rootsOfTree = statement<{ id: number }>(
  'select id from node where parent_id is null and tree_id = $1 order by id',
)

export async function listRootsOf(db: Reader | Tx, treeId: number): Promise<number[]> {
  return (await rootsOfTree(db, treeId)).map(({ id }) => id)
}

const pageOfTrees = statement<{ id: number }>(
  'select id from tree where owner_account_id is not null and id > $1 order by id limit $2',
)

export async function listOwnedTrees(db: Reader, afterId: number, limit: number): Promise<number[]> {
  return (await pageOfTrees(db, afterId, limit)).map(({ id }) => id)
}

export interface CheckedBlob {
  readonly id: number
  readonly key: string | null
  readonly size_bytes: number
  readonly crc32: number | null
  /** Bytes in the row itself; null when they are elsewhere. */
  readonly inline_bytes: number | null
  /** In all parts together. */
  readonly part_bytes: number
  readonly is_used: number
}

const pageOfBlobs = statement<CheckedBlob>(`
  select b.id, b.key, b.size_bytes, b.crc32, length(b.content) as inline_bytes,
    cast(coalesce((select sum(p.size_bytes) from blob_part p where p.blob_id = b.id), 0) as bigint) as part_bytes,
    case when exists (select 1 from node n where n.blob_id = b.id) then 1 else 0 end as is_used
  from blob b where b.id > $1 order by b.id limit $2`)

export async function listBlobs(db: Reader, afterId: number, limit: number): Promise<CheckedBlob[]> {
  return pageOfBlobs(db, afterId, limit)
}

const blobCount = statement<{ count: number }>('select count(*) as count from blob')

export async function countBlobs(db: Reader): Promise<number> {
  const [row] = await blobCount(db)
  return Number(row?.count ?? 0)
}

/** A piece of content as its row describes it. */
export interface Piece {
  readonly blob_id: number
  readonly key: string
  readonly size_bytes: number
  readonly crc32: number | null
}

const wholeByKey = statement<Piece>(
  'select id as blob_id, key, size_bytes, crc32 from blob where key >= $1 and key < $2',
)
const partsByKey = statement<Piece>(
  'select blob_id, key, size_bytes, crc32 from blob_part where key >= $1 and key < $2',
)

/** Pieces with keys in a range; its end does not belong to it. */
export async function listPieces(db: Reader, from: string, to: string): Promise<Piece[]> {
  return [...(await wholeByKey(db, from, to)), ...(await partsByKey(db, from, to))]
}

const wholeWithKey = statement<Piece>('select id as blob_id, key, size_bytes, crc32 from blob where key = $1')
const partWithKey = statement<Piece>('select blob_id, key, size_bytes, crc32 from blob_part where key = $1')

export async function findPiece(db: Reader, key: string): Promise<Piece | undefined> {
  const [row] = [...(await wholeWithKey(db, key)), ...(await partWithKey(db, key))]
  return row
}

const nodesOfBlob = statement<{ id: number; checksums: string }>(
  'select id, checksums from node where blob_id = $1 order by id limit $2',
)

/** Files with this content. */
export async function listNodesOf(
  db: Reader,
  blobId: number,
  limit: number,
): Promise<{ readonly id: number; readonly checksums: string }[]> {
  return nodesOfBlob(db, blobId, limit)
}

const usedGarbage: Statement<{ key: string }> = statement(`
  select g.key from blob_garbage g where exists (select 1 from blob b where b.key = g.key)
  or exists (select 1 from blob_part p where p.key = g.key)`)

/** Keys that would be removed although content has them. */
export async function listUsedGarbage(db: Reader): Promise<string[]> {
  return (await usedGarbage(db)).map(({ key }) => key)
}

const pageOfGarbage = statement<{ key: string }>('select key from blob_garbage where key > $1 order by key limit $2')

export async function listGarbageKeys(db: Reader, after: string, limit: number): Promise<string[]> {
  return (await pageOfGarbage(db, after, limit)).map(({ key }) => key)
}

const strayLocks = statement<{ token: string; node_id: number }>(
  'select l.token, l.node_id from file_lock l join node n on n.id = l.node_id where n.tree_id <> l.tree_id',
)

/** Locks that nobody can find, since they are kept with another tree than that of their node. */
export async function listStrayLocks(db: Reader): Promise<{ readonly token: string; readonly node_id: number }[]> {
  return strayLocks(db)
}

/** What SQLite says of its own file; nothing when it is sound. */
export async function damageOfSqlite(db: Reader): Promise<string[]> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(20)`.execute(db)
  return rows.map((row) => row.quick_check).filter((text) => text !== 'ok')
}
