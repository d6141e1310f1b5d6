import type { Database } from '../../db/database.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AccountDirectory, AccountIdentity } from '../users/index.ts'
import { isUsable } from './app-passwords.ts'
import type { Sessions } from './sessions.ts'
import * as store from './store.ts'
import type { TwoFactor } from './two-factor/service.ts'

/** Enough of a viewer to find the credential again. */
export type CredentialHolder = Pick<AccountViewer, 'accountId' | 'via' | 'appPasswordId' | 'sessionKey'>

/** A credential that opens its account. */
export interface Credential {
  /** Stays the same as long as it is the same. Not a secret, but not shown to anybody. */
  readonly version: string
  readonly endsAtMs?: number
}

/** For what outlives a request. undefined when the credential opens nothing any more. */
export type CredentialVersion = (holder: CredentialHolder) => Promise<Credential | undefined>

export interface CredentialVersionDeps {
  readonly db: Database
  readonly clock: Clock
  readonly accounts: AccountDirectory
  readonly sessions: Sessions
  /** Whether a password alone is enough. */
  readonly needOf: TwoFactor['needOf']
}

export const passwordVersion = ({ passwordChangedAtMs }: Pick<AccountIdentity, 'passwordChangedAtMs'>): string =>
  `password ${passwordChangedAtMs}`

export const sessionVersion = ({ session_key }: Pick<store.SessionRow, 'session_key'>): string =>
  `session ${session_key}`

export const appPasswordVersion = ({ token_digest }: Pick<store.AppPasswordRow, 'token_digest'>): string =>
  `app-password ${token_digest}`

export function createCredentialVersion(deps: CredentialVersionDeps): CredentialVersion {
  const { db, clock, accounts, sessions } = deps
  const bySession = async (sessionKey: string, changedAtMs: number): Promise<Credential | undefined> => {
    const row = await store.findSession(db.read, sessionKey)
    const isGood = row !== undefined && sessions.isAlive(row) && row.created_at_ms >= changedAtMs
    return isGood ? { version: sessionVersion(row), endsAtMs: row.expires_at_ms } : undefined
  }
  const byAppPassword = async (id: number): Promise<Credential | undefined> => {
    const row = await store.findAppPasswordById(db.read, id)
    if (row === undefined || !isUsable(row, clock.nowMs())) return undefined
    const version = appPasswordVersion(row)
    return row.ends_at_ms === null ? { version } : { version, endsAtMs: row.ends_at_ms }
  }
  return async ({ accountId, via, appPasswordId = 0, sessionKey = '' }) => {
    const account = await accounts.identity(accountId)
    if (account === undefined || !account.enabled) return undefined
    if (via === 'password') {
      const isEnough = (await deps.needOf(accountId)) === 'nothing'
      return isEnough ? { version: passwordVersion(account) } : undefined
    }
    return via === 'session' ? bySession(sessionKey, account.passwordChangedAtMs) : byAppPassword(appPasswordId)
  }
}
