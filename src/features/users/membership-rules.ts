import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import type { AccountRecord } from './records.ts'

/** Who may put whom where (recordings provisioning-users, provisioning-users-edit). Faults carry reasons for the wire. */

export const refused = (kind: 'bad-request' | 'forbidden', message: string, reason: string): Fault =>
  new Fault(kind, message, { reason })

export function administers(viewer: AccountViewer, groupId: string): boolean {
  return viewer.isAdmin || viewer.administeredGroupIds.includes(groupId)
}

/** Throws Fault with reason `unknown-group` or `foreign-group`. */
export async function requireJoinable(groups: Groups, viewer: AccountViewer, groupId: string): Promise<void> {
  if ((await groups.find(groupId)) === undefined) {
    throw refused('bad-request', `Group ${groupId} does not exist`, 'unknown-group')
  }
  // Only an administrator makes administrators (bug class: a group administrator who is too powerful).
  if (!administers(viewer, groupId)) {
    throw refused('forbidden', `Insufficient privileges for group ${groupId}`, 'foreign-group')
  }
}

/** Throws Fault with reason `unknown-admin-group`, `admin-group` or `foreign-group`. */
export async function requireAdministrable(groups: Groups, viewer: AccountViewer, groupId: string): Promise<void> {
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

/** Throws Fault with reason `must-stay` when the account may not leave these groups, even if it joins others. */
export function requireLeavable(
  viewer: AccountViewer,
  record: AccountRecord,
  left: readonly string[],
  joined: readonly string[] = [],
): void {
  if (left.length === 0) return
  const isOneself = record.row.id === viewer.accountId
  if (isOneself && viewer.isAdmin && left.includes(ADMIN_GROUP)) {
    throw refused('forbidden', 'Cannot remove yourself from the admin group', 'must-stay')
  }
  if (viewer.isAdmin) return
  if (isOneself) {
    throw refused('forbidden', 'Cannot remove yourself from this group as you are a sub-admin', 'must-stay')
  }
  const kept = [...record.groupIds, ...joined].filter(
    (groupId) => viewer.administeredGroupIds.includes(groupId) && !left.includes(groupId),
  )
  if (kept.length === 0) {
    throw refused('forbidden', 'Not viable to remove user from the last group you are sub-admin of', 'must-stay')
  }
}
