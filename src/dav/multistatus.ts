import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { encodePath, encodeSegment } from './path.ts'
import { COMMON_PROPERTIES, type Property } from './properties.ts'
import { sendStream } from './stream.ts'
import type { DavCall, DavResource, DavTree } from './tree.ts'
import { MULTISTATUS_START, Tags } from './xml/write.ts'

/** Which properties an answer shows. The same object for the same question, where that is easy: see `shapeOf`. */
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
  if (first.done === true) return asMultistatus(reply).send(Buffer.from(`${MULTISTATUS_START}/>\n`))
  const begun = `${MULTISTATUS_START}>${first.value}`
  const second = await pieces.next()
  if (second.done === true) return asMultistatus(reply).send(Buffer.from(begun + END))
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(begun)
    yield Buffer.from(second.value)
    for await (const piece of pieces) {
      // Reading rows of SQLite never waits for anything: others get their turn here.
      await setImmediate()
      yield Buffer.from(piece)
    }
    yield Buffer.from(END)
  }
  return sendStream(asMultistatus(reply), Readable.from(rest()))
}

const END = '</d:multistatus>\n'

/** The same for one resource, which is what clients ask for most: nothing to be read in pages or sent in pieces. */
export async function sendResource(
  reply: FastifyReply,
  tree: AnyTree,
  call: DavCall,
  wanted: Wanted,
  resource: DavResource,
): Promise<FastifyReply> {
  const shape = shapeOf(tree, wanted)
  const values = await readValues(tree, call, wanted, shape, [resource])
  const text = writeResponse(
    hrefOf(encodePath(call.base), resource),
    resource,
    shape,
    values,
    showsMissing(call, wanted),
  )
  return asMultistatus(reply).send(Buffer.from(`${MULTISTATUS_START}>${text}${END}`))
}

function asMultistatus(reply: FastifyReply): FastifyReply {
  return reply.code(207).header('content-type', 'application/xml; charset=utf-8')
}

function showsMissing({ request }: DavCall, { kind }: Wanted): boolean {
  return kind === 'named' && !isMinimal(request)
}

/** The responses of a multistatus in pieces; a page ends a piece. */
async function* writeResponses(
  tree: AnyTree,
  call: DavCall,
  wanted: Wanted,
  pages: AsyncIterable<readonly DavResource[]>,
): AsyncGenerator<string, void> {
  const shape = shapeOf(tree, wanted)
  const base = encodePath(call.base)
  const isComplete = showsMissing(call, wanted)
  for await (const resources of pages) {
    const values = await readValues(tree, call, wanted, shape, resources)
    let text = ''
    for (const resource of resources) {
      text += writeResponse(hrefOf(base, resource), resource, shape, values, isComplete)
      if (text.length < PIECE_CHARS) continue
      yield text
      text = ''
    }
    if (text !== '') yield text
  }
}

/** One property of an answer, with its tags. */
interface Column {
  readonly name: string
  readonly property: Property<DavResource> | undefined
  readonly open: string
  readonly close: string
  readonly empty: string
}

interface Shape {
  readonly columns: readonly Column[]
  /** Those that the tree does not know itself. */
  readonly others: readonly string[]
}

const shapes = new WeakMap<Wanted, WeakMap<AnyTree, Shape>>()

/** What an answer looks like depends on the question alone, and clients ask the same few over and over. */
function shapeOf(tree: AnyTree, wanted: Wanted): Shape {
  const byTree = shapes.get(wanted) ?? new WeakMap<AnyTree, Shape>()
  shapes.set(wanted, byTree)
  const shape = byTree.get(tree) ?? makeShape(tree, wanted)
  byTree.set(tree, shape)
  return shape
}

function makeShape({ properties: { known } }: AnyTree, wanted: Wanted): Shape {
  const tags = new Tags()
  const names = wanted.kind === 'named' ? wanted.names : COMMON_PROPERTIES.filter((name) => known.has(name))
  const columns = names.map((name) => {
    const start = tags.start(name)
    return { name, property: known.get(name), open: `<${start}>`, close: `</${tags.end(name)}>`, empty: `<${start}/>` }
  })
  return { columns, others: names.filter((name) => !known.has(name)) }
}

type Values = (column: Column, resource: DavResource) => string | undefined

/** Where to find the values of a page, after all that takes look-ups has been looked up for the whole of it. */
async function readValues(
  tree: AnyTree,
  call: DavCall,
  wanted: Wanted,
  { columns, others }: Shape,
  resources: readonly DavResource[],
): Promise<Values> {
  const loaded = new Map<Column, ReadonlyMap<DavResource, string>>()
  for (const column of columns) {
    const load = column.property?.load
    if (load !== undefined) loaded.set(column, await load(call, resources))
  }
  const custom = others.length === 0 ? undefined : await tree.properties.loadOthers?.(call, resources, others)
  const values: Values = (column, resource) => {
    const { name, property } = column
    if (property === undefined) return custom?.get(resource)?.get(name)
    return property.value === undefined ? loaded.get(column)?.get(resource) : property.value(resource, call)
  }
  if (wanted.kind !== 'names') return values
  return (column, resource) => (values(column, resource) === undefined ? undefined : '')
}

/** What there is comes first: one client reads no further (field experience with iOS). */
function writeResponse(
  href: string,
  resource: DavResource,
  { columns }: Shape,
  values: Values,
  isComplete: boolean,
): string {
  let found = ''
  let missing = ''
  for (const column of columns) {
    const value = values(column, resource)
    if (value !== undefined) found += value === '' ? column.empty : column.open + value + column.close
    else if (isComplete) missing += column.empty
  }
  let text = `<d:response><d:href>${href}</d:href>`
  if (found !== '' || missing === '') text += propstat(found, 'HTTP/1.1 200 OK')
  if (missing !== '') text += propstat(missing, 'HTTP/1.1 404 Not Found')
  return `${text}</d:response>`
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
  const parts = [...byStatus]
    .toSorted(([one], [other]) => one - other)
    .map(([status, names]) =>
      propstat(
        names.map((name) => tags.element(name, '')).join(''),
        `HTTP/1.1 ${status} ${PHRASES[status] ?? 'Error'}`,
      ),
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
