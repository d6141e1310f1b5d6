import type { Database } from '../../db/database.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { AccountDirectory } from '../users/index.ts'
import type { Sessions } from './sessions.ts'
import * as store from './store.ts'

/** Enough of a viewer to find the credential again. */
export type CredentialHolder = Pick<AccountViewer, 'accountId' | 'via' | 'appPasswordId' | 'sessionKey'>

/**
 * A text that stays the same as long as the credential opens the account: for what outlives a request. undefined when it
 * opens nothing any more. It is not a secret, but is not shown to anybody.
 */
export type CredentialVersion = (holder: CredentialHolder) => Promise<string | undefined>

export interface CredentialVersionDeps {
  readonly db: Database
  readonly accounts: AccountDirectory
  readonly sessions: Sessions
}

export function createCredentialVersion({ db, accounts, sessions }: CredentialVersionDeps): CredentialVersion {
  return async ({ accountId, via, appPasswordId, sessionKey }) => {
    const account = await accounts.identity(accountId)
    if (account === undefined || !account.enabled) return undefined
    if (via === 'password') return `password ${account.passwordChangedAtMs}`
    if (via === 'session') {
      const row = sessionKey === undefined ? undefined : await store.findSession(db.read, sessionKey)
      const isGood = row !== undefined && sessions.isAlive(row) && row.created_at_ms >= account.passwordChangedAtMs
      return isGood ? `session ${row.session_key}` : undefined
    }
    const row = appPasswordId === undefined ? undefined : await store.findAppPasswordById(db.read, appPasswordId)
    return row?.wipe === 'none' ? `app-password ${row.token_digest}` : undefined
  }
}
