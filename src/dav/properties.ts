import type { DavCall, DavResource } from './tree.ts'

/** Reads a value that takes a look-up of its own, for a whole page at once: one statement, never one per resource. */
export type BatchLoader<R> = (call: DavCall, resources: readonly R[]) => Promise<ReadonlyMap<R, string>>

export interface Property<R> {
  /** Inner XML; undefined when this resource has no such property. */
  readonly value?: (resource: R, call: DavCall) => string | undefined
  readonly load?: BatchLoader<R>
}

/** Properties of a tree by their Clark names. */
export interface PropertyTable<R extends DavResource = DavResource> {
  readonly known: ReadonlyMap<string, Property<R>>
  /** Properties that clients have set themselves, by resource and name, for the names asked for. */
  loadOthers?(
    call: DavCall,
    resources: readonly R[],
    names: readonly string[],
  ): Promise<ReadonlyMap<R, ReadonlyMap<string, string>>>
}

const DAV = '{DAV:}'

/** What PROPFIND without names, and `allprop`, show where a tree has it, in this order (recording webdav-files). */
export const COMMON_PROPERTIES: readonly string[] = [
  'getlastmodified',
  'getcontentlength',
  'resourcetype',
  'quota-used-bytes',
  'quota-available-bytes',
  'getetag',
  'getcontenttype',
].map((name) => `${DAV}${name}`)

/** The properties of RFC 4918 that every resource has. */
export function commonProperties<R extends DavResource>(): Map<string, Property<R>> {
  return new Map<string, Property<R>>([
    [`${DAV}getlastmodified`, { value: ({ mtimeMs }) => (mtimeMs === 0 ? undefined : httpDate(mtimeMs)) }],
    [`${DAV}resourcetype`, { value: ({ isCollection }) => (isCollection ? '<d:collection/>' : '') }],
    [`${DAV}getetag`, { value: ({ etag }) => (etag === undefined ? undefined : `&quot;${etag}&quot;`) }],
  ])
}

let lastSecond = -1
let lastDate = ''

/** RFC 9110 section 5.6.7. Listings are full of the same second. */
export function httpDate(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1_000)
  if (second !== lastSecond) {
    lastSecond = second
    lastDate = new Date(second * 1_000).toUTCString()
  }
  return lastDate
}
