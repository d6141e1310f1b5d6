import type { AccountVisibility } from '../../config/load.ts'
import type { Database } from '../../db/database.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Groups } from '../groups/index.ts'
import type { AccountRecord, AccountRecords } from './records.ts'
import * as store from './store.ts'

/** As much of an account as others may know. */
export interface Person {
  readonly accountId: number
  readonly userId: string
  readonly displayName: string
}

/** Who may learn that another account exists, on every surface that tells anything of it. */
export interface Visibility {
  /** undefined: there is none, or none that this viewer may see. Disabled accounts are seen by administrators alone. */
  find(viewer: AccountViewer, userId: string): Promise<Person | undefined>
  findById(viewer: AccountViewer, accountId: number): Promise<Person | undefined>
  /** Everybody that this viewer may see; undefined: all. */
  listVisible(viewer: AccountViewer): Promise<readonly number[] | undefined>
  /** Names on the wire of those that are enabled, in one statement. */
  userIdsOf(accountIds: readonly number[]): Promise<ReadonlyMap<number, string>>
}

export interface VisibilityDeps {
  readonly db: Database
  readonly records: AccountRecords
  readonly groups: Pick<Groups, 'listMemberAccountIds'>
  readonly accountVisibility: AccountVisibility
}

export function createVisibility({ db, records, groups, accountVisibility }: VisibilityDeps): Visibility {
  /** Groups whose members a viewer sees. */
  const groupsSeenBy = async (viewer: AccountViewer): Promise<ReadonlySet<string>> => {
    const own = accountVisibility === 'groups' ? ((await records.find(viewer.accountId))?.groupIds ?? []) : []
    return new Set([...own, ...viewer.administeredGroupIds])
  }
  const isSeen = async (viewer: AccountViewer, { row, groupIds }: AccountRecord): Promise<boolean> => {
    if (viewer.isAdmin || viewer.accountId === row.id) return true
    if (row.enabled !== 1) return false
    if (accountVisibility === 'all') return true
    const seen = await groupsSeenBy(viewer)
    return groupIds.some((groupId) => seen.has(groupId))
  }
  const seenPerson = async (viewer: AccountViewer, record: AccountRecord | undefined): Promise<Person | undefined> => {
    if (record === undefined || !(await isSeen(viewer, record))) return undefined
    const { id, user_id, display_name } = record.row
    return { accountId: id, userId: user_id, displayName: display_name || user_id }
  }
  return {
    find: async (viewer, userId) => seenPerson(viewer, await records.findByUserId(userId)),
    findById: async (viewer, accountId) => seenPerson(viewer, await records.find(accountId)),
    async listVisible(viewer) {
      if (viewer.isAdmin || accountVisibility === 'all') return undefined
      const accountIds = new Set([viewer.accountId])
      for (const groupId of await groupsSeenBy(viewer)) {
        for (const accountId of await groups.listMemberAccountIds(groupId)) accountIds.add(accountId)
      }
      return [...accountIds]
    },
    async userIdsOf(accountIds) {
      const rows = await store.listAccounts(db.read, accountIds)
      return new Map(rows.filter(({ enabled }) => enabled === 1).map(({ id, user_id }) => [id, user_id]))
    },
  }
}
