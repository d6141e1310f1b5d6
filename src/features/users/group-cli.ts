import type { Command } from '../../cli/command.ts'
import type { Json } from '../../lib/json.ts'
import type { Groups } from '../groups/index.ts'
import type { Accounts } from './accounts.ts'
import { countOption } from './count-option.ts'

export interface GroupCommandsDeps {
  readonly accounts: Accounts
  readonly groups: Groups
}

const GROUP_ARG = { name: 'group', summary: 'Id of the group' }
const CLI = 'cli'
const MAX_LISTED = 500

/** Commands about groups. They name accounts, so they live beside them. */
export function groupCommands(deps: GroupCommandsDeps): Command[] {
  return [
    addGroup(deps),
    listGroups(deps),
    showGroup(deps),
    deleteGroup(deps),
    changeMember(deps, 'group:adduser', true),
    changeMember(deps, 'group:removeuser', false),
  ]
}

function addGroup({ groups }: GroupCommandsDeps): Command {
  return {
    name: 'group:add',
    summary: 'Make a group',
    args: [GROUP_ARG],
    options: { 'display-name': { type: 'string', value: 'NAME', summary: 'Name to show' } },
    async run(input, out) {
      const groupId = input.args['group'] ?? ''
      const name = input.options['display-name']
      await groups.add(groupId, typeof name === 'string' ? name : groupId, CLI)
      out.result({ group_id: groupId }, [`The group "${groupId}" was created`])
    },
  }
}

function listGroups({ groups, accounts }: GroupCommandsDeps): Command {
  return {
    name: 'group:list',
    summary: 'List groups and their members',
    options: {
      limit: { type: 'string', short: 'l', value: 'N', summary: 'At most N groups (500 when not given)' },
      offset: { type: 'string', short: 'o', value: 'N', summary: 'Begin after N groups' },
      info: { type: 'boolean', short: 'i', summary: 'Show the names of the groups too' },
    },
    async run(input, out) {
      const found = await groups.list('', countOption(input, 'limit', MAX_LISTED), countOption(input, 'offset', 0))
      const members = await groups.listMembersOf(found.map(({ groupId }) => groupId))
      const names = await accounts.namesOf([...new Set([...members.values()].flat())])
      const order = new Map([...names.keys()].map((accountId, index) => [accountId, index]))
      const entries = found.map(({ groupId, displayName }) => {
        const ids = (members.get(groupId) ?? []).toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
        return { groupId, displayName, users: ids.flatMap((accountId) => names.get(accountId) ?? []) }
      })
      const withInfo = input.options['info'] === true
      out.result(
        Object.fromEntries(
          entries.map(({ groupId, displayName, users }): [string, Json] => [
            groupId,
            withInfo ? { displayName, backends: ['Database'], users } : users,
          ]),
        ),
        entries.flatMap(({ groupId, displayName, users }) => [
          withInfo && displayName !== groupId ? `  - ${groupId} (${displayName}):` : `  - ${groupId}:`,
          ...users.map((userId) => `    - ${userId}`),
        ]),
      )
    },
  }
}

function showGroup({ groups }: GroupCommandsDeps): Command {
  return {
    name: 'group:info',
    summary: 'Show a group',
    args: [GROUP_ARG],
    async run(input, out) {
      const groupId = input.args['group'] ?? ''
      await groups.get(groupId)
      const [details] = await groups.detailsOf([groupId], [])
      const { displayName = groupId, memberCount = 0 } = details ?? {}
      const facts = { groupID: groupId, displayName, backends: ['Database'], members: memberCount }
      out.result(facts, [
        `  - groupID: ${groupId}`,
        `  - displayName: ${displayName}`,
        '  - backends:',
        '    - Database',
        `  - members: ${memberCount}`,
      ])
    },
  }
}

function deleteGroup({ groups }: GroupCommandsDeps): Command {
  return {
    name: 'group:delete',
    summary: 'Delete a group; its members stay',
    args: [GROUP_ARG],
    async run(input, out) {
      const groupId = input.args['group'] ?? ''
      await groups.remove(groupId, CLI)
      out.result({ group_id: groupId }, [`The group "${groupId}" was deleted`])
    },
  }
}

function changeMember({ groups, accounts }: GroupCommandsDeps, name: string, joins: boolean): Command {
  return {
    name,
    summary: joins ? 'Put an account into a group' : 'Take an account out of a group',
    args: [GROUP_ARG, { name: 'user', summary: 'Id of the account' }],
    async run(input, out) {
      const groupId = input.args['group'] ?? ''
      const record = await accounts.get(input.args['user'] ?? '')
      if (joins) await groups.addMember(groupId, record.row.id, CLI)
      else await accounts.leaveGroup(record, groupId, CLI)
      const what = joins ? 'is in' : 'is no longer in'
      out.result({ group_id: groupId, user_id: record.row.user_id }, [
        `The account "${record.row.user_id}" ${what} the group "${groupId}"`,
      ])
    },
  }
}
