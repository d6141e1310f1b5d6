import type { Configuration } from 'openid-client'
import type { OidcConfig } from '../../config/oidc.ts'
import type { Clock } from '../../lib/clock.ts'
import { OidcRefusal } from './refusal.ts'

/** What the identity provider says of somebody, checked: signature, issuer, audience, nonce, times. */
export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string }

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
