import type { FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import type { Depth } from './tree.ts'

/** The `Depth` header, in small letters (RFC 4918 section 10.2). */
export function depthOf({ headers }: FastifyRequest): string | undefined {
  const { depth } = headers
  return depth === undefined ? undefined : String(depth).toLowerCase()
}

/** The depth of a DELETE, COPY or MOVE. Whether it fits is known when it is known what stands at the path. */
export function changeDepthOf(request: FastifyRequest): Depth {
  const depth = depthOf(request) ?? 'infinity'
  return depth === '0' || depth === 'infinity' ? depth : 'invalid'
}

export function wrongDepth(): Fault {
  return new Fault('bad-request', 'The Depth header does not fit: a folder goes with all that is in it')
}
