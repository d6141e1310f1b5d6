import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute, OcsShared } from '../../ocs/route.ts'
import type { Accounts } from './accounts.ts'
import { EDITABLE_FIELDS } from './fields.ts'
import type { AccountRecord } from './records.ts'
import { UserMetadata } from './reply-schemas.ts'
import { userMetadataView } from './views.ts'

/** How much of its quota an account uses. */
export type UsedBytes = (accountId: number) => number | Promise<number>

export interface UserRoutesDeps {
  readonly accounts: Accounts
  readonly usedBytes: UsedBytes
  /** Absolute path. */
  readonly dataFolder: string
}

/** The longest list that one answer holds; longer ones are asked for in pages. */
const MAX_USERS = 5_000

export function userRoutes(deps: UserRoutesDeps): OcsRoute[] {
  return [
    getOwnRecord(deps),
    getEditableFields(),
    getEditableFieldsOf(deps),
    listUsers(deps),
    getUser(deps),
    listGroupsOfUser(deps),
    listAdministeredGroups(deps),
  ]
}

export type Metadata = OcsShared | Promise<OcsShared>

/** The same record looks the same to the same kind of viewer, so its written forms are kept as long as it is. */
const views = new WeakMap<AccountRecord, Map<string, OcsShared>>()

export function metadataOf(
  { usedBytes, dataFolder }: Pick<UserRoutesDeps, 'usedBytes' | 'dataFolder'>,
  viewer: AccountViewer,
  record: AccountRecord,
): Metadata {
  const used = usedBytes(record.row.id)
  const view = (bytes: number): OcsShared => {
    const known = views.get(record) ?? new Map<string, OcsShared>()
    views.set(record, known)
    const isOwn = viewer.accountId === record.row.id
    const key = `${isOwn} ${viewer.isAdmin} ${bytes} ${record.row.last_login_at_ms}`
    let shared = known.get(key)
    if (shared === undefined) {
      shared = new OcsShared(userMetadataView({ record, viewer, usedBytes: bytes, dataFolder }))
      known.clear()
      known.set(key, shared)
    }
    return shared
  }
  return used instanceof Promise ? used.then(view) : view(used)
}

const getOwnRecord = (deps: UserRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/user',
    summary: 'Metadata of the account that asks',
    auth: 'user',
    reach: 'self',
    reply: UserMetadata,
    handler({ viewer }) {
      const record = deps.accounts.own(viewer)
      return record instanceof Promise
        ? record.then((known) => metadataOf(deps, viewer, known))
        : metadataOf(deps, viewer, record)
    },
  })

const getUser = (deps: UserRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/users/:userId',
    summary: 'Metadata of an account: one’s own, of a member of a group one administers, or any for an administrator',
    auth: 'user',
    reach: 'read',
    reply: UserMetadata,
    codes: { hidden: 998 },
    async handler({ viewer, params }) {
      return metadataOf(deps, viewer, await deps.accounts.getVisible(viewer, params.userId))
    },
  })

const getEditableFields = (): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/user/fields',
    summary: 'Names of the fields that an account may edit of itself',
    auth: 'user',
    reach: 'read',
    reply: Type.Array(Type.String()),
    handler: () => EDITABLE_FIELDS,
  })

const getEditableFieldsOf = ({ accounts }: UserRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/user/fields/:userId',
    summary: 'Names of the fields of another account that may be edited',
    auth: 'user',
    reply: Type.Array(Type.String()),
    codes: { hidden: 998 },
    async handler({ viewer, params }) {
      await accounts.getEditable(viewer, params.userId)
      return EDITABLE_FIELDS
    },
  })

const listUsers = ({ accounts }: UserRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/users',
    summary: 'Ids of accounts, by part of the id, name or e-mail address',
    auth: 'group-admin',
    input: Type.Object({
      search: Type.String({ default: '', maxLength: 255 }),
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      offset: Type.Integer({ default: 0, minimum: 0 }),
    }),
    reply: Type.Object({ users: Type.Array(Type.String()) }),
    async handler({ viewer, input }) {
      const limit = Math.min(input.limit ?? MAX_USERS, MAX_USERS)
      return { users: await accounts.list(viewer, input.search, limit, input.offset) }
    },
  })

const listGroupsOfUser = ({ accounts }: UserRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/users/:userId/groups',
    summary: 'Groups of an account; a group administrator sees those of them that they administer',
    auth: 'user',
    reply: Type.Object({ groups: Type.Array(Type.String()) }),
    codes: { hidden: 998, 'no-account': 998 },
    async handler({ viewer, params }) {
      const record = await accounts.getVisible(viewer, params.userId).catch(hideUnknown)
      const seesAll = viewer.isAdmin || viewer.accountId === record.row.id
      const groups = record.groupIds.filter((id) => seesAll || viewer.administeredGroupIds.includes(id))
      return { groups }
    },
  })

const listAdministeredGroups = ({ accounts }: UserRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/users/:userId/subadmins',
    summary: 'Groups that an account administers',
    auth: 'settings-admin',
    reply: Type.Array(Type.String()),
    async handler({ params }) {
      return [...(await accounts.get(params.userId)).administeredGroupIds]
    },
  })

/** Here the wire does not tell an unknown account from a hidden one (recording provisioning-users-edit). */
function hideUnknown(error: unknown): never {
  if (error instanceof Fault && error.kind === 'not-found') throw new Fault('not-found', '', { reason: 'hidden' })
  throw error
}
