import type { AccountViewer } from '../../http/viewer.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Managing } from './managing.ts'

const Text = (maxLength: number) => Type.String({ default: '', maxLength })

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
    ...membershipRoutes(managing).map(membershipRoute),
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
    codes: { hidden: 998, 'unknown-account': 101, oneself: 101, 'last-admin': 101 },
    async handler({ viewer, params }) {
      await managing.setEnabled(viewer, params.userId, enabled)
      return undefined
    },
  })

interface MembershipRoute {
  readonly method: 'POST' | 'DELETE'
  readonly word: 'groups' | 'subadmins'
  readonly summary: string
  readonly codes: OcsRoute['codes']
  change(viewer: AccountViewer, userId: string, groupId: string): Promise<void>
}

/** What an account is in a group: a member, or its administrator. */
function membershipRoutes(managing: Managing): readonly MembershipRoute[] {
  return [
    {
      method: 'POST',
      word: 'groups',
      summary: 'Puts an account into a group',
      codes: MEMBERSHIP_CODES,
      change: managing.addToGroup,
    },
    {
      method: 'DELETE',
      word: 'groups',
      summary: 'Takes an account out of a group',
      codes: MEMBERSHIP_CODES,
      change: managing.removeFromGroup,
    },
    {
      method: 'POST',
      word: 'subadmins',
      summary: 'Makes an account administer a group',
      codes: { 'no-account': 101, 'no-group': 102, forbidden: 103 },
      change: managing.promote,
    },
    {
      method: 'DELETE',
      word: 'subadmins',
      summary: 'Ends that an account administers a group',
      codes: { 'no-account': 101, 'no-group': 101, 'no-group-admin': 102 },
      change: managing.demote,
    },
  ]
}

const membershipRoute = ({ method, word, summary, codes, change }: MembershipRoute): OcsRoute =>
  defineOcs({
    method,
    path: `/cloud/users/:userId/${word}`,
    summary,
    auth: word === 'groups' ? 'group-admin' : 'settings-admin',
    confirm: true,
    input: Type.Object({ groupid: Text(255) }),
    codes,
    async handler({ viewer, params, input }) {
      await change(viewer, params.userId, input.groupid)
      return undefined
    },
  })
