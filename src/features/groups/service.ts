import type { Database, Reader, Tx } from '../../db/database.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../db/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import { MESSAGES } from './fault-messages.ts'
import * as store from './store.ts'

/** Members of this group administer the server. It always exists. */
export const ADMIN_GROUP = 'admin'

/** Longest group id and display name, in characters. */
const MAX_GROUP_CHARS = 255

export interface Group {
  readonly groupId: string
  readonly displayName: string
}

export interface GroupDetails extends Group {
  readonly memberCount: number
  /** How many of the accounts that were asked about are members. */
  readonly amongCount: number
}

export interface GroupsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
}

export interface Groups {
  find(groupId: string): Promise<Group | undefined>
  /** Throws Fault `not-found`. */
  get(groupId: string): Promise<Group>
  /** In the order of the ids, as far as they exist; three statements however many they are. */
  detailsOf(groupIds: readonly string[], among: readonly number[]): Promise<GroupDetails[]>
  listAdminAccountIds(groupId: string): Promise<number[]>
  /** Throws Fault `not-found`, or `bad-request` for a name that cannot be one. */
  rename(groupId: string, displayName: string, actor: string): Promise<void>
  /** By id; `search` looks into ids and names. */
  list(search: string, limit: number, offset: number): Promise<Group[]>
  /** Inside a transaction when one is given. */
  listMemberAccountIds(groupId: string, tx?: Tx): Promise<number[]>
  /** Ids of the members of many groups, in one statement; a group without any has an empty list. */
  listMembersOf(groupIds: readonly string[]): Promise<Map<string, number[]>>
  /** Groups and administered groups of some accounts, in two statements however many they are. */
  loadRoles(db: Reader | Tx, accountIds: readonly number[]): Promise<Map<number, AccountRoles>>
  isMember(groupId: string, accountId: number): Promise<boolean>
  /** Throws Fault `exists`, or `bad-request` for an id that cannot be one. */
  add(groupId: string, displayName: string, actor: string): Promise<void>
  /** Throws Fault `not-found`, and `forbidden` for the administrators' group. */
  remove(groupId: string, actor: string): Promise<void>
  /** Throws Fault `not-found` when there is no such group or account. */
  addMember(groupId: string, accountId: number, actor: string): Promise<void>
  removeMember(groupId: string, accountId: number, actor: string): Promise<void>
  /** Makes an account administer a group. Throws Fault `forbidden` for the administrators' group. */
  addAdmin(groupId: string, accountId: number, actor: string): Promise<void>
  removeAdmin(groupId: string, accountId: number, actor: string): Promise<void>
  /** For a caller that is inside a transaction already, such as the making of an account. */
  addMemberIn(tx: Tx, groupId: string, accountId: number): Promise<void>
  removeMemberIn(tx: Tx, groupId: string, accountId: number): Promise<void>
  addAdminIn(tx: Tx, groupId: string, accountId: number): Promise<void>
  removeAdminIn(tx: Tx, groupId: string, accountId: number): Promise<void>
}

export interface AccountRoles {
  readonly groupIds: readonly string[]
  readonly administeredGroupIds: readonly string[]
}

export function createGroups({ db, clock, audit }: GroupsDeps): Groups {
  const get = async (groupId: string): Promise<Group> => {
    const group = await store.findGroup(db.read, groupId)
    if (group === undefined) throw new Fault('not-found', MESSAGES.noGroup, { reason: 'no-group' })
    return toGroup(group)
  }
  /** A change of one account's part in a group, with its stamp and its audit line. */
  const changeRole = async (event: string, groupId: string, accountId: number, actor: string, write: RoleWrite) => {
    await get(groupId)
    await db
      .write(async (tx) => {
        await write(tx, groupId, accountId)
        await db.stamps.bump(tx, accountTopic(accountId))
      })
      .catch((error: unknown) => {
        if (isForeignKeyViolation(error)) throw new Fault('not-found', MESSAGES.noAccount, { reason: 'no-account' })
        throw error
      })
    audit.record({ event, actor, subject: groupId, detail: { accountId } })
  }
  return {
    get,
    async find(groupId) {
      const group = await store.findGroup(db.read, groupId)
      return group === undefined ? undefined : toGroup(group)
    },
    async detailsOf(groupIds, among) {
      const groups = new Map((await store.findGroups(db.read, groupIds)).map((row) => [row.group_id, row]))
      const counted = async (accountIds?: readonly number[]): Promise<Map<string, number>> =>
        new Map((await store.countMembers(db.read, groupIds, accountIds)).map(({ groupId, count }) => [groupId, count]))
      const [members, those] = [await counted(), await counted(among)]
      return groupIds.flatMap((groupId) => {
        const row = groups.get(groupId)
        if (row === undefined) return []
        return [{ ...toGroup(row), memberCount: members.get(groupId) ?? 0, amongCount: those.get(groupId) ?? 0 }]
      })
    },
    listAdminAccountIds: (groupId) => store.listAdminAccountIds(db.read, groupId),
    async rename(groupId, displayName, actor) {
      await get(groupId)
      checkGroupText(displayName)
      await db.write((tx) => store.updateGroupName(tx, groupId, displayName))
      audit.record({ event: 'group.renamed', actor, subject: groupId })
    },
    async list(search, limit, offset) {
      return (await store.listGroups(db.read, search, limit, offset)).map(toGroup)
    },
    listMemberAccountIds: (groupId, tx) => store.listMemberAccountIds(tx ?? db.read, groupId),
    async listMembersOf(groupIds) {
      const members = new Map<string, number[]>(groupIds.map((groupId) => [groupId, []]))
      for (const row of await store.listMembersOf(db.read, groupIds)) members.get(row.groupId)?.push(row.accountId)
      return members
    },
    loadRoles,
    isMember: (groupId, accountId) => store.isMember(db.read, groupId, accountId),
    async add(groupId, displayName, actor) {
      checkGroupText(groupId)
      checkGroupText(displayName)
      const group = { group_id: groupId, display_name: displayName, created_at_ms: clock.nowMs() }
      await db
        .write((tx) => store.insertGroup(tx, group))
        .catch((error: unknown) => {
          if (isUniqueViolation(error)) throw new Fault('exists', MESSAGES.groupExists, { reason: 'group-exists' })
          throw error
        })
      audit.record({ event: 'group.created', actor, subject: groupId })
    },
    async remove(groupId, actor) {
      await get(groupId)
      if (groupId === ADMIN_GROUP) throw new Fault('forbidden', MESSAGES.adminsStay)
      await db.write(async (tx) => {
        const concerned = await store.listConcernedAccountIds(tx, groupId)
        await store.deleteGroup(tx, groupId)
        for (const accountId of concerned) await db.stamps.bump(tx, accountTopic(accountId))
      })
      audit.record({ event: 'group.deleted', actor, subject: groupId })
    },
    addMember: (groupId, accountId, actor) =>
      changeRole('group.member-added', groupId, accountId, actor, store.insertMember),
    removeMember: (groupId, accountId, actor) =>
      changeRole('group.member-removed', groupId, accountId, actor, store.deleteMember),
    async addAdmin(groupId, accountId, actor) {
      if (groupId === ADMIN_GROUP) throw new Fault('forbidden', MESSAGES.noAdminOfAdmins)
      await changeRole('group.admin-added', groupId, accountId, actor, store.insertGroupAdmin)
    },
    removeAdmin: (groupId, accountId, actor) =>
      changeRole('group.admin-removed', groupId, accountId, actor, store.deleteGroupAdmin),
    addMemberIn: store.insertMember,
    removeMemberIn: store.deleteMember,
    addAdminIn: store.insertGroupAdmin,
    removeAdminIn: store.deleteGroupAdmin,
  }
}

type RoleWrite = (tx: Tx, groupId: string, accountId: number) => Promise<void>

async function loadRoles(db: Reader | Tx, accountIds: readonly number[]): Promise<Map<number, AccountRoles>> {
  const roles = new Map<number, { groupIds: string[]; administeredGroupIds: string[] }>()
  for (const accountId of accountIds) roles.set(accountId, { groupIds: [], administeredGroupIds: [] })
  if (accountIds.length === 0) return roles
  for (const row of await store.listMemberships(db, accountIds)) roles.get(row.accountId)?.groupIds.push(row.groupId)
  for (const row of await store.listAdministrations(db, accountIds)) {
    roles.get(row.accountId)?.administeredGroupIds.push(row.groupId)
  }
  return roles
}

function toGroup(row: store.GroupRow): Group {
  return { groupId: row.group_id, displayName: row.display_name }
}

function checkGroupText(text: string): void {
  if (text.trim() === '') throw new Fault('bad-request', MESSAGES.invalidName, { reason: 'invalid-group' })
  if (text.length > MAX_GROUP_CHARS || /[\u0000-\u001f\u007f]/.test(text)) {
    throw new Fault('bad-request', MESSAGES.invalidName, { reason: 'invalid-group' })
  }
}
