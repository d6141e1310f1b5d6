import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import type { Accounts, NewAccount } from './accounts.ts'
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
}

const refused = (kind: 'bad-request' | 'forbidden' | 'not-found', message: string, reason: string): Fault =>
  new Fault(kind, message, { reason })

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
      await checkOrder(groups, viewer, order)
      const record = await accounts.add(order, viewer.userId)
      for (const groupId of order.administeredGroupIds) await groups.addAdmin(groupId, record.row.id, viewer.userId)
      return record
    },
    async remove(viewer, userId) {
      await accounts.remove(await other(viewer, userId), viewer.userId)
    },
    async setEnabled(viewer, userId, enabled) {
      await accounts.setEnabled(await other(viewer, userId), enabled, viewer.userId)
    },
    async addToGroup(viewer, userId, groupId) {
      const record = await memberOf(deps, viewer, userId, groupId)
      if (!administers(viewer, groupId)) throw refused('forbidden', '', 'not-your-group')
      await groups.addMember(groupId, record.row.id, viewer.userId)
    },
    async removeFromGroup(viewer, userId, groupId) {
      const record = await memberOf(deps, viewer, userId, groupId)
      if (!administers(viewer, groupId)) throw refused('forbidden', '', 'not-your-group')
      refuseLeaving(viewer, record, groupId)
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
        throw refused('bad-request', 'User is not a sub-admin of this group', 'no-group-admin')
      }
      await groups.removeAdmin(groupId, record.row.id, viewer.userId)
    },
  }
}

function administers(viewer: AccountViewer, groupId: string): boolean {
  return viewer.isAdmin || viewer.administeredGroupIds.includes(groupId)
}

/** Everything about groups before anything is made, in the order of the recordings. */
async function checkOrder(groups: Groups, viewer: AccountViewer, order: AccountOrder): Promise<void> {
  for (const groupId of order.groupIds) {
    if ((await groups.find(groupId)) === undefined) {
      throw refused('bad-request', `Group ${groupId} does not exist`, 'unknown-group')
    }
    // Only an administrator makes administrators (bug class: a group administrator who is too powerful).
    if (!administers(viewer, groupId)) {
      throw refused('forbidden', `Insufficient privileges for group ${groupId}`, 'foreign-group')
    }
  }
  if (!viewer.isAdmin && order.groupIds.length === 0) {
    throw refused('bad-request', 'No group specified (required for sub-admins)', 'no-group-given')
  }
  for (const groupId of order.administeredGroupIds) {
    if ((await groups.find(groupId)) === undefined) {
      throw refused('bad-request', 'Sub-admin group does not exist', 'unknown-admin-group')
    }
    if (groupId === ADMIN_GROUP) {
      throw refused('bad-request', 'Cannot create sub-admins for admin group', 'admin-group')
    }
    if (!administers(viewer, groupId)) {
      throw refused('forbidden', 'Insufficient privileges to promote user to sub-admin', 'foreign-group')
    }
  }
  if (order.password === undefined) {
    const message = 'A password is required: no mail is sent from here, so nobody could be invited to choose one'
    throw refused('bad-request', message, 'no-password')
  }
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

function refuseLeaving(viewer: AccountViewer, record: AccountRecord, groupId: string): void {
  const isOneself = record.row.id === viewer.accountId
  if (isOneself && viewer.isAdmin && groupId === ADMIN_GROUP) {
    throw refused('forbidden', 'Cannot remove yourself from the admin group', 'must-stay')
  }
  if (viewer.isAdmin) return
  if (isOneself) {
    throw refused('forbidden', 'Cannot remove yourself from this group as you are a sub-admin', 'must-stay')
  }
  const left = record.groupIds.filter((id) => viewer.administeredGroupIds.includes(id) && id !== groupId)
  if (left.length === 0) {
    throw refused('forbidden', 'Not viable to remove user from the last group you are sub-admin of', 'must-stay')
  }
}
