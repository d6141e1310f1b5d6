import type { FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import type { DavContext } from './server.ts'

/** The `Depth` header, in small letters (RFC 4918 section 10.2). */
export function depthOf({ headers }: FastifyRequest): string | undefined {
  const { depth } = headers
  return depth === undefined ? undefined : String(depth).toLowerCase()
}

/** For a file the depth says nothing. Throws Fault `bad-request`. */
export async function requireDepth(context: DavContext, allowed: readonly string[], message: string): Promise<void> {
  const { mount, path, reply: _, ...call } = context
  const depth = depthOf(call.request)
  if (depth === undefined || allowed.includes(depth)) return
  if ((await mount.tree.find(call, path))?.isCollection === true) throw new Fault('bad-request', message)
}
