import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { AccountGroupTable } from './schema.ts'

export type GroupRow = Selectable<AccountGroupTable>

export interface GroupMembership {
  readonly accountId: number
  readonly groupId: string
}

export async function findGroup(db: Reader | Tx, groupId: string): Promise<GroupRow | undefined> {
  return db.selectFrom('account_group').selectAll().where('group_id', '=', groupId).executeTakeFirst()
}

/** Groups whose id or name holds `search`, by id. */
export async function listGroups(db: Reader, search: string, limit: number, offset: number): Promise<GroupRow[]> {
  let query = db.selectFrom('account_group').selectAll().orderBy('group_id').limit(limit).offset(offset)
  if (search !== '') {
    const pattern = containing(search)
    query = query.where((where) =>
      where.or([
        where(where.fn<string>('lower', ['group_id']), 'like', pattern),
        where(where.fn<string>('lower', ['display_name']), 'like', pattern),
      ]),
    )
  }
  return query.execute()
}

/** A LIKE pattern for a part of a text; the wildcards of the searcher stand for themselves. */
function containing(search: string): string {
  return `%${search.toLowerCase().replace(/[%_\\\0]/g, '')}%`
}

export async function insertGroup(tx: Tx, group: GroupRow): Promise<void> {
  await tx.insertInto('account_group').values(group).execute()
}

export async function deleteGroup(tx: Tx, groupId: string): Promise<void> {
  await tx.deleteFrom('account_group').where('group_id', '=', groupId).execute()
}

export async function listMemberAccountIds(db: Reader | Tx, groupId: string): Promise<number[]> {
  const rows = await db.selectFrom('group_member').select('account_id').where('group_id', '=', groupId).execute()
  return rows.map((row) => row.account_id)
}

/** Members of many groups, in one statement however many they are. */
export async function listMembersOf(db: Reader, groupIds: readonly string[]): Promise<GroupMembership[]> {
  if (groupIds.length === 0) return []
  return db
    .selectFrom('group_member')
    .select(['account_id as accountId', 'group_id as groupId'])
    .where('group_id', 'in', groupIds)
    .execute()
}

/** Members and administrators: everybody who notices when the group goes. */
export async function listConcernedAccountIds(db: Reader | Tx, groupId: string): Promise<number[]> {
  const admins = await db.selectFrom('group_admin').select('account_id').where('group_id', '=', groupId).execute()
  return [...new Set([...(await listMemberAccountIds(db, groupId)), ...admins.map((row) => row.account_id)])]
}

/** Memberships of some accounts, in the order of joining. */
export async function listMemberships(db: Reader | Tx, accountIds: readonly number[]): Promise<GroupMembership[]> {
  return db
    .selectFrom('group_member')
    .select(['account_id as accountId', 'group_id as groupId'])
    .where('account_id', 'in', accountIds)
    .orderBy('member_no')
    .execute()
}

/** Which groups some accounts administer, by group id. */
export async function listAdministrations(db: Reader | Tx, accountIds: readonly number[]): Promise<GroupMembership[]> {
  return db
    .selectFrom('group_admin')
    .select(['account_id as accountId', 'group_id as groupId'])
    .where('account_id', 'in', accountIds)
    .orderBy('group_id')
    .execute()
}

export async function isMember(db: Reader | Tx, groupId: string, accountId: number): Promise<boolean> {
  const row = await db
    .selectFrom('group_member')
    .select('member_no')
    .where('group_id', '=', groupId)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertMember(tx: Tx, groupId: string, accountId: number): Promise<void> {
  await tx
    .insertInto('group_member')
    .values({ group_id: groupId, account_id: accountId })
    .onConflict((conflict) => conflict.columns(['group_id', 'account_id']).doNothing())
    .execute()
}

export async function deleteMember(tx: Tx, groupId: string, accountId: number): Promise<void> {
  await tx.deleteFrom('group_member').where('group_id', '=', groupId).where('account_id', '=', accountId).execute()
}

export async function insertGroupAdmin(tx: Tx, groupId: string, accountId: number): Promise<void> {
  await tx
    .insertInto('group_admin')
    .values({ group_id: groupId, account_id: accountId })
    .onConflict((conflict) => conflict.columns(['group_id', 'account_id']).doNothing())
    .execute()
}

export async function deleteGroupAdmin(tx: Tx, groupId: string, accountId: number): Promise<void> {
  await tx.deleteFrom('group_admin').where('group_id', '=', groupId).where('account_id', '=', accountId).execute()
}

export async function findGroups(db: Reader, groupIds: readonly string[]): Promise<GroupRow[]> {
  if (groupIds.length === 0) return []
  return db.selectFrom('account_group').selectAll().where('group_id', 'in', groupIds).execute()
}

/** Ids in one statement; both databases have a limit. */
const ID_BATCH = 10_000

export interface MemberCount {
  readonly groupId: string
  readonly count: number
}

/** Of some accounts, or of all; groups without any are missing. */
export async function countMembers(
  db: Reader,
  groupIds: readonly string[],
  accountIds?: readonly number[],
): Promise<MemberCount[]> {
  if (groupIds.length === 0 || accountIds?.length === 0) return []
  if (accountIds !== undefined && accountIds.length > ID_BATCH) {
    const rest = await countMembers(db, groupIds, accountIds.slice(ID_BATCH))
    const first = await countMembers(db, groupIds, accountIds.slice(0, ID_BATCH))
    const sums = Map.groupBy([...first, ...rest], ({ groupId }) => groupId)
    return [...sums].map(([groupId, parts]) => ({ groupId, count: parts.reduce((sum, { count }) => sum + count, 0) }))
  }
  const rows = await db
    .selectFrom('group_member')
    .select((select) => ['group_id as groupId', select.fn.countAll<number>().as('count')])
    .where('group_id', 'in', groupIds)
    .$if(accountIds !== undefined, (query) => query.where('account_id', 'in', accountIds ?? []))
    .groupBy('group_id')
    .execute()
  return rows.map(({ groupId, count }) => ({ groupId, count: Number(count) }))
}

export async function listAdminAccountIds(db: Reader, groupId: string): Promise<number[]> {
  const rows = await db.selectFrom('group_admin').select('account_id').where('group_id', '=', groupId).execute()
  return rows.map((row) => row.account_id)
}

export async function updateGroupName(tx: Tx, groupId: string, displayName: string): Promise<void> {
  await tx.updateTable('account_group').set({ display_name: displayName }).where('group_id', '=', groupId).execute()
}
