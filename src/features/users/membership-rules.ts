import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Message } from '../../lib/languages.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import { MESSAGES } from './fault-messages.ts'
import type { AccountRecord } from './records.ts'

/** Who may put whom where (recordings provisioning-users, provisioning-users-edit). Faults carry reasons for the wire. */

export const refused = (kind: 'bad-request' | 'forbidden', message: Message | '', reason: string): Fault =>
  new Fault(kind, message, { reason })

export function administers(viewer: AccountViewer, groupId: string): boolean {
  return viewer.isAdmin || viewer.administeredGroupIds.includes(groupId)
}

/** Throws Fault with reason `unknown-group` or `foreign-group`. */
export async function requireJoinable(groups: Groups, viewer: AccountViewer, groupId: string): Promise<void> {
  if ((await groups.find(groupId)) === undefined) {
    throw refused('bad-request', MESSAGES.unknownGroup(groupId), 'unknown-group')
  }
  // Only an administrator makes administrators (bug class: a group administrator who is too powerful).
  if (!administers(viewer, groupId)) {
    throw refused('forbidden', MESSAGES.foreignGroup(groupId), 'foreign-group')
  }
}

/** Throws Fault with reason `unknown-admin-group`, `admin-group` or `foreign-group`. */
export async function requireAdministrable(groups: Groups, viewer: AccountViewer, groupId: string): Promise<void> {
  if ((await groups.find(groupId)) === undefined) {
    throw refused('bad-request', MESSAGES.unknownAdminGroup, 'unknown-admin-group')
  }
  if (groupId === ADMIN_GROUP) {
    throw refused('bad-request', MESSAGES.noAdminOfAdmins, 'admin-group')
  }
  if (!administers(viewer, groupId)) {
    throw refused('forbidden', MESSAGES.mayNotPromote, 'foreign-group')
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
    throw refused('forbidden', MESSAGES.staysAdmin, 'must-stay')
  }
  if (viewer.isAdmin) return
  if (isOneself) {
    throw refused('forbidden', MESSAGES.staysInOwnGroup, 'must-stay')
  }
  const kept = [...record.groupIds, ...joined].filter(
    (groupId) => viewer.administeredGroupIds.includes(groupId) && !left.includes(groupId),
  )
  if (kept.length === 0) {
    throw refused('forbidden', MESSAGES.staysInLastGroup, 'must-stay')
  }
}
