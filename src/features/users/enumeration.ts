import type { Database } from '../../db/database.ts'
import type { AccountViewer, Viewer } from '../../http/viewer.ts'
import type { AppConfig, AppSetting } from '../app-config/index.ts'
import type { Groups } from '../groups/index.ts'
import type { AccountRecord, AccountRecords } from './records.ts'
import * as store from './store.ts'

/**
 * Which accounts others may come across. One rule for every surface that shows accounts to people who do not administer
 * them: searching, mentioning, profiles, avatars, statuses. What one surface hides, none gives away.
 */
export interface Enumeration {
  /** Whom a list may show to this viewer besides itself. */
  circle(viewer: Viewer): Promise<Circle>
  /** Those of some accounts that a list may show to this viewer, its own among them. */
  among(viewer: Viewer, accountIds: readonly number[]): Promise<number[]>
  /**
   * The account that a viewer names exactly. undefined when there is none, and just the same when this viewer may not know
   * that there is.
   */
  find(viewer: Viewer, userId: string): Promise<AccountRecord | undefined>
  /** Accounts that may sign in, other than the viewer's own, that fit a part of an id, name or e-mail address. By user id. */
  search(viewer: AccountViewer, text: string, limit: number): Promise<AccountRecord[]>
}

/** `groupIds`: the accounts in one of these. */
export type Circle = 'all' | 'none' | { readonly groupIds: readonly string[] }

const yesOrNo = (name: string, fallback: 'yes' | 'no', summary: string): AppSetting => ({
  app: 'core',
  name,
  summary,
  fallback,
  accept(value) {
    if (value !== 'yes' && value !== 'no') throw new Error('must be yes or no')
    return value
  },
})

const ALLOWED = yesOrNo(
  'shareapi_allow_share_dialog_user_enumeration',
  'yes',
  'Whether accounts find others by a part of the name',
)
const ONLY_GROUPS = yesOrNo(
  'shareapi_restrict_user_enumeration_to_group',
  'no',
  'Whether they find only those with whom they share a group',
)
const ONLY_PHONE = yesOrNo(
  'shareapi_restrict_user_enumeration_to_phone',
  'no',
  'Whether they find only those whose phone numbers they know; Cloudlet knows no address books, so that is nobody',
)
const EXACT = yesOrNo(
  'shareapi_restrict_user_enumeration_full_match',
  'yes',
  'Whether they find everybody whom they name exactly nevertheless',
)
const EXACT_ID = yesOrNo(
  'shareapi_restrict_user_enumeration_full_match_userid',
  'yes',
  'Whether the user id counts as an exact name',
)
const EXACT_EMAIL = yesOrNo(
  'shareapi_restrict_user_enumeration_full_match_email',
  'yes',
  'Whether the e-mail address counts as an exact name',
)

export const ENUMERATION_SETTINGS: readonly AppSetting[] = [
  ALLOWED,
  ONLY_GROUPS,
  ONLY_PHONE,
  EXACT,
  EXACT_ID,
  EXACT_EMAIL,
]

export interface EnumerationDeps {
  readonly db: Database
  readonly records: AccountRecords
  readonly groups: Pick<Groups, 'listMemberAccountIds' | 'loadRoles'>
  readonly appConfig: Pick<AppConfig, 'read'>
}

export function createEnumeration(deps: EnumerationDeps): Enumeration {
  const { db, records, groups } = deps
  const isOn = async (setting: AppSetting): Promise<boolean> => (await deps.appConfig.read(setting)) === 'yes'
  const circle = async (viewer: Viewer): Promise<Circle> => {
    if (viewer.kind === 'account' && viewer.isAdmin) return 'all'
    const administered = viewer.kind === 'account' ? viewer.administeredGroupIds : []
    if (!(await isOn(ALLOWED))) return toCircle(administered)
    if (await isOn(ONLY_GROUPS)) {
      const own = viewer.kind === 'account' ? ((await records.find(viewer.accountId))?.groupIds ?? []) : []
      return toCircle([...own, ...administered])
    }
    return (await isOn(ONLY_PHONE)) ? toCircle(administered) : 'all'
  }
  const among = async (viewer: Viewer, accountIds: readonly number[]): Promise<number[]> => {
    const reached = await circle(viewer)
    if (reached === 'all') return [...accountIds]
    const roles = reached === 'none' ? undefined : await groups.loadRoles(db.read, accountIds)
    return accountIds.filter((accountId) => {
      if (viewer.kind === 'account' && viewer.accountId === accountId) return true
      return isIn(reached, roles?.get(accountId)?.groupIds ?? [])
    })
  }
  return {
    circle,
    among,
    async find(viewer, userId) {
      const record = await records.findByUserId(userId)
      if (record === undefined) return undefined
      if (viewer.kind === 'account' && viewer.accountId === record.row.id) return record
      if (isIn(await circle(viewer), record.groupIds)) return record
      return (await isOn(EXACT)) && (await isOn(EXACT_ID)) ? record : undefined
    },
    async search(viewer, text, limit) {
      const wanted = { search: text, limit: limit + 1, offset: 0, isEnabled: true }
      const reached = await circle(viewer)
      const found = reached === 'all' ? await store.listUserIds(db.read, wanted) : []
      if (typeof reached === 'object') {
        for (const accountIds of inBatches(await membersOf(groups, reached.groupIds))) {
          found.push(...(await store.listUserIds(db.read, { ...wanted, accountIds })))
        }
      }
      if (reached !== 'all' && (await isOn(EXACT))) {
        const kinds = { byId: await isOn(EXACT_ID), byEmail: await isOn(EXACT_EMAIL) }
        found.push(...(await store.listUserIdsNamed(db.read, text, kinds, limit)))
      }
      const others = [...new Set(found)].filter((userId) => userId !== viewer.userId).toSorted(byKey)
      return records.load(
        await store.listAccountIdsByKeys(
          db.read,
          others.slice(0, limit).map((id) => id.toLowerCase()),
        ),
      )
    },
  }
}

const byKey = (one: string, other: string): number => (one.toLowerCase() < other.toLowerCase() ? -1 : 1)

function toCircle(groupIds: readonly string[]): Circle {
  return groupIds.length === 0 ? 'none' : { groupIds: [...new Set(groupIds)] }
}

function isIn(circle: Circle, groupIds: readonly string[]): boolean {
  if (typeof circle === 'string') return circle === 'all'
  return groupIds.some((groupId) => circle.groupIds.includes(groupId))
}

async function membersOf(groups: Pick<Groups, 'listMemberAccountIds'>, groupIds: readonly string[]): Promise<number[]> {
  const accountIds = new Set<number>()
  for (const groupId of groupIds) for (const id of await groups.listMemberAccountIds(groupId)) accountIds.add(id)
  return [...accountIds]
}

/** Ids in one statement; both databases have a limit. */
const ID_BATCH = 10_000

function inBatches(ids: readonly number[]): number[][] {
  const batches: number[][] = []
  for (let from = 0; from < ids.length; from += ID_BATCH) batches.push(ids.slice(from, from + ID_BATCH))
  return batches
}
