import type { FastifyReply } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { readXmlBody } from '../body.ts'
import { sendMultistatus } from '../multistatus.ts'
import type { DavContext } from '../server.ts'
import type { DavResource } from '../tree.ts'
import { child } from '../xml/read.ts'
import { notFound } from './not-found.ts'
import { namesOf } from './propfind.ts'

async function* onePage(resources: readonly DavResource[]): AsyncGenerator<readonly DavResource[]> {
  if (resources.length > 0) yield resources
}

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
  return sendMultistatus(reply, tree, call, { kind: 'named', names }, onePage(found))
}

/** RFC 5323. Asked of the root, about what hangs below it (recording webdav-search). */
export async function search(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, search: engine, ...call } = context
  if (!mount.tree.methods.includes('SEARCH') || path.length > 0) {
    throw new Fault('unsupported', 'There is nothing here that can do SEARCH', { reason: 'not-implemented' })
  }
  const body = await readXmlBody(call.request)
  if (body === undefined) throw new Fault('bad-request', 'A SEARCH needs a body')
  const { base, tree, resources, properties } = await engine.search(call, body)
  const wanted = { kind: 'named', names: properties } as const
  return sendMultistatus(reply, tree, { ...call, base }, wanted, onePage(resources))
}
