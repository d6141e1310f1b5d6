import type { FastifyReply } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { readXmlBody } from '../body.ts'
import { changeDepthOf } from '../depth.ts'
import { sendPropertyStatuses } from '../multistatus.ts'
import { encodePath } from '../path.ts'
import type { DavContext } from '../server.ts'
import type { DavWritten } from '../tree.ts'
import { child } from '../xml/read.ts'
import { EMPTY } from './empty.ts'
import { notAllowed, notImplemented } from './not-found.ts'
import { allowOf } from './options.ts'
import { changesOf } from './proppatch.ts'

export function sendWritten(reply: FastifyReply, { created, headers }: DavWritten): FastifyReply {
  return reply
    .code(created ? 201 : 204)
    .headers({ ...EMPTY, ...headers })
    .send()
}

export async function put({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  if (mount.tree.put === undefined) throw notAllowed('Nothing can be written here')
  if (call.request.headers['content-range'] !== undefined) {
    throw new Fault('bad-request', 'Content-Range on PUT requests are forbidden.')
  }
  return sendWritten(reply, await mount.tree.put(call, path))
}

/** RFC 4918 section 9.3; with a body, RFC 5689. */
export async function makeCollection(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, ...call } = context
  if (mount.tree.makeCollection === undefined) throw notAllowed('No folder can be made here')
  const type = call.request.headers['content-type'] ?? ''
  const hasBody = Number(call.request.headers['content-length'] ?? 0) > 0
  if (hasBody && !/\bxml\b/.test(type)) {
    throw new Fault('unsupported', 'The request body for the MKCOL request must have an xml Content-Type')
  }
  const body = await readXmlBody(call.request)
  if (body !== undefined) {
    if (body.name !== '{DAV:}mkcol') throw new Fault('bad-request', 'Expected {DAV:}mkcol as the root element')
    const changes = changesOf(body)
    const type = changes.find(({ name }) => name === '{DAV:}resourcetype')?.value
    const isFolder = type?.children.length === 1 && child(type, '{DAV:}collection') !== undefined
    if (type !== undefined && !isFolder) {
      const message = 'The {DAV:}resourcetype you specified is not supported here.'
      throw new Fault('forbidden', message, { reason: 'resource-type' })
    }
    const others = changes.filter(({ name }) => name !== '{DAV:}resourcetype')
    // Properties are set after a folder exists; a request that wants both at once gets neither.
    if (others.length > 0) {
      const statuses = new Map(others.map(({ name }) => [name, 403]))
      return sendPropertyStatuses(reply, encodePath([...call.base, ...path]), statuses)
    }
  }
  try {
    return sendWritten(reply, await mount.tree.makeCollection(call, path))
  } catch (error) {
    if (error instanceof Fault && error.kind === 'exists') reply.header('allow', allowOf(mount, false))
    throw error
  }
}

export async function remove(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, ...call } = context
  if (mount.tree.remove === undefined) throw new Fault('forbidden', 'Nothing can be deleted here')
  await mount.tree.remove(call, path, changeDepthOf(call.request))
  return reply.code(204).headers(EMPTY).send()
}

const ALGORITHMS = new Set(['MD5', 'SHA1', 'SHA256', 'ADLER32'])

/** The desktop client asks so when a download does not match its checksum (recording webdav-files). */
export async function patch({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  const algorithm = String(call.request.headers['x-recalculate-hash'] ?? '').toUpperCase()
  if (algorithm === '') {
    throw notImplemented('PATCH')
  }
  if (!ALGORITHMS.has(algorithm)) {
    throw new Fault('bad-request', 'X-Recalculate-Hash must be md5, sha1, sha256 or adler32')
  }
  if (mount.tree.recalculate === undefined) throw notAllowed('There is no checksum here')
  const checksum = await mount.tree.recalculate(call, path, algorithm)
  return reply
    .code(204)
    .headers({ ...EMPTY, 'oc-checksum': checksum })
    .send()
}
