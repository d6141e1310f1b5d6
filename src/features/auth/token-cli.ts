import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Accounts } from '../users/index.ts'
import type { AppPassword, AppPasswordLimits, AppPasswords } from './app-passwords.ts'
import { endOf, type FolderNames } from './limits-input.ts'

export interface TokenCommandsDeps {
  readonly accounts: Pick<Accounts, 'get'>
  readonly appPasswords: AppPasswords
  readonly folders: FolderNames
}

const USER_ARG = { name: 'user', summary: 'Id of the account' }
const ID_ARG = { name: 'id', summary: 'Number of the app password, see user:auth-tokens:list' }
const CLI = 'cli'

/** `user:auth-tokens:*`, in the names and options of occ. */
export function tokenCommands(deps: TokenCommandsDeps): Command[] {
  return [addToken(deps), listTokens(deps), deleteToken(deps), renameToken(deps), wipeToken(deps)]
}

type Input = Parameters<Command['run']>[0]

function addToken({ accounts, appPasswords, folders }: TokenCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:add',
    summary: 'Make an app password, if wanted with limits; it is shown once',
    args: [USER_ARG],
    options: {
      name: { type: 'string', value: 'NAME', summary: 'What it is for, such as "backup script"' },
      'read-only': { type: 'boolean', summary: 'It changes nothing' },
      folder: { type: 'string', value: 'PATH', summary: 'It opens this folder of the account alone, such as /Photos' },
      expires: { type: 'string', value: 'DATE', summary: 'It stops after this day, or at this time: 2027-01-31' },
    },
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const { folder, expires } = input.options
      const limits: AppPasswordLimits = {
        ...(input.options['read-only'] === true ? { isReadOnly: true } : {}),
        ...(typeof folder === 'string' ? { folderId: await folders.folderAt(row.id, folder) } : {}),
        ...(typeof expires === 'string' ? { endsAtMs: endOf(expires) } : {}),
      }
      const name = input.options['name']
      const label = typeof name === 'string' ? name : 'command line'
      const { id, secret } = await appPasswords.add(row.id, label, CLI, limits)
      out.result({ id, user_id: row.user_id, app_password: secret }, ['App password, shown only now:', secret])
    },
  }
}

function listTokens({ accounts, appPasswords, folders }: TokenCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:list',
    summary: 'List the app passwords of an account',
    args: [USER_ARG],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const tokens = await appPasswords.list(row.id)
      const entries = []
      for (const token of tokens) entries.push(await entryOf(folders, token))
      out.result(
        entries,
        entries.map(({ id, name, last_used, ...entry }) => {
          const limits = [entry.read_only ? 'read only' : '', entry.folder ?? '', entry.expires ?? '']
          const shown = limits.filter((limit) => limit !== '').map((limit) => `, ${limit}`)
          return `  - ${id}: ${name} (last used ${last_used}${shown.join('')})`
        }),
      )
    },
  }
}

async function entryOf(folders: FolderNames, token: AppPassword) {
  const { id, name, folderId, endsAtMs } = token
  return {
    id,
    name,
    created: new Date(token.createdAtMs).toISOString(),
    last_used: new Date(token.lastUsedAtMs).toISOString(),
    wipe: token.isWipeWanted,
    read_only: token.isReadOnly,
    folder: folderId === undefined ? null : ((await folders.pathOf(folderId)) ?? 'deleted folder'),
    expires: endsAtMs === undefined ? null : new Date(endsAtMs).toISOString(),
  }
}

function deleteToken({ accounts, appPasswords }: TokenCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:delete',
    summary: 'Delete an app password, or all that nobody has used for long; whatever uses it stops at once',
    args: [USER_ARG, { ...ID_ARG, name: 'id?' }],
    options: {
      'last-used-before': { type: 'string', value: 'DATE', summary: 'All that were last used before: 2026-01-31' },
    },
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const before = input.options['last-used-before']
      if (typeof before === 'string') {
        if (input.args['id'] !== undefined) throw new Fault('bad-request', 'Give an ID or --last-used-before, not both')
        const count = await appPasswords.removeUnusedSince(row.id, dateOf(before), CLI)
        out.result({ deleted: count }, [`${count} app passwords were deleted`])
        return
      }
      const id = idOf(input)
      await appPasswords.remove(row.id, id, CLI)
      out.result({ id }, [`The app password ${id} was deleted`])
    },
  }
}

function renameToken({ accounts, appPasswords }: TokenCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:rename',
    summary: 'Give an app password another name',
    args: [USER_ARG, ID_ARG, { name: 'name', summary: 'The new name' }],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const id = idOf(input)
      await appPasswords.rename(row.id, id, input.args['name'] ?? '', CLI)
      out.result({ id }, [`The app password ${id} has a new name`])
    },
  }
}

function wipeToken({ accounts, appPasswords }: TokenCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:wipe',
    summary: 'Ask the device with an app password to delete its data; the app password opens nothing any more',
    args: [USER_ARG, ID_ARG],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const id = idOf(input)
      const count = await appPasswords.askForWipe(row.id, CLI, id)
      if (count === 0) throw new Fault('not-found', 'There is no such app password')
      out.result({ id }, [`The device of app password ${id} will delete its data when it comes next`])
    },
  }
}

function idOf(input: Input): number {
  const id = Number(input.args['id'])
  if (!Number.isSafeInteger(id)) throw new Fault('bad-request', 'The argument ID must be a number')
  return id
}

function dateOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new Fault('bad-request', `${text} is no date; write it as 2026-01-31`)
  return time
}
