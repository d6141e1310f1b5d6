import { pathOfAddress } from '../../dav/conditions.ts'
import { namesOf } from '../../dav/methods/propfind.ts'
import type { PageRequest } from '../../dav/paging.ts'
import type { DavSearch, DavTree } from '../../dav/tree.ts'
import { child, type XmlElement } from '../../dav/xml/read.ts'
import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import { boundsFor } from './bounds.ts'
import * as detached from './detached-store.ts'
import { acceptPath, missing } from './names.ts'
import { type FileResource, type Relation, resourceOf } from './resource.ts'
import type { Roots } from './roots.ts'
import {
  type Comparison,
  countNodes,
  type NodeSearch,
  type SearchField,
  type SearchFilter,
  type SearchOrder,
  searchNodes,
} from './search-store.ts'
import * as store from './store.ts'

const DAV = '{DAV:}'
const OC = '{http://owncloud.org/ns}'
const NC = '{http://nextcloud.org/ns}'
const SEARCH_NS = '{https://github.com/icewind1991/SearchDAV/ns}'

interface Searchable {
  readonly field: SearchField
  readonly read: (literal: string) => string | number
}

const text = (literal: string): string => literal
const whole = (literal: string): number => numberOf(literal)
const milliseconds = (literal: string): number => timeOf(literal)
const seconds = (literal: string): number => Math.floor(timeOf(literal) / 1_000)

const SEARCHABLE: ReadonlyMap<string, Searchable> = new Map<string, Searchable>([
  [`${DAV}displayname`, { field: 'name', read: text }],
  [`${DAV}getcontenttype`, { field: 'mime', read: text }],
  [`${DAV}getlastmodified`, { field: 'mtime', read: milliseconds }],
  [`${DAV}creationdate`, { field: 'created', read: seconds }],
  [`${NC}creation_time`, { field: 'created', read: seconds }],
  [`${NC}upload_time`, { field: 'uploaded', read: milliseconds }],
  [`${OC}size`, { field: 'size', read: whole }],
  [`${OC}fileid`, { field: 'id', read: whole }],
  [`${OC}id`, { field: 'id', read: (literal) => whole(/^\d+/.exec(literal)?.[0] ?? literal) }],
  // As words too: the Android client looks for `yes`.
  [`${OC}favorite`, { field: 'favorite', read: (literal) => (/^(?:1|yes|true)$/i.test(literal) ? 1 : 0) }],
  [`${OC}owner-id`, { field: 'owner', read: text }],
])

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>(
  (['eq', 'lt', 'lte', 'gt', 'gte', 'like'] as const).map((name) => [`${DAV}${name}`, name]),
)

/** No node has this id. */
const NO_FOLDER = 0

const MAX_RESULTS = 10_000
const MAX_OFFSET = 1_000_000
const MAX_CONDITIONS = 100

export interface FilesSearchDeps {
  readonly db: Database
  readonly roots: Roots
  readonly tree: DavTree<FileResource>
}

/** DASL basicsearch (RFC 5323) over one account's tree, as the mobile clients use it (recording webdav-search). */
export function createFilesSearch({ db, roots, tree }: FilesSearchDeps): DavSearch {
  return {
    async search(call, body, part) {
      const { viewer } = call
      const basic = child(body, `${DAV}basicsearch`)
      if (body.name !== `${DAV}searchrequest` || basic === undefined) {
        throw new Fault('bad-request', 'Expected {DAV:}searchrequest with a basicsearch')
      }
      const base = ['remote.php', 'dav', 'files', viewer.userId]
      const scope = acceptPath(scopeOf(basic, viewer.userId))
      const root = await roots.of(viewer.accountId)
      const folder = await store.findByPath(db.read, root.rootId, scope)
      const bounds = await boundsFor({ db }, call)
      const place = bounds.relation(scope)
      if (folder === undefined || place === 'outside') throw missing(scope)
      const select = child(child(basic, `${DAV}select`), `${DAV}prop`)
      const where = child(basic, `${DAV}where`)?.children[0]
      const search: NodeSearch = {
        databaseKind: db.kind,
        treeId: root.treeId,
        accountId: viewer.accountId,
        userId: viewer.userId,
        folderId: folderOf(scope, place === 'above' ? (bounds.folder?.node.id ?? NO_FOLDER) : folder.id, place),
        hasDetached: await detached.hasDetached(db.read, root.treeId),
        filter: where === undefined ? { kind: 'all' } : filterOf(where, { left: MAX_CONDITIONS }),
      }
      const limits = limitsOf(child(basic, `${DAV}limit`))
      const order = ordersOf(child(basic, `${DAV}orderby`))
      const nodes = await searchNodes(db.read, search, { order, ...partOf(limits, part) })
      const total = part === undefined ? undefined : totalOf(await countNodes(db.read, search), limits)
      const paths = await store.pathsOf(
        db.read,
        nodes.map(({ id }) => id),
      )
      const resources = nodes.flatMap((node) => {
        const path = paths.get(node.id)
        return path === undefined ? [] : [resourceOf(node, path)]
      })
      return { base, tree, resources, properties: select === undefined ? [] : namesOf(select), total }
    },
  }
}

/** The folder to look below; undefined for the whole tree, which is quicker. */
function folderOf(scope: readonly string[], folderId: number, place: Relation): number | undefined {
  return scope.length === 0 && place === 'below' ? undefined : folderId
}

/** Below `/files/USER`; somebody else's scope is nobody's. */
function scopeOf(basic: XmlElement, userId: string): string[] {
  const scope = child(child(basic, `${DAV}from`), `${DAV}scope`)
  const href = child(scope, `${DAV}href`)?.text.trim() ?? ''
  const path = pathOfAddress(href)
  if (path[0] !== 'files' || path[1]?.toLowerCase() !== userId.toLowerCase()) {
    throw new Fault('not-found', 'The scope of the search must be /files/ and the own user id')
  }
  return path.slice(2)
}

function filterOf(element: XmlElement, budget: { left: number }): SearchFilter {
  budget.left -= 1
  if (budget.left < 0) throw new Fault('bad-request', 'The search has too many conditions')
  const { name, children } = element
  if (name === `${DAV}and` || name === `${DAV}or`) {
    const kind = name === `${DAV}and` ? 'and' : 'or'
    if (children.length === 0) throw new Fault('bad-request', 'A condition of the search is empty')
    return { kind, filters: children.map((inner) => filterOf(inner, budget)) }
  }
  if (name === `${DAV}not` && children[0] !== undefined) return { kind: 'not', filter: filterOf(children[0], budget) }
  if (name === `${DAV}is-collection`) return { kind: 'folder' }
  const by = COMPARISONS.get(name)
  if (by === undefined) throw new Fault('bad-request', `The search condition ${name.slice(0, 80)} is not known`)
  const property = child(element, `${DAV}prop`)?.children[0]
  const literal = child(element, `${DAV}literal`)?.text
  const searchable = SEARCHABLE.get(property?.name ?? '')
  if (searchable === undefined || literal === undefined) {
    throw new Fault('bad-request', 'requested search property is not searchable')
  }
  const isText = searchable.field === 'name' || searchable.field === 'mime'
  if (by === 'like' && !isText) throw new Fault('bad-request', 'Only names and media types can be searched with like')
  if (by === 'like') return { kind: 'compare', field: searchable.field, by, value: likePattern(literal) }
  return { kind: 'compare', field: searchable.field, by, value: searchable.read(literal.trim()) }
}

/** `%` and `_` are wildcards on the wire (RFC 5323 section 5.15.1); a backslash before one takes that away. */
function likePattern(literal: string): string {
  return literal
    .slice(0, 500)
    .replace(/!/g, '!!')
    .replace(/\\([%_])/g, '!$1')
}

function ordersOf(orderBy: XmlElement | undefined): SearchOrder[] {
  return (orderBy?.children ?? []).slice(0, 5).flatMap((order) => {
    const searchable = SEARCHABLE.get(child(order, `${DAV}prop`)?.children[0]?.name ?? '')
    if (searchable === undefined) throw new Fault('bad-request', 'requested order by property is not sortable')
    return [{ field: searchable.field, descending: child(order, `${DAV}descending`) !== undefined }]
  })
}

interface Limits {
  /** Most results in all, as the client wants it. */
  readonly results: number
  readonly offset: number
}

function limitsOf(limit: XmlElement | undefined): Limits {
  const results = child(limit, `${DAV}nresults`)?.text.trim()
  const first = child(limit, `${SEARCH_NS}firstresult`)?.text.trim()
  return {
    results: results === undefined ? Number.MAX_SAFE_INTEGER : numberOf(results),
    offset: first === undefined ? 0 : Math.min(numberOf(first), MAX_OFFSET),
  }
}

/** At once there are at most `MAX_RESULTS`; in parts a client gets them all. */
function partOf({ results, offset }: Limits, part: PageRequest | undefined): { limit: number; offset: number } {
  if (part === undefined) return { limit: Math.min(results, MAX_RESULTS), offset }
  const limit = Math.min(part.count, Math.max(0, results - part.offset))
  return { limit, offset: offset + part.offset }
}

function totalOf(fitting: number, { results, offset }: Limits): number {
  return Math.min(results, Math.max(0, fitting - offset))
}

function numberOf(literal: string): number {
  const number = Number(literal)
  if (literal === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new Fault('bad-request', 'A number of the search cannot be read')
  }
  return number
}

/** A date in any form that ECMAScript reads, or seconds since 1970. */
function timeOf(literal: string): number {
  const time = /^\d{1,12}$/.test(literal) ? Number(literal) * 1_000 : Date.parse(literal)
  if (Number.isNaN(time)) throw new Fault('bad-request', 'A time of the search cannot be read')
  return time
}
