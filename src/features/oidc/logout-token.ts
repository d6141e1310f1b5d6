import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { OidcRefusal } from './refusal.ts'

/** A sign-out that the provider tells of, checked. One of subject and session at least is there. */
export interface ProviderLogout {
  readonly issuer: string
  /** Name of the token itself. */
  readonly tokenId: string
  readonly subject: string | undefined
  /** `sid`; undefined means all sessions of the subject. */
  readonly session: string | undefined
  readonly issuedAtMs: number
  /** When the token counts no longer. */
  readonly expiresAtMs: number
}

export interface LogoutTokenRules {
  readonly keys: JWTVerifyGetKey
  readonly issuer: string
  readonly clientId: string
  readonly algorithms: readonly string[]
  readonly nowMs: number
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Providers send it at once, with a life of two minutes at most if they do as they are told (section 2.4). */
const MAX_AGE_SECONDS = 300
/** Between the clocks of two machines. */
const TOLERANCE_SECONDS = 30
export const MAX_TOKEN_CHARS = 16_384
const MAX_NAME_CHARS = 1_024
/** Of a token that says its type, as it should; older providers say no more than that it is a JWT. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'logout+jwt', 'application/logout+jwt'])

/** OpenID Connect Back-Channel Logout 1.0 section 2.6. Throws OidcRefusal `failed` or `unavailable`. */
export async function readLogoutToken(token: string, rules: LogoutTokenRules): Promise<ProviderLogout> {
  if (token === '' || token.length > MAX_TOKEN_CHARS) throw refused('There is no logout token of a sensible length')
  const { jwtVerify, errors } = await import('jose')
  const { keys, issuer, clientId, algorithms, nowMs } = rules
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      audience: clientId,
      algorithms: [...algorithms],
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      maxTokenAge: MAX_AGE_SECONDS,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
    })
    if (!TYPES.has(protectedHeader.typ?.toLowerCase())) throw refused('The token is of another type')
    return logoutIn(payload, issuer)
  } catch (error) {
    if (error instanceof OidcRefusal) throw error
    const isUnreachable = error instanceof TypeError || error instanceof errors.JWKSTimeout
    if (isUnreachable) throw new OidcRefusal('unavailable', 'The keys cannot be read', { cause: error })
    throw new OidcRefusal('failed', 'The logout token proves nothing', { cause: error })
  }
}

function logoutIn(payload: JWTPayload, issuer: string): ProviderLogout {
  const { sub, sid, jti, iat = 0, exp = 0, events } = payload
  const hasEvent = isObject(events) && isObject(events[EVENT])
  if (!hasEvent) throw refused('The token tells of something else')
  // An ID token must not pass for one.
  if (Object.hasOwn(payload, 'nonce')) throw refused('A logout token has no nonce')
  const [subject, session, tokenId] = [nameIn(sub), nameIn(sid), nameIn(jti)]
  if (tokenId === undefined) throw refused('The token has no name')
  if (subject === undefined && session === undefined) throw refused('The token names neither subject nor session')
  const lastSecond = Math.min(exp, iat + MAX_AGE_SECONDS) + TOLERANCE_SECONDS
  return { issuer, tokenId, subject, session, issuedAtMs: iat * 1_000, expiresAtMs: (lastSecond + 1) * 1_000 }
}

/** undefined when it is not there. */
function nameIn(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= MAX_NAME_CHARS) return value
  throw refused('A name in the token cannot be read')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const refused = (message: string): OidcRefusal => new OidcRefusal('failed', message)
