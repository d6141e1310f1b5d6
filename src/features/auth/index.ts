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
import { createIsGranted, type IsGranted } from './grants.ts'
import { createKnownClients } from './known-clients.ts'
import type { FolderNames } from './limits-input.ts'
import { createListLive, type ListLive } from './live.ts'
import { loginPages } from './login-pages.ts'
import { authMigration } from './migrations/20261124-auth.ts'
import { knownClientsMigration } from './migrations/20261128-known-clients.ts'
import { appPasswordLimitsMigration } from './migrations/20261202-app-password-limits.ts'
import { twoFactorMigration } from './migrations/20261202-two-factor.ts'
import { accountMenus } from './navigation.ts'
import { authSources } from './notifications.ts'
import type { OtherWay } from './other-way.ts'
import { type Confirming, createConfirming } from './own-form.ts'
import { authRoutes } from './routes.ts'
import { securityPages } from './security-pages.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import * as store from './store.ts'
import { createThrottle, type Throttle } from './throttle.ts'
import { challengePages } from './two-factor/challenge-pages.ts'
import { twoFactorCommands } from './two-factor/cli.ts'
import { createPendingLogins } from './two-factor/pending.ts'
import { twoFactorRoutes } from './two-factor/routes.ts'
import { createRules } from './two-factor/rules.ts'
import { createTwoFactor } from './two-factor/service.ts'
import { twoFactorPages } from './two-factor/settings-pages.ts'

export type { AppPasswords } from './app-passwords.ts'
export type { PasswordCheck } from './authenticator.ts'
export type { Credential, CredentialHolder, CredentialVersion } from './credential-version.ts'
export type { Grantor, IsGranted } from './grants.ts'
export { safePath } from './login-pages.ts'
export type { OtherWay } from './other-way.ts'
export { type Confirming, confirmField, requireOwnForm, sessionViewer } from './own-form.ts'
export type { Alongside, Sessions } from './sessions.ts'
export type { SignIn } from './sign-in.ts'
export type { Throttle } from './throttle.ts'

export const authMigrations: readonly Migration[] = [
  authMigration,
  knownClientsMigration,
  appPasswordLimitsMigration,
  twoFactorMigration,
]

export interface AuthDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  readonly accounts: Accounts
  readonly directory: AccountDirectory
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
  readonly folders: FolderNames
  /** Another way in than the password, if there is one. */
  readonly otherWay: OtherWay | undefined
  /** False: a password that is kept here opens nothing, app passwords do. */
  readonly allowsPasswords: boolean
  readonly groupIdsOf: (accountId: number) => Promise<readonly string[]>
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
  readonly signIn: SignIn
  readonly confirming: Confirming
  readonly credentialVersion: CredentialVersion
  readonly isGranted: IsGranted
  readonly listLive: ListLive
  readonly feature: Feature
}

export function createAuth(deps: AuthDeps): Auth {
  const parts = createParts(deps)
  const { authenticator, appPasswords, sessions, throttle, signIn, confirming, credentialVersion } = parts
  const { db, clock } = deps
  return {
    authenticator,
    passwords: authenticator,
    appPasswords,
    sessions,
    throttle,
    signIn,
    confirming,
    credentialVersion,
    isGranted: createIsGranted({ accounts: deps.directory, credentialVersion }),
    listLive: createListLive(db, clock, sessions.isAlive),
    feature: featureOf(deps, parts),
  }
}

type Parts = ReturnType<typeof createParts>

function createParts(deps: AuthDeps) {
  const { db, clock, audit, events, directory, secret, otherWay, allowsPasswords } = deps
  const appPasswords = createAppPasswords({ db, clock, audit, events })
  const sessions = createSessions(db, clock, secret)
  const throttle = createThrottle(db, clock)
  const knownClients = createKnownClients(deps)
  const rules = createRules({ db, audit, groupIdsOf: deps.groupIdsOf })
  const twoFactor = createTwoFactor({ db, clock, audit, events, throttle, rules, secret })
  const pending = createPendingLogins({ db, clock, accounts: directory })
  const signIn = createSignIn({ sessions, knownClients, twoFactor, pending })
  const { needOf } = twoFactor
  const credentialVersion = createCredentialVersion({ db, clock, accounts: directory, sessions, needOf })
  const authenticator = createAuthenticator({
    accounts: directory,
    appPasswords,
    sessions,
    throttle,
    knownClients,
    needOf,
    allowsPasswords,
    stamps: db.stamps,
    clock,
    credentialVersion,
    countLogin: deps.countLogin,
  })
  const confirming = createConfirming({
    passwords: authenticator,
    accounts: directory,
    otherWay,
    allowsPasswords,
    nowMs: clock.nowMs,
  })
  return {
    appPasswords,
    sessions,
    throttle,
    knownClients,
    rules,
    twoFactor,
    pending,
    signIn,
    credentialVersion,
    authenticator,
    confirming,
  }
}

function featureOf(deps: AuthDeps, parts: Parts): Feature {
  const { accounts, branding, folders, canRemind, clock, otherWay, allowsPasswords } = deps
  const { appPasswords, sessions, throttle, knownClients, rules, twoFactor, pending } = parts
  const surfaces = {
    ...parts,
    passwords: parts.authenticator,
    branding,
    folders,
    canRemind,
    otherWay,
    allowsPasswords,
    nowMs: clock.nowMs,
  }
  return {
    name: 'auth',
    ocs: [...authRoutes({ ...surfaces, accounts }), ...twoFactorRoutes({ accounts, twoFactor })],
    http: [
      ...loginPages(surfaces),
      ...devicePages(surfaces),
      ...securityPages({ ...surfaces, accounts }),
      ...challengePages(surfaces),
      ...twoFactorPages(surfaces),
    ],
    notificationSources: authSources({ appPasswords, knownClients }),
    commands: [
      ...authCommands({ accounts, appPasswords, throttle, folders }),
      ...twoFactorCommands({ accounts, twoFactor, rules }),
    ],
    ...accountMenus(sessions),
    capabilities: (viewer) =>
      viewer.kind === 'anonymous' ? {} : { core: { 'can-create-app-token': viewer.via !== 'app-password' } },
    capabilityTopics: (viewer) => (viewer.kind === 'anonymous' ? [] : [accountTopic(viewer.accountId)]),
    async sweep() {
      for (const part of [sessions, throttle, appPasswords, pending, knownClients]) await part.sweep()
    },
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
