import { languageFor } from '../../http/language.ts'
import type { Json } from '../../lib/json.ts'
import type { Language } from '../../lib/languages.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Feature } from '../feature.ts'
import type { Visibility } from '../users/index.ts'

export interface AutocompleteDeps {
  readonly visibility: Pick<Visibility, 'search' | 'searchGroups'>
  /** What accounts say of their availability, by account, in one statement; those that say nothing are missing. */
  readonly statusesOf: (accountIds: readonly number[], language: Language) => Promise<ReadonlyMap<number, Json>>
}

/** Kinds of whom something can be shared with, as numbers of the wire. */
const ACCOUNT = 0
const GROUP = 1

const MAX_RESULTS = 100

/** Completes the names of people and groups, for mentions and the like. */
export function createAutocomplete(deps: AutocompleteDeps): Feature {
  return { name: 'autocomplete', ocs: [complete(deps)] }
}

const complete = ({ visibility, statusesOf }: AutocompleteDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/core/autocomplete/get',
    summary: 'People and groups by a part of their names, as far as the one who asks may find them',
    auth: 'user',
    reach: 'read',
    input: Type.Object({
      search: Type.String({ maxLength: 255 }),
      // What is being written, and in which order to suggest: nothing here depends on it yet.
      itemType: Type.Optional(Type.String({ maxLength: 255 })),
      itemId: Type.Optional(Type.String({ maxLength: 255 })),
      sorter: Type.Optional(Type.String({ maxLength: 255 })),
      shareTypes: Type.Optional(Type.Array(Type.Integer())),
      limit: Type.Integer({ default: 10, minimum: 1 }),
    }),
    reply: Type.Array(
      Type.Object({
        id: Type.String(),
        label: Type.String(),
        icon: Type.String(),
        source: Type.String(),
        status: Type.Unknown(),
        subline: Type.String(),
        shareWithDisplayNameUnique: Type.String(),
      }),
    ),
    async handler({ viewer, input, request }) {
      const kinds = input.shareTypes ?? [ACCOUNT]
      const limit = Math.min(input.limit, MAX_RESULTS)
      const text = input.search.trim()
      const people = kinds.includes(ACCOUNT) ? await visibility.search(viewer, text, limit) : []
      const groups = kinds.includes(GROUP) ? await visibility.searchGroups(viewer, text, limit) : []
      const statuses = await statusesOf(
        people.map(({ row }) => row.id),
        languageFor(viewer, request),
      )
      return [
        ...people.map(({ row }) => ({
          id: row.user_id,
          label: row.display_name === '' ? row.user_id : row.display_name,
          icon: 'icon-user',
          source: 'users',
          status: statuses.get(row.id) ?? '',
          subline: '',
          shareWithDisplayNameUnique: row.email ?? row.user_id,
        })),
        ...groups.map(({ groupId, displayName }) => ({
          id: groupId,
          label: displayName,
          icon: '',
          source: 'groups',
          status: '',
          subline: '',
          shareWithDisplayNameUnique: '',
        })),
      ]
    },
  })
