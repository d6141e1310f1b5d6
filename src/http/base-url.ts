import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '../lib/fault.ts'

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

export interface BaseUrlFacts {
  readonly headers: IncomingHttpHeaders
  readonly isFromTrustedProxy: boolean
  /** Host and port to use when the request names none (HTTP/1.0). */
  readonly fallbackHost: string
}

/**
 * Scheme and host for links in the answer to this request. Only a trusted proxy may say that they differ from what
 * reached us. Links that outlive the request (mail, push) must come from the configured public address instead.
 * Throws Fault `bad-request` when the host is not one.
 */
export function baseUrlOf({ headers, isFromTrustedProxy, fallbackHost }: BaseUrlFacts): string {
  const scheme = isFromTrustedProxy && firstOf(headers['x-forwarded-proto']) === 'https' ? 'https' : 'http'
  const forwardedHost = isFromTrustedProxy ? firstOf(headers['x-forwarded-host']) : undefined
  const host = forwardedHost ?? headers.host ?? fallbackHost
  if (!HOST.test(host)) throw new Fault('bad-request', 'The Host header is not a host name')
  return `${scheme}://${host.toLowerCase()}`
}

function firstOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const text = Array.isArray(header) ? header[0] : header
  return text?.split(',')[0]?.trim().toLowerCase()
}
