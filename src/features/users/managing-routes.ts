import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Managing } from './managing.ts'

const Text = (maxLength: number) => Type.String({ default: '', maxLength })
const GroupInput = Type.Object({ groupid: Text(255) })

/** Codes of the wire for membership (recording provisioning-users-edit). */
const MEMBERSHIP_CODES = {
  'no-group-given': 101,
  'unknown-group': 102,
  'unknown-account': 103,
  'not-your-group': 104,
  'must-stay': 105,
  'last-admin': 105,
}

/** Changes that administrators make to accounts. Each wants the password, not an app password. */
export function managingRoutes(managing: Managing): OcsRoute[] {
  return [
    addAccount(managing),
    removeAccount(managing),
    setEnabled(managing, 'enable', true),
    setEnabled(managing, 'disable', false),
    addToGroup(managing),
    removeFromGroup(managing),
    promote(managing),
    demote(managing),
  ]
}

const addAccount = (managing: Managing): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/users',
    summary: 'Makes an account; an administrator of groups makes it in one of them',
    auth: 'group-admin',
    confirm: true,
    input: Type.Object({
      userid: Type.String({ maxLength: 1_024 }),
      password: Text(16_384),
      displayName: Text(1_024),
      email: Text(1_024),
      groups: Type.Optional(Type.Array(Type.String({ maxLength: 255 }))),
      subadmin: Type.Optional(Type.Array(Type.String({ maxLength: 255 }))),
      quota: Text(64),
      language: Text(64),
      manager: Text(64),
    }),
    reply: Type.Object({ id: Type.String() }),
    codes: {
      'account-exists': 102,
      'invalid-user-id': 101,
      'invalid-value': 101,
      'unknown-group': 104,
      'foreign-group': 105,
      'no-group-given': 106,
      'no-password': 108,
      'unknown-admin-group': 109,
      'admin-group': 103,
    },
    async handler({ viewer, input }) {
      const { userid, password, displayName, email, quota, language, manager } = input
      const record = await managing.add(viewer, {
        userId: userid,
        ...(password === '' ? {} : { password }),
        ...(quota === '' ? {} : { quota }),
        displayName,
        email,
        language,
        manager,
        groupIds: input.groups ?? [],
        administeredGroupIds: input.subadmin ?? [],
      })
      return { id: record.row.user_id }
    },
  })

const removeAccount = (managing: Managing): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/cloud/users/:userId',
    summary: 'Deletes an account with everything that it has',
    auth: 'group-admin',
    confirm: true,
    codes: { hidden: 998, oneself: 101, 'last-admin': 101 },
    async handler({ viewer, params }) {
      await managing.remove(viewer, params.userId)
      return undefined
    },
  })

const setEnabled = (managing: Managing, word: 'enable' | 'disable', enabled: boolean): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: `/cloud/users/:userId/${word}`,
    summary: enabled ? 'Lets an account sign in again' : 'Keeps an account from signing in, at once and everywhere',
    auth: 'group-admin',
    confirm: true,
    codes: { hidden: 998, oneself: 101, 'last-admin': 101 },
    async handler({ viewer, params }) {
      await managing.setEnabled(viewer, params.userId, enabled)
      return undefined
    },
  })

const addToGroup = (managing: Managing): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/users/:userId/groups',
    summary: 'Puts an account into a group',
    auth: 'group-admin',
    confirm: true,
    input: GroupInput,
    codes: MEMBERSHIP_CODES,
    async handler({ viewer, params, input }) {
      await managing.addToGroup(viewer, params.userId, input.groupid)
      return undefined
    },
  })

const removeFromGroup = (managing: Managing): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/cloud/users/:userId/groups',
    summary: 'Takes an account out of a group',
    auth: 'group-admin',
    confirm: true,
    input: GroupInput,
    codes: MEMBERSHIP_CODES,
    async handler({ viewer, params, input }) {
      await managing.removeFromGroup(viewer, params.userId, input.groupid)
      return undefined
    },
  })

const promote = (managing: Managing): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/users/:userId/subadmins',
    summary: 'Makes an account administer a group',
    auth: 'settings-admin',
    confirm: true,
    input: GroupInput,
    codes: { 'no-account': 101, 'no-group': 102, forbidden: 103 },
    async handler({ viewer, params, input }) {
      await managing.promote(viewer, params.userId, input.groupid)
      return undefined
    },
  })

const demote = (managing: Managing): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/cloud/users/:userId/subadmins',
    summary: 'Ends that an account administers a group',
    auth: 'settings-admin',
    confirm: true,
    input: GroupInput,
    codes: { 'no-account': 101, 'no-group': 101, 'no-group-admin': 102 },
    async handler({ viewer, params, input }) {
      await managing.demote(viewer, params.userId, input.groupid)
      return undefined
    },
  })
