import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { DatabaseKind, Reader, Tables } from '../../db/database.ts'
import { detachedFrom } from './detached-store.ts'
import type { NodeRow } from './store.ts'

/** What can be searched for, and how it is kept. */
export type SearchField = 'name' | 'mime' | 'size' | 'mtime' | 'created' | 'uploaded' | 'id' | 'favorite' | 'owner'

/** A condition of a search. */
export type SearchFilter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly SearchFilter[] }
  | { readonly kind: 'not'; readonly filter: SearchFilter }
  | { readonly kind: 'folder' }
  | { readonly kind: 'compare'; readonly field: SearchField; readonly by: Comparison; readonly value: string | number }
  | { readonly kind: 'all' }

export type Comparison = 'eq' | 'lt' | 'lte' | 'gt' | 'gte' | 'like'

export interface SearchOrder {
  readonly field: SearchField
  readonly descending: boolean
}

export interface NodeSearch {
  readonly databaseKind: DatabaseKind
  readonly treeId: number
  readonly accountId: number
  readonly userId: string
  /** Only below this folder; undefined for the whole tree. */
  readonly folderId: number | undefined
  readonly filter: SearchFilter
  /** Whether there is something in the tree that was deleted and has not gone yet. */
  readonly hasDetached: boolean
}

export interface SearchPart {
  readonly order: readonly SearchOrder[]
  readonly limit: number
  readonly offset: number
}

type Builder = ExpressionBuilder<Tables, 'node'>

const OPERATORS = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

/** Nodes of one tree that fit; never the root. */
function fitting(db: Reader, search: NodeSearch) {
  const { treeId, folderId, filter, hasDetached } = search
  const query = db
    .selectFrom('node')
    .where('tree_id', '=', treeId)
    .where('parent_id', 'is not', null)
    .where((builder) => condition(builder, filter, search))
  if (folderId === undefined) return hasDetached ? query.where('id', 'not in', detachedFrom(treeId)) : query
  return query.where(
    'id',
    'in',
    sql<number>`(with recursive below(id) as (select id from node where parent_id = ${folderId} union all select n.id from node n join below on n.parent_id = below.id) select id from below)`,
  )
}

export async function countNodes(db: Reader, search: NodeSearch): Promise<number> {
  const row = await fitting(db, search)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function searchNodes(
  db: Reader,
  search: NodeSearch,
  { order, limit, offset }: SearchPart,
): Promise<NodeRow[]> {
  let query = fitting(db, search).selectAll()
  for (const { field, descending } of order) {
    query = query.orderBy(
      field === 'name' ? sql`name` : columnOf(field, search.databaseKind),
      descending ? 'desc' : 'asc',
    )
  }
  return query.orderBy('id').limit(limit).offset(offset).execute()
}

function columnOf(field: SearchField, kind: DatabaseKind): Expression<unknown> {
  switch (field) {
    case 'mime':
      return sql`mime`
    case 'size':
      return sql`size_bytes`
    case 'mtime':
      return sql`mtime_ms`
    case 'created':
      return sql`created_s`
    case 'uploaded':
      return sql`uploaded_at_ms`
    case 'id':
      return sql`id`
    default:
      // Names are sorted by their bytes, and in capitals or not as the database's locale knows them.
      return kind === 'postgres' ? sql`lower(name collate "default")` : sql`lower(name)`
  }
}

function condition(builder: Builder, filter: SearchFilter, search: NodeSearch): Expression<SqlBool> {
  switch (filter.kind) {
    case 'and':
      return builder.and(filter.filters.map((inner) => condition(builder, inner, search)))
    case 'or':
      return builder.or(filter.filters.map((inner) => condition(builder, inner, search)))
    case 'not':
      return builder.not(condition(builder, filter.filter, search))
    case 'folder':
      return builder('is_folder', '=', 1)
    case 'compare':
      return comparison(builder, filter, search)
    default:
      return sql<SqlBool>`1 = 1`
  }
}

function comparison(
  builder: Builder,
  { field, by, value }: SearchFilter & { kind: 'compare' },
  { accountId, userId, databaseKind }: NodeSearch,
): Expression<SqlBool> {
  if (field === 'owner') return value === userId ? sql<SqlBool>`1 = 1` : sql<SqlBool>`1 = 0`
  if (field === 'favorite') {
    const isFavorite = sql<SqlBool>`exists (select 1 from node_favorite f where f.node_id = node.id and f.account_id = ${accountId})`
    return value === 1 ? isFavorite : builder.not(isFavorite)
  }
  if (by === 'like') {
    const pattern = String(value).toLowerCase()
    return sql<SqlBool>`${columnOf(field, databaseKind)} like ${pattern} escape '!'`
  }
  const text = field === 'name' ? String(value).toLowerCase() : value
  return sql<SqlBool>`${columnOf(field, databaseKind)} ${sql.raw(OPERATORS[by])} ${text}`
}
