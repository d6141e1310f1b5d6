import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { pathOfAddress } from '../conditions.ts'
import { changeDepthOf } from '../depth.ts'
import { addressOf } from '../path.ts'
import type { DavContext } from '../server.ts'
import type { DavTarget } from '../tree.ts'
import { notAllowed } from './not-found.ts'
import { sendWritten } from './write.ts'

export async function copy(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, ...call } = context
  if (mount.tree.copy === undefined) throw notAllowed('Nothing can be copied from here')
  return sendWritten(reply, await mount.tree.copy(call, path, targetOf(context)))
}

export async function move(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, ...call } = context
  if (mount.tree.move === undefined) throw new Fault('forbidden', 'Nothing can be moved from here')
  return sendWritten(reply, await mount.tree.move(call, path, targetOf(context)))
}

/** RFC 4918 sections 9.8 and 10.3. */
function targetOf({ request, resolve, base }: DavContext): DavTarget {
  const { destination, overwrite } = request.headers
  if (typeof destination !== 'string') throw new Fault('bad-request', 'The Destination header is missing')
  if (overwrite !== undefined && overwrite !== 'T' && overwrite !== 'F') {
    throw new Fault('bad-request', 'The HTTP Overwrite header should be either T or F')
  }
  requireThisServer(request, destination)
  const segments = pathOfAddress(addressOf(destination))
  if (segments[1] !== base[1]) {
    throw new Fault('forbidden', 'The destination belongs to another service of this server')
  }
  let target: ReturnType<typeof resolve>
  try {
    target = resolve(segments)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'not-found') {
      throw new Fault('forbidden', 'Nothing can be written at the destination')
    }
    throw error
  }
  return { ...target, overwrite: overwrite !== 'F', depth: changeDepthOf(request) }
}

/**
 * The reference looks at the path alone. Here an address of another server is refused, so that nothing is moved to a
 * place that nobody meant; ports and schemes are not compared, since proxies change them.
 */
function requireThisServer(request: FastifyRequest, destination: string): void {
  const asked = URL.parse(destination)?.hostname
  if (asked === undefined) return
  const own = [request.baseUrl, `http://${request.headers.host ?? ''}`]
  if (own.some((address) => URL.parse(address)?.hostname === asked)) return
  const advice = 'If it is this one, set CLOUDLET_PUBLIC_URL or let the proxy pass on the Host header'
  throw new Fault('forbidden', `The destination is on another server, ${asked}. ${advice}`)
}
