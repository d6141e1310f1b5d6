import type { FastifyReply, FastifyRequest } from 'fastify'

export interface Cached {
  /** Quoted. */
  readonly etag: string
  readonly lastModifiedMs?: number
}

/**
 * Sets the validators of an answer, and answers 304 when the client has it already (RFC 9110 sections 13.1.2 and 13.1.3;
 * `If-None-Match` wins). True when it has answered.
 */
export function answerNotModified(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, lastModifiedMs }: Cached,
): boolean {
  reply.header('etag', etag)
  if (lastModifiedMs !== undefined) reply.header('last-modified', new Date(lastModifiedMs).toUTCString())
  if (!isKnown(request, etag, lastModifiedMs)) return false
  reply.code(304).send()
  return true
}

function isKnown({ headers }: FastifyRequest, etag: string, lastModifiedMs: number | undefined): boolean {
  if (headers['if-none-match'] !== undefined) return matchesEtag(headers['if-none-match'], etag)
  const since = Date.parse(headers['if-modified-since'] ?? '')
  if (Number.isNaN(since) || lastModifiedMs === undefined) return false
  return Math.floor(lastModifiedMs / 1_000) * 1_000 <= since
}

/** RFC 9110 section 13.1.2, weak comparison. */
export function matchesEtag(header: string, etag: string): boolean {
  if (header.trim() === '*') return true
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}
