import type { IncomingHttpHeaders } from 'node:http'
import type { Credentials } from './viewer.ts'

const MAX_AUTHORIZATION_CHARS = 4_096
const MAX_COOKIE_CHARS = 256

/** What the request brings to say who is asking. A header that cannot be read counts as none (observed on the wire). */
export function credentialsOf(headers: IncomingHttpHeaders, sessionCookieName: string): Credentials | undefined {
  const authorization = headers.authorization
  const sessionCookie = headers.cookie === undefined ? undefined : cookieValue(headers.cookie, sessionCookieName)
  if (authorization === undefined && sessionCookie === undefined) return undefined
  const session = sessionCookie === undefined ? {} : { sessionCookie }
  return authorization === undefined ? session : { ...session, ...parseAuthorization(authorization) }
}

/** RFC 7617 and RFC 6750. */
function parseAuthorization(header: string): Credentials {
  if (header.length > MAX_AUTHORIZATION_CHARS) return {}
  const space = header.indexOf(' ')
  const scheme = header.slice(0, space).toLowerCase()
  const value = header.slice(space + 1).trim()
  if (scheme === 'bearer' && value !== '') return { bearer: value }
  if (scheme !== 'basic') return {}
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) return {}
  return { basic: { login: text.slice(0, colon), secret: text.slice(colon + 1) } }
}

/** RFC 6265 section 5.4: the first cookie of that name. */
export function cookieValue(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    if (equals === -1 || part.slice(0, equals).trim() !== name) continue
    const value = part.slice(equals + 1).trim()
    return value === '' || value.length > MAX_COOKIE_CHARS ? undefined : value
  }
  return undefined
}
