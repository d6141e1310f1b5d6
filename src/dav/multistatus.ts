import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { encodePath, encodeSegment } from './path.ts'
import type { Property } from './properties.ts'
import type { DavCall, DavResource, DavTree } from './tree.ts'
import { MULTISTATUS_START, Tags } from './xml/write.ts'

/** Which properties an answer shows. */
export type Wanted =
  | { readonly kind: 'named'; readonly names: readonly string[] }
  | { readonly kind: 'common' }
  | { readonly kind: 'names' }

// biome-ignore lint/suspicious/noExplicitAny: the writer hands resources back to the tree that made them
type AnyTree = DavTree<any>

/** Whether the client leaves out what is missing (recording webdav-files: Prefer, Brief). */
export function isMinimal({ headers }: FastifyRequest): boolean {
  return headers['brief'] === 't' || /\breturn\s*=\s*minimal\b/.test(String(headers['prefer'] ?? ''))
}

/**
 * Sends resources as a multistatus, page by page as they are read: the first byte goes out before the last row is
 * read, and memory holds a page. A single page is sent whole, with its length.
 */
export async function sendMultistatus(
  reply: FastifyReply,
  tree: AnyTree,
  call: DavCall,
  wanted: Wanted,
  pages: AsyncIterable<readonly DavResource[]>,
): Promise<FastifyReply> {
  const writer = createResponseWriter(tree, call, wanted)
  const iterator = pages[Symbol.asyncIterator]()
  const first = await iterator.next()
  reply.code(207).header('content-type', 'application/xml; charset=utf-8').header('vary', 'Brief,Prefer')
  if (first.done === true) return reply.send(Buffer.from(`${MULTISTATUS_START}/>\n`))
  const begun = `${MULTISTATUS_START}>${await writer(first.value)}`
  const second = await iterator.next()
  if (second.done === true) return reply.send(Buffer.from(`${begun}</d:multistatus>\n`))
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(begun)
    let page: IteratorResult<readonly DavResource[]> = second
    while (page.done !== true) {
      yield Buffer.from(await writer(page.value))
      page = await iterator.next()
    }
    yield Buffer.from('</d:multistatus>\n')
  }
  return reply.send(Readable.from(rest()))
}

type WritePage = (resources: readonly DavResource[]) => Promise<string>

function createResponseWriter(tree: AnyTree, call: DavCall, wanted: Wanted): WritePage {
  const tags = new Tags()
  const { known } = tree.properties
  const names =
    wanted.kind === 'named' ? wanted.names : [...known].filter(([, { isCommon }]) => isCommon).map(([name]) => name)
  const others = wanted.kind === 'named' ? names.filter((name) => !known.has(name)) : []
  const showsMissing = wanted.kind === 'named' && !isMinimal(call.request)
  const base = encodePath(call.base)
  const columns = names.map((name) => column(name, known.get(name), tags))
  return async (resources) => {
    const loaded = new Map<string, ReadonlyMap<DavResource, string>>()
    for (const name of names) {
      const load = known.get(name)?.load
      if (load !== undefined) loaded.set(name, await load(call, resources))
    }
    const custom =
      others.length > 0 && tree.properties.loadOthers !== undefined
        ? await tree.properties.loadOthers(call, resources, others)
        : undefined
    const values: Values = (entry, resource) => {
      const value = propertyOf(entry, resource, call, loaded, custom)
      return value !== undefined && wanted.kind === 'names' ? '' : value
    }
    let text = ''
    for (const resource of resources) {
      text += writeResponse(hrefOf(base, resource), resource, columns, values, tags, showsMissing)
    }
    return text
  }
}

type Values = (column: Column, resource: DavResource) => string | undefined

/** What there is comes first: one client reads no further (field experience with iOS). */
function writeResponse(
  href: string,
  resource: DavResource,
  columns: readonly Column[],
  values: Values,
  tags: Tags,
  showsMissing: boolean,
): string {
  let found = ''
  let missing = ''
  for (const column of columns) {
    const value = values(column, resource)
    if (value === undefined) missing += showsMissing ? elementOf(column, '', tags) : ''
    else found += elementOf(column, value, tags)
  }
  let text = `<d:response><d:href>${href}</d:href>`
  if (found !== '' || missing === '') text += propstat(found, 'HTTP/1.1 200 OK')
  if (missing !== '') text += propstat(missing, 'HTTP/1.1 404 Not Found')
  return `${text}</d:response>`
}

function elementOf({ name, open, close, empty, prefixed }: Column, value: string, tags: Tags): string {
  if (!prefixed) return tags.element(name, value)
  return value === '' ? empty : open + value + close
}

interface Column {
  readonly name: string
  readonly property: Property<DavResource> | undefined
  readonly open: string
  readonly close: string
  readonly empty: string
  /** Whether its namespace has a prefix of its own, so that its tags are the same in every place. */
  readonly prefixed: boolean
}

function column(name: string, property: Property<DavResource> | undefined, tags: Tags): Column {
  const prefixed = /^\{(?:DAV:|http:\/\/(?:sabredav|owncloud|nextcloud)\.org\/ns)\}/.test(name)
  if (!prefixed) return { name, property, open: '', close: '', empty: '', prefixed }
  return {
    name,
    property,
    open: `<${tags.start(name)}>`,
    close: `</${tags.end(name)}>`,
    empty: `<${tags.start(name)}/>`,
    prefixed,
  }
}

function propertyOf(
  { name, property }: Column,
  resource: DavResource,
  call: DavCall,
  loaded: ReadonlyMap<string, ReadonlyMap<DavResource, string>>,
  custom: ReadonlyMap<DavResource, ReadonlyMap<string, string>> | undefined,
): string | undefined {
  if (property === undefined) return custom?.get(resource)?.get(name)
  if (property.load !== undefined) return loaded.get(name)?.get(resource)
  return property.value?.(resource, call)
}

function propstat(properties: string, status: string): string {
  const prop = properties === '' ? '<d:prop/>' : `<d:prop>${properties}</d:prop>`
  return `<d:propstat>${prop}<d:status>${status}</d:status></d:propstat>`
}

/** Collections end in a slash, nothing else does. */
function hrefOf(base: string, { path, isCollection }: DavResource): string {
  let href = base
  for (const segment of path) href += `/${encodeSegment(segment)}`
  return isCollection ? `${href}/` : href
}

/** A multistatus of one resource whose properties have a status each (PROPPATCH, extended MKCOL). */
export function sendPropertyStatuses(
  reply: FastifyReply,
  href: string,
  statuses: ReadonlyMap<string, number>,
): FastifyReply {
  const tags = new Tags()
  const byStatus = Map.groupBy(statuses.keys(), (name) => statuses.get(name) ?? 500)
  const parts = [...byStatus].map(([status, names]) =>
    propstat(names.map((name) => tags.element(name, '')).join(''), `HTTP/1.1 ${status} ${PHRASES[status] ?? 'Error'}`),
  )
  reply.code(207).header('content-type', 'application/xml; charset=utf-8')
  return reply.send(
    Buffer.from(
      `${MULTISTATUS_START}><d:response><d:href>${href}</d:href>${parts.join('')}</d:response></d:multistatus>\n`,
    ),
  )
}

const PHRASES: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  403: 'Forbidden',
  409: 'Conflict',
  424: 'Failed Dependency',
}
