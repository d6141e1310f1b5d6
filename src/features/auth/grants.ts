import type { AccountDirectory } from '../users/index.ts'
import type { CredentialVersion } from './credential-version.ts'

/** Who asked for something that works without a credential from then on, such as a link. */
export interface Grantor {
  readonly accountId: number
  /** Undefined for a password or a session. */
  readonly appPasswordId: number | undefined
  readonly askedAtMs: number
}

/**
 * Whether what they were given still counts. It ends with the account, and with the app password that asked for it. It outlives
 * a session, because whoever signs out of a browser lets the player go on, but not a new password: that is what people set
 * when somebody else was in.
 */
export type IsGranted = (grantor: Grantor) => Promise<boolean>

export interface GrantsDeps {
  readonly accounts: Pick<AccountDirectory, 'identity'>
  readonly credentialVersion: CredentialVersion
}

export function createIsGranted({ accounts, credentialVersion }: GrantsDeps): IsGranted {
  return async ({ accountId, appPasswordId, askedAtMs }) => {
    if (appPasswordId !== undefined) {
      return (await credentialVersion({ accountId, via: 'app-password', appPasswordId })) !== undefined
    }
    const account = await accounts.identity(accountId)
    return account?.enabled === true && askedAtMs >= account.passwordChangedAtMs
  }
}
