import type { OidcConfig } from '../../config/oidc.ts'
import type { Claims } from './provider.ts'

/** What an account gets from claims. */
export interface Person {
  readonly issuer: string
  readonly subject: string
  /** Undefined when the claim is not there. */
  readonly userId: string | undefined
  readonly displayName: string | undefined
  /** Only when the provider says that it was verified: an address can be anybody's otherwise. */
  readonly email: string | undefined
  /** Undefined when groups do not come from the provider. */
  readonly groupIds: readonly string[] | undefined
  readonly quota: string | undefined
  /** Of the session at the provider (`sid`), where it has a name. */
  readonly session: string | undefined
  /** When the provider has said all this. */
  readonly issuedAtMs: number
}

const MAX_GROUPS = 200
const MAX_TEXT_CHARS = 255

export function personIn(claims: Claims, config: OidcConfig): Person {
  const { iss, sub, iat, sid } = claims
  const isVerified = claims['email_verified'] === true || claims['email_verified'] === 'true'
  return {
    issuer: iss,
    subject: sub,
    userId: textIn(claims, config.userClaim),
    displayName: textIn(claims, config.nameClaim),
    email: isVerified ? textIn(claims, config.emailClaim) : undefined,
    groupIds: config.groupsClaim === '' ? undefined : groupsIn(claims, config),
    quota: config.quotaClaim === '' ? undefined : textIn(claims, config.quotaClaim),
    session: typeof sid === 'string' && sid !== '' ? sid : undefined,
    issuedAtMs: iat * 1_000,
  }
}

/** A claim by its name; dots lead into objects (`realm_access.roles`), unless there is one of the whole name. */
function claimIn(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined,
      claims,
    )
}

function textIn(claims: Claims, name: string): string | undefined {
  const value = claimIn(claims, name)
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, MAX_TEXT_CHARS) : undefined
}

function groupsIn(claims: Claims, { groupsClaim, adminGroup }: OidcConfig): string[] {
  const value = claimIn(claims, groupsClaim)
  const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string')
  const groupIds = names
    .map((name) => name.replace(/^\//, '').trim())
    .filter((name) => name !== '' && name.length <= MAX_TEXT_CHARS)
    .slice(0, MAX_GROUPS)
    // Nobody administers this server because of a group that happens to have this name elsewhere.
    .flatMap((name) => {
      if (adminGroup !== '' && name === adminGroup) return [ADMIN]
      return name === ADMIN ? [] : [name]
    })
  return [...new Set(groupIds)]
}

const ADMIN = 'admin'
