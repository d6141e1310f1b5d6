import type { FastifyReply } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { readXmlBody } from '../body.ts'
import { sendMultistatus } from '../multistatus.ts'
import { pageRequestOf, setPageHeaders } from '../paging.ts'
import type { DavContext } from '../server.ts'
import { child } from '../xml/read.ts'
import { notFound, notImplemented } from './not-found.ts'
import { namesOf, onePage } from './propfind.ts'

/** RFC 3253 section 3.6. */
export async function report({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  const { tree } = mount
  const body = await readXmlBody(call.request)
  if (body === undefined) throw new Fault('bad-request', 'A REPORT needs a body')
  const resource = await tree.find(call, path)
  if (resource === undefined) throw notFound(path)
  const found = await tree.report?.(call, resource, body)
  if (found === undefined) throw new Fault('unsupported', '', { reason: 'unknown-report' })
  const prop = child(body, '{DAV:}prop')
  const names = prop === undefined ? [] : namesOf(prop)
  const part = pageRequestOf(call.request)
  if (part !== undefined) setPageHeaders(reply, found.length, resource.etag)
  const shown = part === undefined ? found : found.slice(part.offset, part.offset + part.count)
  return sendMultistatus(reply, tree, call, { kind: 'named', names }, onePage(shown))
}

/** RFC 5323. Asked of the root, about what hangs below it (recording webdav-search). */
export async function search(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, search: engine, ...call } = context
  if (!mount.tree.methods.includes('SEARCH') || path.length > 0) {
    throw notImplemented('SEARCH')
  }
  const body = await readXmlBody(call.request)
  if (body === undefined) throw new Fault('bad-request', 'A SEARCH needs a body')
  const { base, tree, resources, properties, total } = await engine.search(call, body, pageRequestOf(call.request))
  if (total !== undefined) setPageHeaders(reply, total, undefined)
  const wanted = { kind: 'named', names: properties } as const
  return sendMultistatus(reply, tree, { ...call, base }, wanted, onePage(resources))
}
