import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Accounts } from '../users/index.ts'
import type { AppPasswords } from './app-passwords.ts'
import type { Throttle } from './throttle.ts'

export interface AuthCommandsDeps {
  readonly accounts: Pick<Accounts, 'get'>
  readonly appPasswords: AppPasswords
  readonly throttle: Throttle
}

const USER_ARG = { name: 'user', summary: 'Id of the account' }
const CLI = 'cli'

export function authCommands(deps: AuthCommandsDeps): Command[] {
  return [addToken(deps), listTokens(deps), deleteToken(deps), listThrottle(deps), clearThrottle(deps)]
}

function addToken({ accounts, appPasswords }: AuthCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:add',
    summary: 'Make an app password; it is shown once',
    args: [USER_ARG],
    options: { name: { type: 'string', value: 'NAME', summary: 'What it is for, such as "backup script"' } },
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const name = input.options['name']
      const { id, secret } = await appPasswords.add(row.id, typeof name === 'string' ? name : 'command line', CLI)
      out.result({ id, user_id: row.user_id, app_password: secret }, ['App password, shown only now:', secret])
    },
  }
}

function listTokens({ accounts, appPasswords }: AuthCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:list',
    summary: 'List the app passwords of an account',
    args: [USER_ARG],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const tokens = await appPasswords.list(row.id)
      const entries = tokens.map(({ id, name, createdAtMs, lastUsedAtMs, isWipeWanted }) => ({
        id,
        name,
        created: new Date(createdAtMs).toISOString(),
        last_used: new Date(lastUsedAtMs).toISOString(),
        wipe: isWipeWanted,
      }))
      out.result(
        entries,
        entries.map(({ id, name, last_used }) => `  - ${id}: ${name} (last used ${last_used})`),
      )
    },
  }
}

function deleteToken({ accounts, appPasswords }: AuthCommandsDeps): Command {
  return {
    name: 'user:auth-tokens:delete',
    summary: 'Delete an app password; whatever uses it stops at once',
    args: [USER_ARG, { name: 'id', summary: 'Number of the app password, see user:auth-tokens:list' }],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const id = Number(input.args['id'])
      if (!Number.isSafeInteger(id)) throw new Fault('bad-request', 'The argument ID must be a number')
      await appPasswords.remove(row.id, id, CLI)
      out.result({ id }, [`The app password ${id} was deleted`])
    },
  }
}

function listThrottle({ throttle }: AuthCommandsDeps): Command {
  return {
    name: 'security:throttle:list',
    summary: 'List who was counted guessing passwords lately',
    async run(_input, out) {
      const rows = await throttle.list()
      const entries = rows.map((row) => ({
        account: row.account_key,
        network: row.network,
        attempts: row.attempts,
        since: new Date(row.window_started_at_ms).toISOString(),
      }))
      const lines = entries.map(
        ({ account, network, attempts, since }) =>
          `  - ${network}${account === '' ? ' (all accounts)' : ` for ${account}`}: ${attempts} since ${since}`,
      )
      out.result(entries, lines.length === 0 ? ['Nobody'] : lines)
    },
  }
}

function clearThrottle({ throttle }: AuthCommandsDeps): Command {
  return {
    name: 'security:throttle:clear',
    summary: 'Let an account or a network try again at once; without options, everybody',
    options: {
      account: { type: 'string', value: 'USER', summary: 'Only what was counted for this login name' },
      network: { type: 'string', value: 'ADDRESS', summary: 'Only what was counted for this address' },
    },
    async run(input, out) {
      const { account, network } = input.options
      const count = await throttle.clear({
        ...(typeof account === 'string' ? { login: account } : {}),
        ...(typeof network === 'string' ? { network } : {}),
      })
      out.result({ cleared: count }, [`${count} entries cleared`])
    },
  }
}
