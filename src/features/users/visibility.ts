import type { Database } from '../../db/database.ts'
import type { AccountViewer, Viewer } from '../../http/viewer.ts'
import type { AppConfig } from '../app-config/index.ts'
import type { Group, Groups } from '../groups/index.ts'
import { readRules } from './enumeration.ts'
import { type AccountRecord, type AccountRecords, userKeyOf } from './records.ts'
import * as store from './store.ts'

/** As much of an account as others may know. */
export interface Person {
  readonly accountId: number
  readonly userId: string
  readonly displayName: string
}

/**
 * Who may learn that another account exists. One rule for every surface that shows accounts to people who do not
 * administer them: searching, mentioning, profiles, avatars, statuses. What one of them hides, none gives away.
 */
export interface Visibility {
  /** undefined: there is none, or none that this viewer may know of. Disabled accounts are seen by administrators alone. */
  find(viewer: AccountViewer, userId: string): Promise<Person | undefined>
  findById(viewer: AccountViewer, accountId: number): Promise<Person | undefined>
  /** The same with everything that is known of it, disabled accounts too, also for somebody who is not signed in. */
  findRecord(viewer: Viewer, userId: string): Promise<AccountRecord | undefined>
  /** Everybody that this viewer comes across in lists; undefined: all. */
  listVisible(viewer: AccountViewer): Promise<readonly number[] | undefined>
  /** Enabled accounts, not the viewer's own, that fit a part of an id, name or e-mail address. By user id. */
  search(viewer: AccountViewer, text: string, limit: number): Promise<AccountRecord[]>
  /** Groups that fit a part of an id or name: all, or one's own where an account comes across these alone. By id. */
  searchGroups(viewer: AccountViewer, text: string, limit: number): Promise<Group[]>
  /** Names on the wire of those that are enabled, in one statement. */
  userIdsOf(accountIds: readonly number[]): Promise<ReadonlyMap<number, string>>
}

export interface VisibilityDeps {
  readonly db: Database
  readonly records: AccountRecords
  readonly groups: Pick<Groups, 'listMembersOf' | 'list' | 'detailsOf'>
  readonly appConfig: Pick<AppConfig, 'read'>
}

export function createVisibility({ db, records, groups, appConfig }: VisibilityDeps): Visibility {
  const { circleOf, isKnown } = createCircles({ records, appConfig })
  const findRecord = async (viewer: Viewer, userId: string): Promise<AccountRecord | undefined> => {
    const record = await records.findByUserId(userId)
    return record !== undefined && (await isKnown(viewer, record)) ? record : undefined
  }
  const membersOf = async (groupIds: ReadonlySet<string>): Promise<number[]> =>
    [...(await groups.listMembersOf([...groupIds])).values()].flat()
  const seenPerson = async (viewer: AccountViewer, record: AccountRecord | undefined): Promise<Person | undefined> => {
    if (record === undefined || !(await isKnown(viewer, record))) return undefined
    if (record.row.enabled !== 1 && !viewer.isAdmin && viewer.accountId !== record.row.id) return undefined
    const { id, user_id, display_name } = record.row
    return { accountId: id, userId: user_id, displayName: display_name || user_id }
  }
  return {
    findRecord,
    find: async (viewer, userId) => seenPerson(viewer, await records.findByUserId(userId)),
    findById: async (viewer, accountId) => seenPerson(viewer, await records.find(accountId)),
    async listVisible(viewer) {
      const circle = await circleOf(viewer)
      return circle === undefined ? undefined : [...new Set([viewer.accountId, ...(await membersOf(circle))])]
    },
    async search(viewer, text, limit) {
      const wanted = { search: text, limit: limit + 1, offset: 0, isEnabled: true }
      const circle = await circleOf(viewer)
      const found: string[] = []
      if (circle === undefined) found.push(...(await store.listUserIds(db, wanted)))
      else {
        found.push(...(await store.listUserIds(db, { ...wanted, accountIds: await membersOf(circle) })))
        found.push(...(await store.listUserIdsNamed(db.read, text, await readRules(appConfig), limit)))
      }
      const others = [...new Set(found)].filter((userId) => userId !== viewer.userId).toSorted(byKey)
      return records.load(await store.listAccountIdsByKeys(db.read, others.slice(0, limit).map(userKeyOf)))
    },
    async searchGroups(viewer, text, limit) {
      const circle = await circleOf(viewer)
      if (circle === undefined) return groups.list(text, limit, 0)
      const part = text.toLowerCase()
      return (await groups.detailsOf([...circle].toSorted(), []))
        .filter(({ groupId, displayName }) => `${groupId}\n${displayName}`.toLowerCase().includes(part))
        .slice(0, limit)
    },
    async userIdsOf(accountIds) {
      const rows = await store.listAccounts(db.read, accountIds)
      return new Map(rows.filter(({ enabled }) => enabled === 1).map(({ id, user_id }) => [id, user_id]))
    },
  }
}

/** What the rules say of one viewer. */
function createCircles({ records, appConfig }: Pick<VisibilityDeps, 'records' | 'appConfig'>) {
  /** Groups whose members a viewer comes across; undefined: everybody. */
  const circleOf = async (viewer: Viewer): Promise<ReadonlySet<string> | undefined> => {
    if (viewer.kind === 'account' && viewer.isAdmin) return undefined
    const { circle } = await readRules(appConfig)
    if (circle === 'all') return undefined
    if (viewer.kind === 'anonymous') return new Set()
    const own = circle === 'groups' ? ((await records.find(viewer.accountId))?.groupIds ?? []) : []
    return new Set([...own, ...viewer.administeredGroupIds])
  }
  const isKnown = async (viewer: Viewer, { row, groupIds }: AccountRecord): Promise<boolean> => {
    if (viewer.kind === 'account' && viewer.accountId === row.id) return true
    const circle = await circleOf(viewer)
    return circle === undefined || groupIds.some((groupId) => circle.has(groupId)) || (await readRules(appConfig)).byId
  }
  return { circleOf, isKnown }
}

const byKey = (one: string, other: string): number => (userKeyOf(one) < userKeyOf(other) ? -1 : 1)
