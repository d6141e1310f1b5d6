import type { FastifyReply, FastifyRequest } from 'fastify'

export interface CorsPolicy {
  /** Lets pages of an allowed origin read the answer. */
  addHeaders(request: FastifyRequest, reply: FastifyReply): void
  /** Answers a preflight of an allowed origin; false when it is none of ours to answer. */
  answerPreflight(request: FastifyRequest, reply: FastifyReply, methods: readonly string[]): boolean
}

const ALLOWED_HEADERS =
  'Accept, Authorization, Content-Type, Depth, Destination, If, If-Match, If-None-Match, OC-Checksum, OC-Total-Length, OCS-APIRequest, Overwrite, Range, X-OC-CTime, X-OC-Mtime, X-Requested-With'
const EXPOSED_HEADERS = 'Content-Length, ETag, OC-ETag, OC-FileId, X-Request-ID, X-User-Id'

/**
 * Cross-origin requests (Fetch standard) for a list of origins; off when it is empty. Cookies are never allowed across
 * origins: such callers sign in with an app password.
 */
export function createCors(origins: readonly string[]): CorsPolicy {
  const allowed = new Set(origins)
  const originOf = (request: FastifyRequest): string | undefined => {
    const origin = request.headers.origin
    return origin !== undefined && allowed.has(origin) ? origin : undefined
  }
  const addHeaders = (request: FastifyRequest, reply: FastifyReply): void => {
    if (allowed.size === 0) return
    reply.header('vary', 'Origin')
    const origin = originOf(request)
    if (origin === undefined) return
    reply.header('access-control-allow-origin', origin)
    reply.header('access-control-expose-headers', EXPOSED_HEADERS)
  }
  return {
    addHeaders,
    answerPreflight(request, reply, methods) {
      if (originOf(request) === undefined || request.headers['access-control-request-method'] === undefined)
        return false
      reply.header('access-control-allow-methods', methods.join(', '))
      reply.header('access-control-allow-headers', ALLOWED_HEADERS)
      reply.header('access-control-max-age', 3_600)
      reply.code(204).send()
      return true
    },
  }
}
