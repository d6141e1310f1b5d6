import type { Command } from '../../cli/command.ts'
import type { Throttle } from './throttle.ts'
import { type TokenCommandsDeps, tokenCommands } from './token-cli.ts'

export interface AuthCommandsDeps extends TokenCommandsDeps {
  readonly throttle: Throttle
}

export function authCommands(deps: AuthCommandsDeps): Command[] {
  return [...tokenCommands(deps), listThrottle(deps), clearThrottle(deps)]
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
