import type { FastifyReply } from 'fastify'
import { LRUCache } from 'lru-cache'
import { Fault } from '../../lib/fault.ts'
import { readBody } from '../body.ts'
import { depthOf } from '../depth.ts'
import { sendMultistatus, sendResource, type Wanted } from '../multistatus.ts'
import { type PageRequest, pageRequestOf, setPageHeaders } from '../paging.ts'
import type { DavContext } from '../server.ts'
import type { DavCall, DavResource } from '../tree.ts'
import { child, readXml, type XmlElement } from '../xml/read.ts'
import { notFound } from './not-found.ts'
import { classesOf } from './options.ts'

/** What the client sends to leave out what is missing changes the answer. */
export const VARY = 'Brief,Prefer'

/** RFC 4918 section 9.1. Without a depth, or with one that is none, it is 1 (recording webdav-files). */
export async function propfind(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, request, ...rest } = context
  const { tree } = mount
  const call = { ...rest, request }
  const wanted = wantedOf(await readBody(request))
  reply.headers({ dav: classesOf(mount), vary: VARY })
  const resource = await tree.find(call, path)
  if (resource === undefined) throw notFound(path)
  const depth = depthOf(request)
  if (depth === '0' || !resource.isCollection) return sendResource(reply, tree, call, wanted, resource)
  const part = depth === 'infinity' ? undefined : pageRequestOf(request)
  if (part !== undefined && tree.page !== undefined) {
    const entries = await partOf(tree, call, resource, part)
    setPageHeaders(reply, entries.total, resource.etag)
    return sendMultistatus(reply, tree, call, wanted, onePage(entries.resources))
  }
  const members = (depth === 'infinity' ? tree.listAll?.(call, resource) : undefined) ?? tree.list(call, resource)
  return sendMultistatus(reply, tree, call, wanted, withFirst(resource, members))
}

/** The collection itself is the first entry of its listing. */
async function partOf(
  tree: DavContext['mount']['tree'],
  call: DavCall,
  resource: DavResource,
  { offset, count }: PageRequest,
): Promise<{ readonly resources: readonly DavResource[]; readonly total: number }> {
  const isFirst = offset === 0
  const part = isFirst ? { offset, count: count - 1 } : { offset: offset - 1, count }
  const { members = [], total = 0 } = (await tree.page?.(call, resource, part)) ?? {}
  return { resources: isFirst ? [resource, ...members] : members, total: total + 1 }
}

export async function* onePage(resources: readonly DavResource[]): AsyncGenerator<readonly DavResource[]> {
  if (resources.length > 0) yield resources
}

/** The collection itself comes first, in one page with its first members: clients take its properties from there. */
async function* withFirst(
  resource: DavResource,
  pages: AsyncIterable<readonly DavResource[]>,
): AsyncGenerator<readonly DavResource[]> {
  let isFirst = true
  for await (const page of pages) {
    yield isFirst ? [resource, ...page] : page
    isFirst = false
  }
  if (isFirst) yield [resource]
}

const MAX_NAMES = 500

const COMMON: Wanted = { kind: 'common' }
const NAMES: Wanted = { kind: 'names' }

const MAX_REMEMBERED_BYTES = 4_096
const remembered = new LRUCache<string, Wanted>({ max: 200 })

/** Clients send the same few bodies over and over: each is read once. */
function wantedOf(bytes: Buffer | undefined): Wanted {
  if (bytes === undefined) return COMMON
  if (bytes.length > MAX_REMEMBERED_BYTES) return readWanted(bytes)
  const key = bytes.toString('latin1')
  let wanted = remembered.get(key)
  if (wanted === undefined) {
    wanted = readWanted(bytes)
    remembered.set(key, wanted)
  }
  return wanted
}

function readWanted(bytes: Buffer): Wanted {
  const body = readXml(bytes)
  if (body.name !== '{DAV:}propfind') {
    throw new Fault('bad-request', `Expected {DAV:}propfind but received ${body.name} as the root element`)
  }
  if (child(body, '{DAV:}propname') !== undefined) return NAMES
  const prop = child(body, '{DAV:}prop')
  if (prop !== undefined) return { kind: 'named', names: namesOf(prop) }
  if (child(body, '{DAV:}allprop') === undefined) throw new Fault('bad-request', 'The propfind asks for nothing')
  return COMMON
}

export function namesOf(prop: XmlElement): string[] {
  if (prop.children.length > MAX_NAMES) throw new Fault('bad-request', `More than ${MAX_NAMES} properties at once`)
  return [...new Set(prop.children.map(({ name }) => name))]
}
