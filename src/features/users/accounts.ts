import type { Database, Tx } from '../../db/database.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../db/errors.ts'
import type { Events } from '../../events/events.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { hashPassword } from '../../lib/password-hash.ts'
import { accountTopic } from '../../lib/topics.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import {
  acceptDisplayName,
  acceptEmail,
  acceptLanguage,
  checkPassword,
  checkUserId,
  passwordColumns,
} from './account-rules.ts'
import type {} from './events.ts'
import { MESSAGES } from './fault-messages.ts'
import { createLastAdminGuard } from './last-admin.ts'
import { createListPlaces, type ListPlaces } from './list-places.ts'
import { acceptQuota } from './quota.ts'
import { type AccountRecord, type AccountRecords, userKeyOf } from './records.ts'
import * as store from './store.ts'

export interface NewAccount {
  readonly userId: string
  /** Without one nobody can sign in until it is set. */
  readonly password?: string
  readonly displayName?: string
  readonly email?: string
  readonly quota?: string
  readonly language?: string
  readonly groupIds?: readonly string[]
  readonly administeredGroupIds?: readonly string[]
  /** User id; nobody checks that there is one. */
  readonly manager?: string
  /** Whether the account is told by mail that it is there. */
  readonly isWelcomed?: boolean
}

/** Which of the accounts that a viewer administers. */
export interface AccountFilter {
  readonly isEnabled?: boolean
  readonly groupId?: string
  /** Default: by user id. */
  readonly order?: 'last-login'
}

export interface Accounts {
  /** The viewer's own account. Throws Fault `unauthenticated` when it was deleted meanwhile. */
  own(viewer: AccountViewer): AccountRecord | Promise<AccountRecord>
  find(accountId: number): Promise<AccountRecord | undefined>
  /** Throws Fault `not-found` with reason `no-account`. */
  get(userId: string): Promise<AccountRecord>
  /**
   * An account as far as this viewer may see it. Throws Fault `not-found`: with reason `no-account` when there is none,
   * with reason `hidden` when it is none of the viewer's business (the wire tells the two apart).
   */
  getVisible(viewer: AccountViewer, userId: string): Promise<AccountRecord>
  /** Like `getVisible`, for changing it: an account that does not exist is `hidden` too. */
  getEditable(viewer: AccountViewer, userId: string): Promise<AccountRecord>
  /** Ids of the accounts that a viewer administers, or of all for `undefined`. */
  list(
    viewer: AccountViewer | undefined,
    search: string,
    limit: number,
    offset: number,
    filter?: AccountFilter,
  ): Promise<string[]>
  load(userIds: readonly string[]): Promise<AccountRecord[]>
  listUserIdsIn(groupId: string): Promise<string[]>
  /** Accounts that may not sign in; usually few. */
  listDisabledIds(): Promise<number[]>
  /** User ids by account id, in one statement, in their order on the wire. */
  namesOf(accountIds: readonly number[]): Promise<ReadonlyMap<number, string>>
  /** In their order on the wire. */
  userIdsOf(accountIds: readonly number[]): Promise<string[]>
  /** How many there are, and how many of them may not sign in. */
  countDisabled(): Promise<number>
  count(): Promise<number>
  exists(userId: string): Promise<boolean>
  /** Throws what `add` would throw for the values themselves; nothing is made. */
  check(account: NewAccount): void
  /** Throws Fault `exists`, or `bad-request` naming the field. */
  add(account: NewAccount, actor: string): Promise<AccountRecord>
  /** Throws Fault `forbidden` for the last administrator. */
  remove(record: AccountRecord, actor: string): Promise<void>
  /** Throws Fault `forbidden` for the last administrator. */
  setEnabled(record: AccountRecord, enabled: boolean, actor: string): Promise<void>
  /** Throws Fault `forbidden` when it would leave the server without an administrator. */
  leaveGroup(record: AccountRecord, groupId: string, actor: string): Promise<void>
  /** Ends every session. App passwords stay. `first` runs in the same transaction: what it throws keeps the old password. */
  setPassword(record: AccountRecord, password: string, actor: string, first?: (tx: Tx) => Promise<void>): Promise<void>
}

export interface AccountsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  readonly groups: Groups
  readonly records: AccountRecords
}

export function createAccounts(deps: AccountsDeps): Accounts {
  const { db, clock, audit, groups } = deps
  const places = createListPlaces(db)
  const change = async (record: AccountRecord, write: (tx: Tx) => Promise<void>): Promise<void> => {
    await db.write(async (tx) => {
      await write(tx)
      await db.stamps.bump(tx, accountTopic(record.row.id))
    })
  }
  const refuseLastAdmin = createLastAdminGuard(db, groups)
  return {
    ...createReading(deps, places),
    check(account) {
      acceptAccount(account)
    },
    add: createAdding(deps, places),
    async remove(record, actor) {
      await change(record, async (tx) => {
        await refuseLastAdmin(tx, record.row.id, MESSAGES.lastAdminDeleted)
        await store.deleteAccount(tx, record.row.id)
        await places.forgetIn(tx)
      })
      audit.record({ event: 'account.deleted', actor, subject: record.row.user_id })
    },
    async setEnabled(record, enabled, actor) {
      await change(record, async (tx) => {
        if (!enabled) await refuseLastAdmin(tx, record.row.id, MESSAGES.lastAdminDisabled)
        await store.updateAccount(tx, record.row.id, { enabled: enabled ? 1 : 0 })
      })
      audit.record({ event: enabled ? 'account.enabled' : 'account.disabled', actor, subject: record.row.user_id })
    },
    async leaveGroup(record, groupId, actor) {
      if (groupId !== ADMIN_GROUP) return groups.removeMember(groupId, record.row.id, actor)
      await change(record, async (tx) => {
        await refuseLastAdmin(tx, record.row.id, MESSAGES.lastAdminDemoted)
        await groups.removeMemberIn(tx, groupId, record.row.id)
      })
      audit.record({ event: 'group.member-removed', actor, subject: groupId, detail: { accountId: record.row.id } })
    },
    async setPassword(record, password, actor, first) {
      const changed = await passwordColumns(password, clock.nowMs())
      await change(record, async (tx) => {
        await first?.(tx)
        await store.updateAccount(tx, record.row.id, changed)
      })
      audit.record({ event: 'account.password-changed', actor, subject: record.row.user_id })
    },
  }
}

function createAdding(
  { db, clock, audit, events, groups, records }: AccountsDeps,
  places: ListPlaces,
): Accounts['add'] {
  const insertIn = async (tx: Tx, account: NewAccount, row: Omit<store.AccountRow, 'id'>): Promise<number> => {
    const accountId = await store.insertAccount(tx, row)
    for (const groupId of account.groupIds ?? []) await groups.addMemberIn(tx, groupId, accountId)
    for (const groupId of account.administeredGroupIds ?? []) await groups.addAdminIn(tx, groupId, accountId)
    await db.stamps.bump(tx, accountTopic(accountId))
    await places.forgetIn(tx)
    if (account.isWelcomed) await events.add(tx, 'account.welcome-wanted', { accountId })
    return accountId
  }
  return async (account, actor) => {
    const row = await newRow(account, clock.nowMs())
    for (const groupId of account.groupIds ?? []) await groups.get(groupId)
    const accountId = await db
      .write((tx) => insertIn(tx, account, row))
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new Fault('exists', MESSAGES.accountExists, { reason: 'account-exists' })
        if (isForeignKeyViolation(error)) throw groupGone()
        throw error
      })
    audit.record({ event: 'account.created', actor, subject: row.user_id })
    const record = await records.find(accountId)
    if (record === undefined) throw new Fault('conflict', MESSAGES.goneWhileMade)
    return record
  }
}

type Reading = Pick<
  Accounts,
  | 'own'
  | 'find'
  | 'get'
  | 'exists'
  | 'getVisible'
  | 'getEditable'
  | 'list'
  | 'load'
  | 'listUserIdsIn'
  | 'userIdsOf'
  | 'namesOf'
  | 'listDisabledIds'
  | 'count'
  | 'countDisabled'
>

function createReading({ db, records, groups }: AccountsDeps, places: ListPlaces): Reading {
  const getVisible = async (viewer: AccountViewer, userId: string): Promise<AccountRecord> => {
    const record = await records.findByUserId(userId)
    if (record === undefined) throw noAccount()
    if (!maySee(viewer, record)) throw hidden()
    return record
  }
  const userIdsOf = (accountIds: readonly number[]): Promise<string[]> =>
    store.listUserIds(db, { search: '', limit: accountIds.length + 1, offset: 0, accountIds })
  return {
    getVisible,
    find: async (accountId) => records.find(accountId),
    own(viewer) {
      const record = records.find(viewer.accountId)
      return record instanceof Promise ? record.then(requireOwn) : requireOwn(record)
    },
    exists: async (userId) => (await records.findByUserId(userId)) !== undefined,
    async get(userId) {
      const record = await records.findByUserId(userId)
      if (record === undefined) throw noAccount()
      return record
    },
    async getEditable(viewer, userId) {
      const record = await records.findByUserId(userId)
      if (record === undefined || !mayChange(viewer, record)) throw hidden()
      return record
    },
    async list(viewer, search, limit, offset, { groupId, isEnabled, order } = {}) {
      const wanted = { search, limit, offset, isEnabled, order }
      const groupIds = viewer === undefined || viewer.isAdmin ? undefined : viewer.administeredGroupIds
      if (groupIds === undefined && groupId === undefined) return listFromPlace(db, places, wanted)
      const members = await groups.listMembersOf(groupId === undefined ? (groupIds ?? []) : [groupId])
      return store.listUserIds(db, { ...wanted, accountIds: [...members.values()].flat() })
    },
    async load(userIds) {
      return records.load(await store.listAccountIdsByKeys(db.read, userIds.map(userKeyOf)))
    },
    async listUserIdsIn(groupId) {
      return userIdsOf(await groups.listMemberAccountIds(groupId))
    },
    userIdsOf,
    namesOf: (accountIds) => store.listNames(db, accountIds),
    listDisabledIds: () => store.listDisabledIds(db.read),
    countDisabled: async () => (await store.listDisabledIds(db.read)).length,
    count: () => store.countAccounts(db.read),
  }
}

/** Goes on where the page before ended, when that is known. */
async function listFromPlace(db: Database, places: ListPlaces, wanted: store.AccountSearch): Promise<string[]> {
  const { search, limit, offset, isEnabled, order } = wanted
  if (order !== undefined) return store.listUserIds(db, wanted)
  const list = `${isEnabled} ${search}`
  const afterKey = offset === 0 ? undefined : places.find(list, offset)
  const userIds = await store.listUserIds(db, afterKey === undefined ? wanted : { ...wanted, offset: 0, afterKey })
  const last = userIds.at(-1)
  if (last !== undefined && userIds.length === limit) places.note(list, offset + limit, userKeyOf(last))
  return userIds
}

function requireOwn(record: AccountRecord | undefined): AccountRecord {
  if (record === undefined) throw new Fault('unauthenticated', 'Unauthorised')
  return record
}

const noAccount = (): Fault => new Fault('not-found', MESSAGES.noAccount, { reason: 'no-account' })
/** It was there when it was looked for, a moment ago. */
export const groupGone = (): Fault => new Fault('bad-request', MESSAGES.groupGone, { reason: 'unknown-group' })
const hidden = (): Fault => new Fault('not-found', '', { reason: 'hidden' })

function maySee(viewer: AccountViewer, record: AccountRecord): boolean {
  if (viewer.isAdmin || viewer.accountId === record.row.id) return true
  return record.groupIds.some((groupId) => viewer.administeredGroupIds.includes(groupId))
}

/** A group administrator has no say over administrators. */
function mayChange(viewer: AccountViewer, record: AccountRecord): boolean {
  const isAboveViewer = record.groupIds.includes(ADMIN_GROUP) && !viewer.isAdmin
  return maySee(viewer, record) && (!isAboveViewer || viewer.accountId === record.row.id)
}

type AcceptedAccount = Pick<
  store.AccountRow,
  'user_id' | 'user_key' | 'display_name' | 'display_key' | 'email' | 'email_key' | 'quota' | 'language' | 'manager'
>

function acceptAccount(account: NewAccount): AcceptedAccount {
  checkUserId(account.userId)
  if (account.password !== undefined) checkPassword(account.password)
  const displayName = acceptDisplayName(account.displayName ?? '')
  const email = acceptEmail(account.email ?? '')
  return {
    user_id: account.userId,
    user_key: userKeyOf(account.userId),
    display_name: displayName,
    display_key: (displayName === '' ? account.userId : displayName).toLowerCase(),
    email,
    email_key: email?.toLowerCase() ?? null,
    quota: acceptQuota(account.quota ?? 'default'),
    language: account.language === undefined || account.language === '' ? '' : acceptLanguage(account.language),
    manager: account.manager ?? '',
  }
}

async function newRow(account: NewAccount, nowMs: number): Promise<Omit<store.AccountRow, 'id'>> {
  return {
    ...acceptAccount(account),
    password_hash: account.password === undefined ? null : await hashPassword(account.password),
    password_changed_at_ms: nowMs,
    enabled: 1,
    locale: '',
    timezone: '',
    notify_email: null,
    created_at_ms: nowMs,
    first_login_at_ms: null,
    last_login_at_ms: null,
  }
}
