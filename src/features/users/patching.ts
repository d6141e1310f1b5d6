import type { Database, Tx } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Language } from '../../lib/languages.ts'
import type { Audit } from '../../lib/log.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import { checkPassword, passwordColumns } from './account-rules.ts'
import { type Accounts, groupGone } from './accounts.ts'
import type { AccountEditing, ColumnChange } from './editing.ts'
import { MESSAGES } from './fault-messages.ts'
import { createLastAdminGuard } from './last-admin.ts'
import { administers, requireAdministrable, requireJoinable, requireLeavable } from './membership-rules.ts'
import type { AccountRecord } from './records.ts'

/** New values; null or nothing leaves a field as it is. */
export interface AccountPatch {
  readonly displayName?: string | null
  readonly password?: string | null
  readonly email?: string | null
  readonly quota?: string | null
  readonly language?: string | null
  readonly manager?: string | null
  /** Every group that the account shall be in, among those that the caller has a say in. */
  readonly groups?: readonly string[] | null
  readonly subadminGroups?: readonly string[] | null
}

export interface AccountPatching {
  /**
   * Changes several fields, all or none (recording provisioning-users-edit). Throws Fault `bad-request` with reason
   * `invalid-fields`, whose data has a message for each field at fault; `not-found` with reason `hidden`.
   */
  patch(viewer: AccountViewer, userId: string, patch: AccountPatch): Promise<AccountRecord>
}

export interface PatchingDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly accounts: Accounts
  readonly groups: Groups
  readonly editing: Pick<AccountEditing, 'acceptColumn' | 'saveColumnsIn'>
}

/** Names of the patch and those of the single fields. */
const COLUMNS = {
  displayName: 'displayname',
  email: 'email',
  quota: 'quota',
  language: 'language',
  manager: 'manager',
} as const

/** Ids of groups to join and leave, or to begin and stop administering. */
interface Difference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

const NOTHING: Difference = { added: [], removed: [] }

export function createPatching(deps: PatchingDeps): AccountPatching {
  const { clock, audit, accounts } = deps
  const write = createWrite(deps)
  return {
    async patch(viewer, userId, patch) {
      const record = await accounts.getEditable(viewer, userId)
      const errors: Record<string, Fault> = {}
      const check = async <T>(field: keyof AccountPatch, accept: () => T | Promise<T>): Promise<T | undefined> => {
        try {
          return await accept()
        } catch (error) {
          if (!(error instanceof Fault) || error.kind === 'internal') throw error
          errors[field] = error
          return undefined
        }
      }
      let columns: ColumnChange = {}
      for (const [field, key] of Object.entries(COLUMNS) as [keyof typeof COLUMNS, string][]) {
        const value = patch[field]
        if (typeof value !== 'string') continue
        columns = { ...columns, ...(await check(field, () => deps.editing.acceptColumn(record, key, value, viewer))) }
      }
      const { password } = patch
      if (typeof password === 'string') await check('password', () => checkPassword(password))
      const members = (await check('groups', () => membersOf(deps.groups, viewer, record, patch.groups))) ?? NOTHING
      const admins = (await check('subadminGroups', () => adminsOf(deps.groups, viewer, record, patch))) ?? NOTHING
      if (Object.keys(errors).length > 0) {
        throw new Fault('bad-request', '', {
          reason: 'invalid-fields',
          data: (language) => ({ errors: messagesOf(errors, language) }),
        })
      }
      if (typeof password === 'string') columns = { ...columns, ...(await passwordColumns(password, clock.nowMs())) }
      await write(record, columns, members, admins)
      const fields = Object.keys(patch).filter((name) => (patch[name as keyof AccountPatch] ?? null) !== null)
      audit.record({ event: 'account.changed', actor: viewer.userId, subject: userId, detail: { fields } })
      return accounts.get(userId)
    },
  }
}

function messagesOf(errors: Readonly<Record<string, Fault>>, language: Language): Record<string, string> {
  const said = ([field, fault]: [string, Fault]): [string, string] => [
    field,
    fault.messageIn(language) || MESSAGES.invalidField(field)[language],
  ]
  return Object.fromEntries(Object.entries(errors).map(said))
}

type Write = (record: AccountRecord, columns: ColumnChange, members: Difference, admins: Difference) => Promise<void>

function createWrite({ db, groups, editing }: PatchingDeps): Write {
  const refuseLastAdmin = createLastAdminGuard(db, groups)
  const changeRoles = async (tx: Tx, accountId: number, members: Difference, admins: Difference): Promise<void> => {
    if (members.removed.includes(ADMIN_GROUP)) {
      await refuseLastAdmin(tx, accountId, MESSAGES.lastAdminDemoted)
    }
    for (const groupId of members.added) await groups.addMemberIn(tx, groupId, accountId)
    for (const groupId of members.removed) await groups.removeMemberIn(tx, groupId, accountId)
    for (const groupId of admins.added) await groups.addAdminIn(tx, groupId, accountId)
    for (const groupId of admins.removed) await groups.removeAdminIn(tx, groupId, accountId)
  }
  return async (record, columns, members, admins) => {
    await db
      .write(async (tx) => {
        await changeRoles(tx, record.row.id, members, admins)
        await editing.saveColumnsIn(tx, record, columns)
      })
      .catch((error: unknown) => {
        if (isForeignKeyViolation(error)) throw groupGone()
        throw error
      })
  }
}

/** Groups that the caller has no say in stay as they are, unless they are asked for anew, which is refused. */
async function membersOf(
  groups: Groups,
  viewer: AccountViewer,
  record: AccountRecord,
  wanted: readonly string[] | null | undefined,
): Promise<Difference> {
  if (wanted === null || wanted === undefined) return NOTHING
  const added = [...new Set(wanted)].filter((groupId) => !record.groupIds.includes(groupId))
  const removed = record.groupIds.filter((groupId) => !wanted.includes(groupId) && administers(viewer, groupId))
  for (const groupId of added) await requireJoinable(groups, viewer, groupId)
  requireLeavable(viewer, record, removed, added)
  return { added, removed }
}

async function adminsOf(
  groups: Groups,
  viewer: AccountViewer,
  record: AccountRecord,
  { subadminGroups: wanted }: AccountPatch,
): Promise<Difference> {
  if (wanted === null || wanted === undefined) return NOTHING
  const added = [...new Set(wanted)].filter((groupId) => !record.administeredGroupIds.includes(groupId))
  const removed = record.administeredGroupIds.filter((groupId) => !wanted.includes(groupId))
  if (!viewer.isAdmin && added.length + removed.length > 0) {
    throw new Fault('forbidden', MESSAGES.onlyAdminsPromote, { reason: 'not-editable' })
  }
  for (const groupId of added) await requireAdministrable(groups, viewer, groupId)
  return { added, removed }
}
