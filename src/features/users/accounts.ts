import type { Database, Tx } from '../../db/database.ts'
import { isUniqueViolation } from '../../db/errors.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { hashPassword } from '../../lib/password-hash.ts'
import { accountTopic } from '../../lib/topics.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import { acceptDisplayName, acceptEmail, acceptLanguage, checkPassword, checkUserId } from './account-rules.ts'
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
  /** User id; nobody checks that there is one. */
  readonly manager?: string
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
  /** In their order on the wire. */
  userIdsOf(accountIds: readonly number[]): Promise<string[]>
  count(): Promise<number>
  /** Throws Fault `exists`, or `bad-request` naming the field. */
  add(account: NewAccount, actor: string): Promise<AccountRecord>
  /** Throws Fault `forbidden` for the last administrator. */
  remove(record: AccountRecord, actor: string): Promise<void>
  /** Throws Fault `forbidden` for the last administrator. */
  setEnabled(record: AccountRecord, enabled: boolean, actor: string): Promise<void>
  /** Throws Fault `forbidden` when it would leave the server without an administrator. */
  leaveGroup(record: AccountRecord, groupId: string, actor: string): Promise<void>
  /** Ends every session. App passwords stay. */
  setPassword(record: AccountRecord, password: string, actor: string): Promise<void>
}

export interface AccountsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly groups: Groups
  readonly records: AccountRecords
}

/** Stamp topic that serialises changes to who administers the server. */
const ADMINS_TOPIC = 'admins'

export function createAccounts({ db, clock, audit, groups, records }: AccountsDeps): Accounts {
  const change = async (record: AccountRecord, write: (tx: Tx) => Promise<void>): Promise<void> => {
    await db.write(async (tx) => {
      await write(tx)
      await db.stamps.bump(tx, accountTopic(record.row.id))
    })
  }
  const refuseLastAdmin = createLastAdminGuard(db, groups)
  return {
    ...createReading(db, records, groups),
    async add(account, actor) {
      const row = await newRow(account, clock.nowMs())
      for (const groupId of account.groupIds ?? []) await groups.get(groupId)
      const accountId = await db
        .write(async (tx) => {
          const made = await store.insertAccount(tx, row)
          for (const groupId of account.groupIds ?? []) await groups.addMemberIn(tx, groupId, made)
          await db.stamps.bump(tx, accountTopic(made))
          return made
        })
        .catch((error: unknown) => {
          if (isUniqueViolation(error)) throw new Fault('exists', 'User already exists', { reason: 'account-exists' })
          throw error
        })
      audit.record({ event: 'account.created', actor, subject: row.user_id })
      const record = await records.find(accountId)
      if (record === undefined) throw new Fault('conflict', 'The account was deleted while it was made')
      return record
    },
    async remove(record, actor) {
      await change(record, async (tx) => {
        await refuseLastAdmin(tx, record.row.id, 'deleted')
        await store.deleteAccount(tx, record.row.id)
      })
      audit.record({ event: 'account.deleted', actor, subject: record.row.user_id })
    },
    async setEnabled(record, enabled, actor) {
      await change(record, async (tx) => {
        if (!enabled) await refuseLastAdmin(tx, record.row.id, 'disabled')
        await store.updateAccount(tx, record.row.id, { enabled: enabled ? 1 : 0 })
      })
      audit.record({ event: enabled ? 'account.enabled' : 'account.disabled', actor, subject: record.row.user_id })
    },
    async leaveGroup(record, groupId, actor) {
      if (groupId !== ADMIN_GROUP) return groups.removeMember(groupId, record.row.id, actor)
      await change(record, async (tx) => {
        await refuseLastAdmin(tx, record.row.id, 'taken out of the administrators’ group')
        await groups.removeMemberIn(tx, groupId, record.row.id)
      })
      audit.record({ event: 'group.member-removed', actor, subject: groupId, detail: { accountId: record.row.id } })
    },
    async setPassword(record, password, actor) {
      checkPassword(password)
      const hash = await hashPassword(password)
      const changed = { password_hash: hash, password_changed_at_ms: clock.nowMs() }
      await change(record, (tx) => store.updateAccount(tx, record.row.id, changed))
      audit.record({ event: 'account.password-changed', actor, subject: record.row.user_id })
    },
  }
}

type LastAdminGuard = (tx: Tx, accountId: number, what: string) => Promise<void>

/** Runs inside the transaction of the change: two administrators may be at it at the same time. */
function createLastAdminGuard(db: Database, groups: Groups): LastAdminGuard {
  return async (tx, accountId, what) => {
    // The stamp's row is the lock: whoever comes second waits here and then counts what the first has left.
    await db.stamps.bump(tx, ADMINS_TOPIC)
    const adminIds = await groups.listMemberAccountIds(ADMIN_GROUP, tx)
    if (!adminIds.includes(accountId)) return
    const others = adminIds.filter((id) => id !== accountId)
    if ((await store.countEnabled(tx, others)) > 0) return
    throw new Fault('forbidden', `The last administrator cannot be ${what}`, { reason: 'last-admin' })
  }
}

type Reading = Pick<
  Accounts,
  | 'own'
  | 'get'
  | 'getVisible'
  | 'getEditable'
  | 'list'
  | 'load'
  | 'listUserIdsIn'
  | 'userIdsOf'
  | 'listDisabledIds'
  | 'count'
>

function createReading(db: Database, records: AccountRecords, groups: Groups): Reading {
  const getVisible = async (viewer: AccountViewer, userId: string): Promise<AccountRecord> => {
    const record = await records.findByUserId(userId)
    if (record === undefined) throw noAccount()
    if (!maySee(viewer, record)) throw hidden()
    return record
  }
  const userIdsOf = (accountIds: readonly number[]): Promise<string[]> =>
    store.listUserIds(db.read, { search: '', limit: accountIds.length + 1, offset: 0, accountIds })
  return {
    getVisible,
    own(viewer) {
      const record = records.find(viewer.accountId)
      return record instanceof Promise ? record.then(requireOwn) : requireOwn(record)
    },
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
      if (groupIds === undefined && groupId === undefined) return store.listUserIds(db.read, wanted)
      const accountIds = new Set<number>()
      for (const id of groupId === undefined ? (groupIds ?? []) : [groupId]) {
        for (const accountId of await groups.listMemberAccountIds(id)) accountIds.add(accountId)
      }
      return store.listUserIds(db.read, { ...wanted, accountIds: [...accountIds] })
    },
    async load(userIds) {
      return records.load(await store.listAccountIdsByKeys(db.read, userIds.map(userKeyOf)))
    },
    async listUserIdsIn(groupId) {
      return userIdsOf(await groups.listMemberAccountIds(groupId))
    },
    userIdsOf,
    listDisabledIds: () => store.listDisabledIds(db.read),
    count: () => store.countAccounts(db.read),
  }
}

function requireOwn(record: AccountRecord | undefined): AccountRecord {
  if (record === undefined) throw new Fault('unauthenticated', 'Unauthorised')
  return record
}

const noAccount = (): Fault => new Fault('not-found', 'User does not exist', { reason: 'no-account' })
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

async function newRow(account: NewAccount, nowMs: number): Promise<Omit<store.AccountRow, 'id'>> {
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
    password_hash: account.password === undefined ? null : await hashPassword(account.password),
    password_changed_at_ms: nowMs,
    enabled: 1,
    locale: '',
    timezone: '',
    notify_email: null,
    manager: account.manager ?? '',
    created_at_ms: nowMs,
    first_login_at_ms: null,
    last_login_at_ms: null,
  }
}
