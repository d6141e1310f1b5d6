import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Accounts } from './accounts.ts'
import type { AccountEditing } from './editing.ts'
import type { AccountPatching } from './patching.ts'
import type { PhoneSearch } from './phone-search.ts'
import { UserMetadata } from './reply-schemas.ts'
import { metadataOf, type UserRoutesDeps } from './routes.ts'

export interface EditingRoutesDeps extends Pick<UserRoutesDeps, 'usedBytes' | 'dataFolder'> {
  readonly accounts: Accounts
  readonly editing: AccountEditing
  readonly patching: AccountPatching
  readonly phoneSearch: PhoneSearch
}

/** Own changes in ten minutes (recording rate-limits). */
const EDIT_LIMIT = { calls: 30, windowSeconds: 600 }

/** A phone asks once a day for its whole address book; whoever tries numbers in a row gets no further. */
const SEARCH_LIMIT = { calls: 10, windowSeconds: 3_600 }

const Field = Type.Object({ key: Type.String({ maxLength: 320 }), value: Type.String({ maxLength: 16_384 }) })

/** Changes of an account's fields, by itself and by its administrators (recording provisioning-users-edit). */
export function editingRoutes(deps: EditingRoutesDeps): OcsRoute[] {
  return [editUser(deps), editEntry(deps), patchUser(deps), searchByPhone(deps)]
}

const editUser = ({ accounts, editing }: EditingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: '/cloud/users/:userId',
    summary: 'Changes one field of an account',
    auth: 'user',
    confirm: true,
    limit: EDIT_LIMIT,
    input: Field,
    codes: { hidden: 998, 'not-editable': 113, 'invalid-value': 101 },
    async handler({ viewer, params, input }) {
      const record = await accounts.getEditable(viewer, params.userId)
      await editing.change(record, input.key, input.value, viewer)
      return undefined
    },
  })

const editEntry = ({ accounts, editing }: EditingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: '/cloud/users/:userId/:collection',
    summary: 'Changes one entry of a field with several: additional_mail, additional_mailScope',
    auth: 'user',
    confirm: true,
    limit: EDIT_LIMIT,
    input: Field,
    codes: { hidden: 998, 'invalid-value': 101, 'invalid-entry-scope': 102, 'unknown-collection': 103 },
    async handler({ viewer, params, input }) {
      const record = await accounts.getEditable(viewer, params.userId)
      await editing.changeEntry(record, { collection: params.collection, ...input }, viewer)
      return undefined
    },
  })

const NewText = (maxLength: number) => Type.Optional(Type.Nullable(Type.String({ maxLength })))
const NewGroups = () => Type.Optional(Type.Nullable(Type.Array(Type.String({ maxLength: 255 }))))

const patchUser = (deps: EditingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PATCH',
    path: '/cloud/users/:userId',
    summary: 'Changes several fields of an account at once, all or none; null leaves a field as it is',
    auth: 'group-admin',
    confirm: true,
    input: Type.Object({
      displayName: NewText(1_024),
      password: NewText(16_384),
      email: NewText(1_024),
      quota: NewText(64),
      language: NewText(64),
      manager: NewText(64),
      groups: NewGroups(),
      subadminGroups: NewGroups(),
    }),
    reply: UserMetadata,
    codes: { hidden: 998, 'invalid-fields': 422, 'unknown-group': 422, 'last-admin': 422 },
    async handler({ viewer, params, input }) {
      return metadataOf(deps, viewer, await deps.patching.patch(viewer, params.userId, input))
    },
  })

const searchByPhone = ({ phoneSearch }: EditingRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/users/search/by-phone',
    summary: 'Finds accounts by the numbers of an address book, read as they are written in a country',
    auth: 'user',
    limit: SEARCH_LIMIT,
    input: Type.Object({
      location: Type.String({ maxLength: 8 }),
      search: Type.Record(Type.String(), Type.Array(Type.String({ maxLength: 64 }))),
    }),
    reply: Type.Record(Type.String(), Type.String()),
    async handler({ viewer, input, request }) {
      const { host } = new URL(request.baseUrl)
      const found = await phoneSearch.find(viewer, input.location, new Map(Object.entries(input.search)))
      if (found.size === 0) return []
      return Object.fromEntries([...found].map(([key, userId]) => [key, `${userId}@${host}`]))
    },
  })
