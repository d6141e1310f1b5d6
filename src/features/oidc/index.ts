import type { OidcConfig } from '../../config/oidc.ts'
import type { Database, Migration } from '../../db/database.ts'
import type { Branding } from '../../http/page.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Audit, Log } from '../../lib/log.ts'
import { type Auth, sessionKeyOf } from '../auth/index.ts'
import type { Feature } from '../feature.ts'
import type { Groups } from '../groups/index.ts'
import type { Users } from '../users/index.ts'
import { createOidcAccounts } from './accounts.ts'
import { personIn } from './claims.ts'
import { oidcMigration } from './migrations/20261202-oidc.ts'
import { oidcPages } from './pages.ts'
import { createProvider } from './provider.ts'
import * as store from './store.ts'
import { createTieMaker } from './ties.ts'

export { START_PATH as OIDC_PATH } from './pages.ts'

export const oidcMigrations: readonly Migration[] = [oidcMigration]

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
  readonly auth: Pick<Auth, 'signIn'>
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

export interface Oidc {
  readonly feature: Feature
  /** Where a session that was begun at the provider is ended there; undefined for others. */
  signOutUrl(sessionKey: string, returnTo: string): Promise<URL | undefined>
}

/** Sign-in at an identity provider (OpenID Connect Core, code flow with PKCE). */
export function createOidc(deps: OidcDeps): Oidc {
  const { db, config, users } = deps
  const provider = createProvider(deps)
  return {
    feature: {
      name: 'oidc',
      http: oidcPages({
        provider,
        ties: createTieMaker(deps.secret),
        accounts: createOidcAccounts({ ...deps, ...users }),
        personIn: (claims) => personIn(claims, config),
        signIn: deps.auth.signIn,
        noteSession: (cookie) => db.write((tx) => store.insertSession(tx, sessionKeyOf(cookie))),
        branding: deps.branding,
        log: deps.log,
      }),
    },
    async signOutUrl(sessionKey, returnTo) {
      return (await store.isOidcSession(db.read, sessionKey)) ? provider.signOutUrl(returnTo) : undefined
    },
  }
}
