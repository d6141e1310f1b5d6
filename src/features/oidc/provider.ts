import type { JWTVerifyGetKey } from 'jose'
import type { Configuration } from 'openid-client'
import type { OidcConfig } from '../../config/oidc.ts'
import type { Clock } from '../../lib/clock.ts'
import { type ProviderLogout, readLogoutToken } from './logout-token.ts'
import { OidcRefusal } from './refusal.ts'

/** What the identity provider says of somebody, checked: signature, issuer, audience, nonce, times. */
export type Claims = Readonly<Record<string, unknown>> & {
  readonly iss: string
  readonly sub: string
  /** Seconds since 1970. */
  readonly iat: number
}

/** What ties an answer of the provider to the browser and the moment that asked for it. */
export interface Ties {
  readonly state: string
  readonly nonce: string
  /** RFC 7636. */
  readonly codeVerifier: string
  /** Whether the person has to prove again who they are. */
  readonly isFresh: boolean
}

/** The identity provider. Asked for the first time when somebody wants to sign in: the server starts without it. */
export interface Provider {
  /** Where the browser is sent. Throws OidcRefusal `unavailable`. */
  authorizationUrl(redirectUri: string, ties: Ties): Promise<URL>
  /** Throws OidcRefusal `unavailable`, `denied` or `failed`. */
  claimsOf(callback: URL, ties: Ties): Promise<Claims>
  /** What a logout token says. Throws OidcRefusal `unavailable` or `failed`. */
  logoutIn(token: string): Promise<ProviderLogout>
  /** Where the browser signs out; undefined when the provider has no such address, or does not answer. */
  signOutUrl(returnTo: string): Promise<URL | undefined>
}

/** What its description says may change, but seldom does. */
const KNOWN_FOR_MS = 3_600_000
const TIMEOUT_SECONDS = 10
/** How long ago somebody who is asked to prove it again may have done so, in seconds. */
const FRESH_SECONDS = 300

export interface ProviderDeps {
  readonly config: OidcConfig
  readonly clientSecret: string | undefined
  readonly clock: Clock
}

export function createProvider({ config, clientSecret, clock }: ProviderDeps): Provider {
  const load = createDiscovery({ config, clientSecret, clock })
  const keysOf = createKeys()
  return {
    async authorizationUrl(redirectUri, { state, nonce, codeVerifier, isFresh }) {
      const [client, found] = await load()
      return client.buildAuthorizationUrl(found, {
        redirect_uri: redirectUri,
        scope: config.scopes,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(isFresh ? { prompt: 'login', max_age: String(FRESH_SECONDS) } : {}),
      })
    },
    async claimsOf(callback, { state, nonce, codeVerifier, isFresh }) {
      const [client, found] = await load()
      try {
        const tokens = await client.authorizationCodeGrant(found, callback, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
          ...(isFresh ? { maxAge: FRESH_SECONDS } : {}),
        })
        const claims = tokens.claims()
        if (claims === undefined) throw new OidcRefusal('failed', 'There is no ID token')
        const hasMore = found.serverMetadata().userinfo_endpoint !== undefined
        const more = hasMore ? await client.fetchUserInfo(found, tokens.access_token, claims.sub) : {}
        return { ...more, ...claims }
      } catch (error) {
        throw refusalOf(error)
      }
    },
    async logoutIn(token) {
      const [, found] = await load()
      const { issuer, id_token_signing_alg_values_supported: named = [] } = found.serverMetadata()
      const algorithms = (named as string[]).filter((name) => SIGNATURES.has(name))
      const keys = await keysOf(found)
      return readLogoutToken(token, {
        keys,
        issuer,
        clientId: config.clientId,
        algorithms: algorithms.length === 0 ? ['RS256'] : algorithms,
        nowMs: clock.nowMs(),
      })
    },
    async signOutUrl(returnTo) {
      try {
        const [client, found] = await load()
        if (found.serverMetadata().end_session_endpoint === undefined) return undefined
        return client.buildEndSessionUrl(found, { post_logout_redirect_uri: returnTo })
      } catch (error) {
        if (error instanceof OidcRefusal) return undefined
        throw error
      }
    },
  }
}

/** With a key that only the provider has: no `none`, and nothing that a secret shared with it could sign. */
const SIGNATURES: ReadonlySet<string> = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' '),
)

/** Keys of the provider, asked for again when a token names one that is not among them, though not at every token. */
function createKeys(): (found: Configuration) => Promise<JWTVerifyGetKey> {
  let known: { readonly address: string; readonly keys: JWTVerifyGetKey } | undefined
  return async (found) => {
    const { issuer, jwks_uri: address = '' } = found.serverMetadata()
    if (known?.address === address) return known.keys
    // Plain HTTP only where the provider itself is reached that way.
    const isFit = URL.canParse(address) && (address.startsWith('https:') || issuer.startsWith('http:'))
    if (!isFit) throw new OidcRefusal('unavailable', 'The identity provider names no keys')
    const { createRemoteJWKSet } = await import('jose')
    known = { address, keys: createRemoteJWKSet(new URL(address), { timeoutDuration: TIMEOUT_SECONDS * 1_000 }) }
    return known.keys
  }
}

type Client = typeof import('openid-client')
type Load = () => Promise<readonly [Client, Configuration]>

/** Asks once however many wait, remembers what came for an hour, and asks again after a failure. */
function createDiscovery({ config, clientSecret, clock }: ProviderDeps): Load {
  let known: { readonly atMs: number; readonly found: Promise<readonly [Client, Configuration]> } | undefined
  const discover = async (): Promise<readonly [Client, Configuration]> => {
    const client = await import('openid-client')
    const issuer = new URL(config.issuer)
    const authentication = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret)
    const found = await client
      .discovery(issuer, config.clientId, clientSecret, authentication, {
        timeout: TIMEOUT_SECONDS,
        // Signatures are checked, too: not TLS alone says from whom a token is.
        execute: [
          client.enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
        ],
      })
      .catch((error: unknown) => {
        throw new OidcRefusal('unavailable', 'The identity provider cannot be reached', { cause: error })
      })
    return [client, found]
  }
  return () => {
    if (known !== undefined && clock.nowMs() - known.atMs < KNOWN_FOR_MS) return known.found
    const asked = { atMs: clock.nowMs(), found: discover() }
    known = asked
    asked.found.catch(() => {
      if (known === asked) known = undefined
    })
    return asked.found
  }
}

/** Connections that fail are the provider's, everything else is an answer that proves nothing. */
function refusalOf(error: unknown): OidcRefusal {
  if (error instanceof OidcRefusal) return error
  const { code, error: reason, cause } = error as { code?: unknown; error?: unknown; cause?: unknown }
  if (reason === 'access_denied') return new OidcRefusal('denied', 'Refused at the provider', { cause: error })
  const isDown = code === 'OAUTH_TIMEOUT' || error instanceof TypeError || cause instanceof TypeError
  return isDown
    ? new OidcRefusal('unavailable', 'The identity provider does not answer', { cause: error })
    : new OidcRefusal('failed', 'The answer of the identity provider proves nothing', { cause: error })
}
