import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { GroupDetails, Groups } from '../groups/index.ts'
import type { AccountFilter, Accounts } from './accounts.ts'
import { userMetadataView } from './views.ts'

export interface ListingRoutesDeps {
  readonly accounts: Accounts
  readonly groups: Groups
  /** What accounts use, in one statement however many they are. */
  readonly usedBytesOf: (accountIds: readonly number[]) => Promise<ReadonlyMap<number, number>>
  /** Absolute path. */
  readonly dataFolder: string
}

/** The longest list that one answer holds; longer ones are asked for in pages. */
const MAX_DETAILS = 500
const MAX_GROUPS = 5_000

const Listing = Type.Object({
  search: Type.String({ default: '', maxLength: 255 }),
  limit: Type.Optional(Type.Integer({ minimum: 1 })),
  offset: Type.Integer({ default: 0, minimum: 0 }),
})

/** Lists with the metadata of each account (recordings provisioning-users, provisioning-groups). */
export function listingRoutes(deps: ListingRoutesDeps): OcsRoute[] {
  return [
    listDetails(deps, 'details', 'Metadata of accounts, in pages of at most 500', {}),
    listDetails(deps, 'disabled', 'Metadata of the accounts that may not sign in', { isEnabled: false }),
    listDetails(deps, 'recent', 'Metadata of the accounts that signed in last', { order: 'last-login' }),
    listGroupDetails(deps),
    listMembers(deps, '/cloud/groups/:groupId/users'),
    listMembers(deps, '/cloud/groups/:groupId'),
    listMemberDetails(deps),
    listGroupAdmins(deps),
    listGroupsOf(deps, 'groups'),
    listGroupsOf(deps, 'subadmins'),
  ]
}

type View = Record<string, Json> | readonly never[]

/** By user id; nobody at all is an empty list on the wire, as an empty map is in PHP. */
async function viewsOf(deps: ListingRoutesDeps, viewer: AccountViewer, userIds: readonly string[]): Promise<View> {
  const records = await deps.accounts.load(userIds)
  if (records.length === 0) return []
  const used = await deps.usedBytesOf(records.map(({ row }) => row.id))
  const byId = new Map(records.map((record) => [record.row.user_id, record]))
  const views = userIds.flatMap((userId): [string, Json][] => {
    const record = byId.get(userId)
    if (record === undefined) return []
    const usedBytes = used.get(record.row.id) ?? 0
    return [[userId, userMetadataView({ record, viewer, usedBytes, dataFolder: deps.dataFolder, isListed: true })]]
  })
  return Object.fromEntries(views)
}

const pageOf = (limit: number | undefined): number => Math.min(limit ?? MAX_DETAILS, MAX_DETAILS)

const listDetails = (
  deps: ListingRoutesDeps,
  word: 'details' | 'disabled' | 'recent',
  summary: string,
  filter: AccountFilter,
): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `/cloud/users/${word}`,
    summary,
    auth: word === 'recent' ? 'settings-admin' : 'group-admin',
    input: Listing,
    reply: Type.Object({ users: Type.Unknown() }),
    async handler({ viewer, input }) {
      const { search, limit, offset } = input
      const userIds = await deps.accounts.list(viewer, search, pageOf(limit), offset, filter)
      return { users: await viewsOf(deps, viewer, userIds) }
    },
  })

function groupView({ groupId, displayName, memberCount, amongCount }: GroupDetails): Json {
  return {
    id: groupId,
    displayname: displayName,
    usercount: memberCount,
    disabled: amongCount,
    canAdd: true,
    canRemove: true,
  }
}

/** With the number of members, and of those that may not sign in. */
async function detailsOf({ groups, accounts }: ListingRoutesDeps, groupIds: readonly string[]): Promise<Json[]> {
  return (await groups.detailsOf(groupIds, await accounts.listDisabledIds())).map(groupView)
}

const listGroupDetails = (deps: ListingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/groups/details',
    summary: 'Groups with their names and how many accounts are in them',
    auth: 'settings-admin',
    input: Listing,
    reply: Type.Object({ groups: Type.Array(Type.Unknown()) }),
    async handler({ input }) {
      const found = await deps.groups.list(input.search, Math.min(input.limit ?? MAX_GROUPS, MAX_GROUPS), input.offset)
      return {
        groups: await detailsOf(
          deps,
          found.map(({ groupId }) => groupId),
        ),
      }
    },
  })

const notYours = (): Fault => new Fault('forbidden', '', { reason: 'not-your-group' })

const listMembers = (
  deps: ListingRoutesDeps,
  path: '/cloud/groups/:groupId' | '/cloud/groups/:groupId/users',
): OcsRoute =>
  defineOcs({
    method: 'GET',
    path,
    summary: 'Ids of the accounts in a group, for its members and administrators',
    auth: 'user',
    reply: Type.Object({ users: Type.Array(Type.String()) }),
    codes: { 'no-group': 404, 'not-your-group': 403 },
    async handler({ viewer, params }) {
      const { groupId } = params
      await deps.groups.get(groupId)
      const { groupIds } = await deps.accounts.own(viewer)
      if (!viewer.isAdmin && !viewer.administeredGroupIds.includes(groupId) && !groupIds.includes(groupId))
        throw notYours()
      return { users: await deps.accounts.listUserIdsIn(groupId) }
    },
  })

const listMemberDetails = (deps: ListingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/groups/:groupId/users/details',
    summary: 'Metadata of the accounts in a group, in pages of at most 500',
    auth: 'group-admin',
    input: Listing,
    reply: Type.Object({ users: Type.Unknown() }),
    codes: { 'no-group': 998, 'not-your-group': 998 },
    async handler({ viewer, params, input }) {
      const { groupId } = params
      await deps.groups.get(groupId)
      if (!viewer.isAdmin && !viewer.administeredGroupIds.includes(groupId)) throw notYours()
      const { search, limit, offset } = input
      const userIds = await deps.accounts.list(viewer, search, pageOf(limit), offset, { groupId })
      return { users: await viewsOf(deps, viewer, userIds) }
    },
  })

const listGroupsOf = (deps: ListingRoutesDeps, word: 'groups' | 'subadmins'): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `/cloud/users/:userId/${word}/details`,
    summary:
      word === 'groups'
        ? 'Groups of an account with their details'
        : 'Groups that an account administers, with their details',
    auth: word === 'groups' ? 'user' : 'settings-admin',
    input: Listing,
    reply: Type.Object({ groups: Type.Array(Type.Unknown()) }),
    codes: { hidden: 998, 'no-account': 998 },
    async handler({ viewer, params, input }) {
      const record = await deps.accounts.getVisible(viewer, params.userId)
      const ids = word === 'groups' ? record.groupIds : record.administeredGroupIds
      const seen = ids.filter(
        (id) => viewer.isAdmin || viewer.accountId === record.row.id || viewer.administeredGroupIds.includes(id),
      )
      const wanted = seen.slice(input.offset, input.offset + (input.limit ?? MAX_GROUPS))
      return { groups: await detailsOf(deps, wanted) }
    },
  })

const listGroupAdmins = ({ accounts, groups }: ListingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/groups/:groupId/subadmins',
    summary: 'Ids of the accounts that administer a group',
    auth: 'settings-admin',
    reply: Type.Array(Type.String()),
    codes: { 'no-group': 101 },
    async handler({ params }) {
      await groups.get(params.groupId)
      return accounts.userIdsOf(await groups.listAdminAccountIds(params.groupId))
    },
  })
