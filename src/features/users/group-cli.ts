import type { Command } from '../../cli/command.ts'
import type { Groups } from '../groups/index.ts'
import type { Accounts } from './accounts.ts'

export interface GroupCommandsDeps {
  readonly accounts: Accounts
  readonly groups: Groups
}

const GROUP_ARG = { name: 'group', summary: 'Id of the group' }
const CLI = 'cli'
const MAX_LISTED_GROUPS = 5_000

/** Commands about groups. They name accounts, so they live beside them. */
export function groupCommands(deps: GroupCommandsDeps): Command[] {
  return [
    addGroup(deps),
    listGroups(deps),
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
    async run(_input, out) {
      const members: Record<string, string[]> = {}
      for (const { groupId } of await groups.list('', MAX_LISTED_GROUPS, 0)) {
        members[groupId] = await accounts.listUserIdsIn(groupId)
      }
      const lines = Object.entries(members).flatMap(([groupId, userIds]) => [
        `  - ${groupId}:`,
        ...userIds.map((userId) => `    - ${userId}`),
      ])
      out.result(members, lines)
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
