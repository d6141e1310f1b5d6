/** What others need to know of an account to let it in. */
export interface AccountIdentity {
  readonly accountId: number
  readonly userId: string
  readonly enabled: boolean
  readonly isAdmin: boolean
  readonly administeredGroupIds: readonly string[]
  /** BCP 47 tag, empty when not chosen. */
  readonly language: string
  /** PHC string, see `lib/password-hash.ts`; undefined when the account has no password. */
  readonly passwordHash: string | undefined
  readonly passwordChangedAtMs: number
}

/** The part of the accounts that `auth` uses. */
export interface AccountDirectory {
  /** From memory when nothing changed since, else from the database. undefined: there is no such account (any more). */
  identity(accountId: number): AccountIdentity | undefined | Promise<AccountIdentity | undefined>
  /** By user id in any letter case, else by an e-mail address that exactly one account has. */
  findByLogin(login: string): Promise<AccountIdentity | undefined>
  /** Notes a login. Cheap to call often: written at most once a minute for an account. */
  recordLogin(accountId: number, atMs: number): Promise<void>
}
