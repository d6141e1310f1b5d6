import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { encodePath, encodeSegment } from './path.ts'
import type { Property } from './properties.ts'
import { sendStream } from './stream.ts'
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

/** Written at once at most, so that memory and the turns of the event loop stay short whatever is asked for. */
const PIECE_CHARS = 256 * 1024

/**
 * Sends resources as a multistatus, piece by piece as they are read: the first byte goes out before the last row is
 * read, and memory holds a page. What fits into one piece is sent whole, with its length.
 */
export async function sendMultistatus(
  reply: FastifyReply,
  tree: AnyTree,
  call: DavCall,
  wanted: Wanted,
  pages: AsyncIterable<readonly DavResource[]>,
): Promise<FastifyReply> {
  const pieces = writeResponses(tree, call, wanted, pages)
  const first = await pieces.next()
  reply.code(207).header('content-type', 'application/xml; charset=utf-8').header('vary', 'Brief,Prefer')
  if (first.done === true) return reply.send(Buffer.from(`${MULTISTATUS_START}/>\n`))
  const begun = `${MULTISTATUS_START}>${first.value}`
  const second = await pieces.next()
  if (second.done === true) return reply.send(Buffer.from(`${begun}</d:multistatus>\n`))
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(begun)
    yield Buffer.from(second.value)
    for await (const piece of pieces) {
      // Reading rows of SQLite never waits for anything: others get their turn here.
      await setImmediate()
      yield Buffer.from(piece)
    }
    yield Buffer.from('</d:multistatus>\n')
  }
  return sendStream(reply, Readable.from(rest()))
}

/** The responses of a multistatus in pieces; a page ends a piece. */
async function* writeResponses(
  tree: AnyTree,
  call: DavCall,
  wanted: Wanted,
  pages: AsyncIterable<readonly DavResource[]>,
): AsyncGenerator<string, void> {
  const tags = new Tags()
  const { known } = tree.properties
  const names =
    wanted.kind === 'named' ? wanted.names : [...known].filter(([, { isCommon }]) => isCommon).map(([name]) => name)
  const others = wanted.kind === 'named' ? names.filter((name) => !known.has(name)) : []
  const showsMissing = wanted.kind === 'named' && !isMinimal(call.request)
  const base = encodePath(call.base)
  const columns = names.map((name) => new Column(name, known.get(name), tags))
  for await (const resources of pages) {
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
      text += writeResponse(hrefOf(base, resource), resource, columns, values, showsMissing)
      if (text.length < PIECE_CHARS) continue
      yield text
      text = ''
    }
    if (text !== '') yield text
  }
}

type Values = (column: Column, resource: DavResource) => string | undefined

/** What there is comes first: one client reads no further (field experience with iOS). */
function writeResponse(
  href: string,
  resource: DavResource,
  columns: readonly Column[],
  values: Values,
  showsMissing: boolean,
): string {
  let found = ''
  let missing = ''
  for (const column of columns) {
    const value = values(column, resource)
    if (value === undefined) missing += showsMissing ? column.element('') : ''
    else found += column.element(value)
  }
  let text = `<d:response><d:href>${href}</d:href>`
  if (found !== '' || missing === '') text += propstat(found, 'HTTP/1.1 200 OK')
  if (missing !== '') text += propstat(missing, 'HTTP/1.1 404 Not Found')
  return `${text}</d:response>`
}

/** A property as it is written for every resource. */
class Column {
  readonly name: string
  readonly property: Property<DavResource> | undefined
  readonly #tags: Tags
  /** Start tag, end tag and empty element, the same in every place; made when the first is written. */
  #written: readonly [string, string, string] | undefined

  constructor(name: string, property: Property<DavResource> | undefined, tags: Tags) {
    this.name = name
    this.property = property
    this.#tags = tags
  }

  element(value: string): string {
    this.#written ??= this.#write()
    const [open, close, empty] = this.#written
    return value === '' ? empty : open + value + close
  }

  #write(): readonly [string, string, string] {
    const start = this.#tags.start(this.name)
    return [`<${start}>`, `</${this.#tags.end(this.name)}>`, `<${start}/>`]
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
