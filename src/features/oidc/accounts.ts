import type { OidcConfig } from '../../config/oidc.ts'
import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit, Log } from '../../lib/log.ts'
import type { Groups } from '../groups/index.ts'
import type { AccountDirectory, AccountEditing, AccountIdentity, AccountRecord, Accounts } from '../users/index.ts'
import type { Person } from './claims.ts'
import { OidcRefusal } from './refusal.ts'
import * as store from './store.ts'

/** Accounts of people who sign in at the identity provider. */
export interface OidcAccounts {
  /**
   * The account of a person, made or linked at their first sign-in and brought up to date at every one.
   * Throws OidcRefusal.
   */
  accountOf(person: Person): Promise<AccountIdentity>
}

export interface OidcAccountsDeps {
  readonly db: Database
  readonly audit: Audit
  readonly log: Log
  readonly config: OidcConfig
  readonly accounts: Accounts
  readonly directory: AccountDirectory
  readonly editing: AccountEditing
  readonly groups: Groups
}

const ACTOR = 'oidc'

export function createOidcAccounts(deps: OidcAccountsDeps): OidcAccounts {
  const { db, directory, audit } = deps
  return {
    async accountOf(person) {
      const { issuer, subject } = person
      const knownId = await store.findAccountId(db.read, issuer, subject)
      const accountId = knownId ?? (await firstTime(deps, person))
      const account = await directory.identity(accountId)
      if (account === undefined || !account.enabled) throw new OidcRefusal('disabled', 'The account is disabled')
      await bringUpToDate(deps, account.userId, person)
      audit.record({ event: 'oidc.signed-in', actor: account.userId, detail: { issuer, subject } })
      // With the groups that it has now.
      return (await directory.identity(accountId)) ?? account
    },
  }
}

/** Links the account that is there, as far as the configuration allows that, or makes one. */
async function firstTime(deps: OidcAccountsDeps, person: Person): Promise<number> {
  const { db, config, audit } = deps
  const linked = await findLinkable(deps, person)
  const { row } = linked ?? (await makeAccount(deps, person))
  const { issuer, subject } = person
  const isLinked = await db.write((tx) => store.insertIdentity(tx, issuer, subject, row.id))
  if (!isLinked) {
    const first = await store.findAccountId(db.read, issuer, subject)
    if (first === undefined) throw new OidcRefusal('failed', 'The account was deleted meanwhile')
    return first
  }
  if (linked !== undefined) {
    audit.record({ event: 'oidc.account-linked', actor: ACTOR, subject: row.user_id, detail: { link: config.link } })
  }
  return row.id
}

async function findLinkable(
  { db, config, accounts, directory }: OidcAccountsDeps,
  { userId, email, issuer }: Person,
): Promise<AccountRecord | undefined> {
  const login = config.link === 'user' ? userId : config.link === 'email' ? email : undefined
  if (login === undefined) return undefined
  // A name with an @ could be the address of somebody else, and an address could be a name.
  const isAddress = config.link === 'email'
  const found = await directory.findByLogin(login)
  if (found === undefined || (found.userId.toLowerCase() === login.toLowerCase()) === isAddress) return undefined
  if (await store.hasIdentity(db.read, issuer, found.accountId)) {
    throw new OidcRefusal('taken', 'The account belongs to somebody else at the provider')
  }
  return accounts.get(found.userId)
}

async function makeAccount({ config, accounts }: OidcAccountsDeps, person: Person): Promise<AccountRecord> {
  const { userId, displayName, email } = person
  if (userId === undefined) throw new OidcRefusal('no-name', `The claim ${config.userClaim} is missing`)
  if (!config.createsAccounts) throw new OidcRefusal('no-account', 'Accounts are not made at the first sign-in')
  try {
    return await accounts.add(
      {
        userId,
        ...(displayName === undefined ? {} : { displayName: displayName.slice(0, 64) }),
        ...(email === undefined ? {} : { email }),
      },
      ACTOR,
    )
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (error.kind === 'exists') throw new OidcRefusal('taken', 'There is an account of that name', { cause: error })
    if (error.kind === 'bad-request') throw new OidcRefusal('bad-name', error.message, { cause: error })
    throw error
  }
}

/** What cannot be taken over is left as it was and logged: a wrong quota must not lock anybody out. */
async function bringUpToDate(deps: OidcAccountsDeps, userId: string, person: Person): Promise<void> {
  const { accounts, editing, log } = deps
  const record = await accounts.get(userId)
  const wanted = [
    ['displayname', person.displayName, record.row.display_name],
    ['email', person.email, record.row.email ?? ''],
    ['quota', person.quota, record.row.quota],
  ] as const
  for (const [key, value, current] of wanted) {
    if (value === undefined || value === current) continue
    try {
      await editing.change(record, key, value, undefined)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      log.warn({ user: userId, field: key, reason: error.message }, 'A claim of the identity provider was not taken')
    }
  }
  if (person.groupIds !== undefined) await syncGroups(deps, record, person.groupIds)
}

/** Joins what the claim names, and leaves what it has named before: other memberships are not its business. */
async function syncGroups(deps: OidcAccountsDeps, record: AccountRecord, wanted: readonly string[]): Promise<void> {
  const { db, accounts, log } = deps
  const { id } = record.row
  const given = await store.listGroups(db.read, id)
  /** Resolves to whether it was done; what the rules of groups forbid is logged. */
  const tried = async (groupId: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      log.warn({ group: groupId, reason: error.message }, 'A group of the identity provider was not taken')
      return false
    }
  }
  const kept: string[] = []
  for (const groupId of wanted) {
    const isMember = record.groupIds.includes(groupId)
    const isOurs = isMember ? given.includes(groupId) : await tried(groupId, () => join(deps, groupId, id))
    if (isOurs) kept.push(groupId)
  }
  for (const groupId of given.filter((known) => !wanted.includes(known))) {
    if (!record.groupIds.includes(groupId)) continue
    // The last administrator stays one.
    if (!(await tried(groupId, () => accounts.leaveGroup(record, groupId, ACTOR)))) kept.push(groupId)
  }
  if (kept.toSorted().join('\n') !== given.toSorted().join('\n')) {
    await db.write((tx) => store.replaceGroups(tx, id, kept))
  }
}

async function join({ groups }: OidcAccountsDeps, groupId: string, accountId: number): Promise<void> {
  if ((await groups.find(groupId)) === undefined) await groups.add(groupId, groupId, ACTOR)
  await groups.addMember(groupId, accountId, ACTOR)
}
