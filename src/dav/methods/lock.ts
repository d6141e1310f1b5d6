import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { readXmlBody } from '../body.ts'
import { plainToken } from '../conditions.ts'
import { depthOf } from '../depth.ts'
import { encodePath } from '../path.ts'
import type { DavContext } from '../server.ts'
import type { GrantedLock, LockRequest } from '../tree.ts'
import { child, innerXml, type XmlElement } from '../xml/read.ts'
import { NAMESPACES } from '../xml/write.ts'
import { EMPTY } from './empty.ts'
import { notAllowed } from './not-found.ts'

const DEFAULT_TIMEOUT_SECONDS = 1_800
/** A lock that nobody refreshes within a day belongs to nobody. */
const MAX_TIMEOUT_SECONDS = 86_400
const MAX_OWNER_CHARS = 2_000

/** RFC 4918 section 9.10. */
export async function lock({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  if (mount.tree.lock === undefined) throw notAllowed('Nothing can be locked here')
  const body = await readXmlBody(call.request)
  const wanted = wantedLock(call.request, body, call.conditions.tokens)
  const granted = await mount.tree.lock(call, path, wanted)
  return reply
    .code(granted.created ? 201 : 200)
    .headers({ 'content-type': 'application/xml; charset=utf-8', 'lock-token': `<opaquelocktoken:${granted.token}>` })
    .send(
      `<?xml version="1.0"?>\n<d:prop${NAMESPACES}><d:lockdiscovery>${activeLock(call.base, granted)}</d:lockdiscovery></d:prop>\n`,
    )
}

function wantedLock(request: FastifyRequest, body: XmlElement | undefined, tokens: ReadonlySet<string>): LockRequest {
  const timeoutSeconds = timeoutOf(request.headers['timeout'])
  const depth = depthOf(request)
  if (depth !== undefined && depth !== '0' && depth !== 'infinity') {
    throw new Fault('bad-request', 'The Depth of a lock is 0 or infinity')
  }
  if (body === undefined) {
    const [token] = tokens
    if (token === undefined) throw new Fault('bad-request', 'Name the lock to refresh in the If header')
    return { refresh: token, scope: 'exclusive', depth: 'infinity', owner: '', timeoutSeconds }
  }
  if (body.name !== '{DAV:}lockinfo' || child(child(body, '{DAV:}locktype'), '{DAV:}write') === undefined) {
    throw new Fault('bad-request', 'Expected {DAV:}lockinfo for a write lock')
  }
  const isShared = child(child(body, '{DAV:}lockscope'), '{DAV:}shared') !== undefined
  const owner = child(body, '{DAV:}owner')
  const ownerXml = owner === undefined ? '' : innerXml(owner)
  if (ownerXml.length > MAX_OWNER_CHARS) throw new Fault('bad-request', 'The owner of the lock is too long')
  return {
    refresh: undefined,
    scope: isShared ? 'shared' : 'exclusive',
    depth: depth === '0' ? '0' : 'infinity',
    owner: ownerXml,
    timeoutSeconds,
  }
}

/** RFC 4918 section 10.7. */
function timeoutOf(header: string | string[] | undefined): number {
  const match = /Second-(\d{1,10})/i.exec(String(header ?? ''))
  if (match !== null) return Math.max(1, Math.min(Number(match[1]), MAX_TIMEOUT_SECONDS))
  return /infinite/i.test(String(header ?? '')) ? MAX_TIMEOUT_SECONDS : DEFAULT_TIMEOUT_SECONDS
}

/** RFC 4918 section 14.1. */
export function activeLock(base: readonly string[], granted: Omit<GrantedLock, 'created'>): string {
  const { scope, depth, owner, timeoutSeconds, token, path, isCollection } = granted
  const href = `${encodePath([...base, ...path])}${isCollection ? '/' : ''}`
  return `<d:activelock><d:lockscope><d:${scope}/></d:lockscope><d:locktype><d:write/></d:locktype><d:lockroot><d:href>${href}</d:href></d:lockroot><d:depth>${depth}</d:depth><d:timeout>Second-${timeoutSeconds}</d:timeout><d:locktoken><d:href>opaquelocktoken:${token}</d:href></d:locktoken>${owner === '' ? '' : `<d:owner>${owner}</d:owner>`}</d:activelock>`
}

/** RFC 4918 section 9.11. */
export async function unlock({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  if (mount.tree.unlock === undefined) throw notAllowed('Nothing can be locked here')
  const header = call.request.headers['lock-token']
  if (typeof header !== 'string' || header === '') throw new Fault('bad-request', 'No lock token was supplied')
  await mount.tree.unlock(call, path, plainToken(header))
  return reply.code(204).headers(EMPTY).send()
}
