import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Groups } from '../groups/index.ts'
import type { Accounts, NewAccount } from './accounts.ts'
import { MESSAGES } from './fault-messages.ts'
import { administers, refused, requireAdministrable, requireJoinable, requireLeavable } from './membership-rules.ts'
import type { AccountRecord } from './records.ts'

export interface AccountOrder extends NewAccount {
  readonly groupIds: readonly string[]
  /** Groups that the account is to administer. */
  readonly administeredGroupIds: readonly string[]
}

/**
 * What administrators, and administrators of groups within theirs, do with accounts (recordings provisioning-users,
 * provisioning-users-edit). Throws Faults whose reasons the routes turn into the codes of the wire.
 */
export interface Managing {
  add(viewer: AccountViewer, order: AccountOrder): Promise<AccountRecord>
  remove(viewer: AccountViewer, userId: string): Promise<void>
  setEnabled(viewer: AccountViewer, userId: string, enabled: boolean): Promise<void>
  addToGroup(viewer: AccountViewer, userId: string, groupId: string): Promise<void>
  removeFromGroup(viewer: AccountViewer, userId: string, groupId: string): Promise<void>
  promote(viewer: AccountViewer, userId: string, groupId: string): Promise<void>
  demote(viewer: AccountViewer, userId: string, groupId: string): Promise<void>
}

export interface ManagingDeps {
  readonly accounts: Accounts
  readonly groups: Groups
  /** Whether somebody without a password can be invited by mail to choose one. */
  readonly canMail: boolean
}

export function createManaging(deps: ManagingDeps): Managing {
  const { accounts, groups } = deps
  /** Never oneself: nobody locks oneself out by accident. */
  const other = async (viewer: AccountViewer, userId: string): Promise<AccountRecord> => {
    const record = await accounts.getEditable(viewer, userId)
    if (record.row.id === viewer.accountId) throw refused('bad-request', '', 'oneself')
    return record
  }
  return {
    async add(viewer, order) {
      await checkOrder(deps, viewer, order)
      return accounts.add({ ...order, isWelcomed: order.password === undefined }, viewer.userId)
    },
    async remove(viewer, userId) {
      await accounts.remove(await other(viewer, userId), viewer.userId)
    },
    async setEnabled(viewer, userId, enabled) {
      // From an administrator nothing is hidden: what is not found is not there, and has its own code on the wire here.
      const record = await other(viewer, userId).catch((error: unknown) => {
        const isUnknown = viewer.isAdmin && error instanceof Fault && error.kind === 'not-found'
        throw isUnknown ? refused('bad-request', '', 'unknown-account') : error
      })
      await accounts.setEnabled(record, enabled, viewer.userId)
    },
    async addToGroup(viewer, userId, groupId) {
      const record = await memberOf(deps, viewer, userId, groupId)
      if (!administers(viewer, groupId)) throw refused('forbidden', '', 'not-your-group')
      await groups.addMember(groupId, record.row.id, viewer.userId)
    },
    async removeFromGroup(viewer, userId, groupId) {
      const record = await memberOf(deps, viewer, userId, groupId)
      if (!administers(viewer, groupId)) throw refused('forbidden', '', 'not-your-group')
      requireLeavable(viewer, record, [groupId])
      await accounts.leaveGroup(record, groupId, viewer.userId)
    },
    async promote(viewer, userId, groupId) {
      const record = await accounts.get(userId)
      await groups.get(groupId)
      await groups.addAdmin(groupId, record.row.id, viewer.userId)
    },
    async demote(viewer, userId, groupId) {
      const record = await accounts.get(userId)
      await groups.get(groupId)
      if (!record.administeredGroupIds.includes(groupId)) {
        throw refused('bad-request', MESSAGES.noGroupAdmin, 'no-group-admin')
      }
      await groups.removeAdmin(groupId, record.row.id, viewer.userId)
    },
  }
}

/** Everything about groups before anything is made, in the order of the recordings. */
async function checkOrder(
  { groups, canMail }: ManagingDeps,
  viewer: AccountViewer,
  order: AccountOrder,
): Promise<void> {
  for (const groupId of order.groupIds) await requireJoinable(groups, viewer, groupId)
  if (!viewer.isAdmin && order.groupIds.length === 0) {
    throw refused('bad-request', MESSAGES.noGroupGiven, 'no-group-given')
  }
  for (const groupId of order.administeredGroupIds) await requireAdministrable(groups, viewer, groupId)
  if (order.password !== undefined) return
  if (!canMail) throw refused('bad-request', MESSAGES.noPasswordNoMail, 'no-password')
  if ((order.email ?? '').trim() === '') throw refused('bad-request', MESSAGES.noPasswordNoAddress, 'no-password')
}

/**
 * The account whose membership changes. A group administrator takes in only accounts that are theirs already: else they
 * could make any account theirs, and then set its password (bug class: a group administrator who is too powerful).
 */
async function memberOf(
  { accounts, groups }: ManagingDeps,
  viewer: AccountViewer,
  userId: string,
  groupId: string,
): Promise<AccountRecord> {
  if (groupId === '') throw refused('bad-request', '', 'no-group-given')
  if ((await groups.find(groupId)) === undefined) throw refused('bad-request', '', 'unknown-group')
  try {
    return await accounts.getEditable(viewer, userId)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'not-found') throw refused('bad-request', '', 'unknown-account')
    throw error
  }
}
