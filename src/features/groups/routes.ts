import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Groups } from './service.ts'

const GroupIds = Type.Object({ groups: Type.Array(Type.String()) })

const Listing = Type.Object({
  search: Type.String({ default: '', maxLength: 255 }),
  limit: Type.Optional(Type.Integer({ minimum: 1 })),
  offset: Type.Integer({ default: 0, minimum: 0 }),
})

/** The longest list that one answer holds; longer ones are asked for in pages. */
const MAX_GROUPS = 5_000

export function groupRoutes(groups: Groups): OcsRoute[] {
  return [listGroups(groups), addGroup(groups), renameGroup(groups), removeGroup(groups)]
}

const listGroups = (groups: Groups): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/groups',
    summary: 'Ids of groups, by part of the id or name',
    auth: 'group-admin',
    input: Listing,
    reply: GroupIds,
    async handler({ input }) {
      const found = await groups.list(input.search, Math.min(input.limit ?? MAX_GROUPS, MAX_GROUPS), input.offset)
      return { groups: found.map((group) => group.groupId) }
    },
  })

const addGroup = (groups: Groups): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/groups',
    summary: 'Makes a group',
    auth: 'settings-admin',
    confirm: true,
    input: Type.Object({ groupid: Type.String(), displayname: Type.String({ default: '' }) }),
    codes: { 'group-exists': 102, 'invalid-group': 101 },
    async handler({ viewer, input }) {
      await groups.add(input.groupid, input.displayname === '' ? input.groupid : input.displayname, viewer.userId)
      return undefined
    },
  })

const renameGroup = (groups: Groups): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: '/cloud/groups/:groupId',
    summary: 'Gives a group another name; its id stays',
    auth: 'settings-admin',
    confirm: true,
    input: Type.Object({ key: Type.String({ maxLength: 64 }), value: Type.String({ maxLength: 1_024 }) }),
    codes: { 'no-group': 998, 'invalid-group': 101, 'unknown-key': 101 },
    async handler({ viewer, params, input }) {
      if (input.key !== 'displayname')
        throw new Fault('bad-request', 'Only the displayname can be changed', { reason: 'unknown-key' })
      await groups.rename(params.groupId, input.value, viewer.userId)
      return undefined
    },
  })

const removeGroup = (groups: Groups): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/cloud/groups/:groupId',
    summary: 'Deletes a group; its members stay',
    auth: 'settings-admin',
    confirm: true,
    codes: { 'not-found': 101, forbidden: 102 },
    async handler({ viewer, params }) {
      await groups.remove(params.groupId, viewer.userId)
      return undefined
    },
  })
