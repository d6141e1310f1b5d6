import type { OidcConfig } from '../../config/oidc.ts'
import type { Database, Migration } from '../../db/database.ts'
import type { Branding } from '../../http/page.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Audit, Log } from '../../lib/log.ts'
import type { Auth } from '../auth/index.ts'
import type { Feature } from '../feature.ts'
import type { Groups } from '../groups/index.ts'
import type { Users } from '../users/index.ts'
import { createOidcAccounts } from './accounts.ts'
import { backChannel } from './back-channel.ts'
import { personIn } from './claims.ts'
import { oidcMigration } from './migrations/20261202-oidc.ts'
import { oidcSessionsMigration } from './migrations/20261205-oidc-sessions.ts'
import { oidcPages } from './pages.ts'
import { createProvider } from './provider.ts'
import { createOidcSessions } from './sessions.ts'
import { createTieMaker } from './ties.ts'

export { START_PATH as OIDC_PATH } from './pages.ts'

export const oidcMigrations: readonly Migration[] = [oidcMigration, oidcSessionsMigration]

export interface OidcDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly log: Log
  readonly config: OidcConfig
  readonly clientSecret: string | undefined
  /** Of this installation. */
  readonly secret: string
  readonly users: Pick<Users, 'accounts' | 'directory' | 'editing'>
  readonly groups: Groups
  readonly auth: Pick<Auth, 'signIn' | 'sessions'>
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

export interface Oidc {
  readonly feature: Feature
  /** Where a session that was begun at the provider is ended there; undefined for others. */
  signOutUrl(sessionKey: string, returnTo: string): Promise<URL | undefined>
}

/** Sign-in at an identity provider (OpenID Connect Core, code flow with PKCE). */
export function createOidc(deps: OidcDeps): Oidc {
  const { config, users, auth, log } = deps
  const provider = createProvider(deps)
  const sessions = createOidcSessions({ ...deps, sessions: auth.sessions })
  return {
    feature: {
      name: 'oidc',
      http: [
        ...oidcPages({
          provider,
          ties: createTieMaker(deps.secret),
          accounts: createOidcAccounts({ ...deps, ...users }),
          personIn: (claims) => personIn(claims, config),
          signIn: auth.signIn,
          sessions,
          branding: deps.branding,
          log,
        }),
        backChannel({ provider, sessions, log }),
      ],
      sweep: sessions.sweep,
    },
    async signOutUrl(sessionKey, returnTo) {
      return (await sessions.has(sessionKey)) ? provider.signOutUrl(returnTo) : undefined
    },
  }
}
