import type { Database, Migration } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Branding } from '../../http/page.ts'
import type { Authenticator } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { randomBase64Url } from '../../lib/ids.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { Feature } from '../feature.ts'
import type { AccountDirectory, Accounts } from '../users/index.ts'
import { type AppPasswords, createAppPasswords } from './app-passwords.ts'
import { createAuthenticator, type PasswordCheck } from './authenticator.ts'
import { authCommands } from './cli.ts'
import { type CredentialVersion, createCredentialVersion } from './credential-version.ts'
import { devicePages } from './device-pages.ts'
import { createKnownClients } from './known-clients.ts'
import type { FolderNames } from './limits-input.ts'
import { createListLive, type ListLive } from './live.ts'
import { loginPages } from './login-pages.ts'
import { authMigration } from './migrations/20261124-auth.ts'
import { knownClientsMigration } from './migrations/20261128-known-clients.ts'
import { appPasswordLimitsMigration } from './migrations/20261202-app-password-limits.ts'
import { accountMenus } from './navigation.ts'
import { authSources } from './notifications.ts'
import { authRoutes } from './routes.ts'
import { securityPages } from './security-pages.ts'
import { createSessions, type Sessions } from './sessions.ts'
import * as store from './store.ts'
import { createThrottle, type Throttle } from './throttle.ts'

export type { AppPasswords } from './app-passwords.ts'
export type { PasswordCheck } from './authenticator.ts'
export type { Credential, CredentialHolder, CredentialVersion } from './credential-version.ts'
export { isConfirmed, needsPassword, requireOwnForm, sessionViewer } from './own-form.ts'
export type { Sessions } from './sessions.ts'
export type { Throttle } from './throttle.ts'

export const authMigrations: readonly Migration[] = [authMigration, knownClientsMigration, appPasswordLimitsMigration]

export interface AuthDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  readonly accounts: Accounts
  readonly directory: AccountDirectory
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
  readonly folders: FolderNames
  /** From `loadInstanceSecret`. */
  readonly secret: string
  /** Whether the login page leads those who have forgotten their password to a new one. */
  readonly canRemind: boolean
  readonly countLogin: (result: 'accepted' | 'refused' | 'throttled') => void
}

export interface Auth {
  readonly authenticator: Authenticator
  readonly passwords: PasswordCheck
  readonly appPasswords: AppPasswords
  readonly sessions: Sessions
  readonly throttle: Throttle
  readonly credentialVersion: CredentialVersion
  readonly listLive: ListLive
  readonly feature: Feature
}

export function createAuth(deps: AuthDeps): Auth {
  const { db, clock, audit, accounts, directory } = deps
  const appPasswords = createAppPasswords({ db, clock, audit, events: deps.events })
  const sessions = createSessions(db, clock, deps.secret)
  const throttle = createThrottle(db, clock)
  const knownClients = createKnownClients(deps)
  const credentialVersion = createCredentialVersion({ db, clock, accounts: directory, sessions })
  const authenticator = createAuthenticator({
    accounts: directory,
    appPasswords,
    sessions,
    throttle,
    knownClients,
    stamps: db.stamps,
    clock,
    credentialVersion,
    countLogin: deps.countLogin,
  })
  const { branding, folders, canRemind } = deps
  const surfaces = {
    appPasswords,
    sessions,
    passwords: authenticator,
    knownClients,
    branding,
    canRemind,
    folders,
    nowMs: clock.nowMs,
  }
  const feature: Feature = {
    name: 'auth',
    ocs: authRoutes({ ...surfaces, accounts }),
    http: [...loginPages(surfaces), ...devicePages(surfaces), ...securityPages({ ...surfaces, accounts })],
    notificationSources: authSources({ appPasswords, knownClients }),
    commands: authCommands({ accounts, appPasswords, throttle, folders }),
    ...accountMenus(sessions),
    capabilities: (viewer) =>
      viewer.kind === 'anonymous' ? {} : { core: { 'can-create-app-token': viewer.via !== 'app-password' } },
    capabilityTopics: (viewer) => (viewer.kind === 'anonymous' ? [] : [accountTopic(viewer.accountId)]),
    async sweep() {
      await sessions.sweep()
      await throttle.sweep()
      await appPasswords.sweep()
      await knownClients.sweep()
    },
  }
  const listLive = createListLive(db, clock, sessions.isAlive)
  return {
    authenticator,
    passwords: authenticator,
    appPasswords,
    sessions,
    throttle,
    credentialVersion,
    listLive,
    feature,
  }
}

/** The random secret of this installation, made once by whichever process comes first. */
export async function loadInstanceSecret(db: Database): Promise<string> {
  const name = 'sessions'
  const known = await store.findInstanceSecret(db.read, name)
  if (known !== undefined) return known
  return db.write(async (tx) => {
    await store.insertInstanceSecret(tx, name, randomBase64Url(32))
    const kept = await store.findInstanceSecret(tx, name)
    if (kept === undefined) throw new Error(`The secret ${name} could not be kept`)
    return kept
  })
}
