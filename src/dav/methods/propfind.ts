import type { FastifyReply } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { readXmlBody } from '../body.ts'
import { depthOf } from '../depth.ts'
import { sendMultistatus, type Wanted } from '../multistatus.ts'
import type { DavContext } from '../server.ts'
import type { DavResource } from '../tree.ts'
import { child, type XmlElement } from '../xml/read.ts'
import { notFound } from './not-found.ts'
import { DAV_CLASSES } from './options.ts'

/** RFC 4918 section 9.1. Without a depth, or with one that is none, it is 1 (recording webdav-files). */
export async function propfind(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, request, ...rest } = context
  const { tree } = mount
  const call = { ...rest, request }
  const wanted = wantedOf(await readXmlBody(request))
  const resource = await tree.find(call, path)
  if (resource === undefined) throw notFound(path)
  reply.header('dav', DAV_CLASSES)
  const depth = depthOf(request)
  const pages = async function* (): AsyncGenerator<readonly DavResource[]> {
    if (depth === '0' || !resource.isCollection) {
      yield [resource]
    } else if (depth !== 'infinity' || tree.listAll === undefined) {
      yield* withFirst(resource, tree.list(call, resource))
    } else {
      yield* withFirst(resource, tree.listAll(call, resource))
    }
  }
  return sendMultistatus(reply, tree, call, wanted, pages())
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

function wantedOf(body: XmlElement | undefined): Wanted {
  if (body === undefined) return { kind: 'common' }
  if (body.name !== '{DAV:}propfind') {
    throw new Fault('bad-request', `Expected {DAV:}propfind but received ${body.name} as the root element`)
  }
  if (child(body, '{DAV:}propname') !== undefined) return { kind: 'names' }
  const prop = child(body, '{DAV:}prop')
  if (prop === undefined) {
    if (child(body, '{DAV:}allprop') === undefined) throw new Fault('bad-request', 'The propfind asks for nothing')
    return { kind: 'common' }
  }
  return { kind: 'named', names: namesOf(prop) }
}

export function namesOf(prop: XmlElement): string[] {
  if (prop.children.length > MAX_NAMES) throw new Fault('bad-request', `More than ${MAX_NAMES} properties at once`)
  return [...new Set(prop.children.map(({ name }) => name))]
}
