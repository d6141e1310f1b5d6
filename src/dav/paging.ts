import type { FastifyReply, FastifyRequest } from 'fastify'

/** Which part of a listing a client wants. The collection itself is its first entry. */
export interface PageRequest {
  readonly offset: number
  readonly count: number
}

const USUAL_COUNT = 100
const MAX_COUNT = 10_000

/**
 * `X-NC-Paginate` with offset and count, as the iOS client lists large folders (documentation of the DAV upgrade to
 * version 31, field experience with NextcloudKit); undefined for the whole listing.
 */
export function pageRequestOf({ headers }: FastifyRequest): PageRequest | undefined {
  const isOn = String(headers['x-nc-paginate']).toLowerCase() === 'true'
  if (!isOn && headers['x-nc-paginate-token'] === undefined) return undefined
  const count = numberOf(headers['x-nc-paginate-count']) ?? USUAL_COUNT
  return {
    offset: numberOf(headers['x-nc-paginate-offset']) ?? 0,
    count: Math.min(Math.max(1, count), MAX_COUNT),
  }
}

function numberOf(header: string | string[] | undefined): number | undefined {
  return /^\d{1,9}$/.test(String(header)) ? Number(header) : undefined
}

/** Clients stop without a token, and when they have got the total. */
export function setPageHeaders(reply: FastifyReply, total: number, etag: string | undefined): void {
  // Pages are read from the listing as it is: the token tells which one the client began with, and nobody has to keep it.
  reply.headers({
    'x-nc-paginate': 'true',
    'x-nc-paginate-token': etag ?? 'results',
    'x-nc-paginate-total': String(total),
  })
}
