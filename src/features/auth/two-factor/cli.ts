import type { Command } from '../../../cli/command.ts'
import { Fault } from '../../../lib/fault.ts'
import type { Accounts } from '../../users/index.ts'
import { providerStates } from './routes.ts'
import type { Rules } from './rules.ts'
import type { TwoFactor } from './service.ts'

export interface TwoFactorCommandsDeps {
  readonly accounts: Pick<Accounts, 'get'>
  readonly twoFactor: TwoFactor
  readonly rules: Rules
}

const USER_ARG = { name: 'user', summary: 'Id of the account' }
const PROVIDER_ARG = { name: 'provider', summary: 'The word totp: codes of an authenticator app' }
const CLI = 'cli'

export function twoFactorCommands(deps: TwoFactorCommandsDeps): Command[] {
  return [state(deps), enable(deps), disable(deps), enforce(deps)]
}

function state({ accounts, twoFactor }: TwoFactorCommandsDeps): Command {
  return {
    name: 'twofactorauth:state',
    summary: 'Show which second factors an account has',
    args: [USER_ARG],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      const states = await providerStates(twoFactor, row.id)
      const isOn = Object.values(states).includes(true)
      const codes = await twoFactor.countRecoveryCodes(row.id)
      out.result({ enabled: isOn, providers: states, recovery_codes: codes }, [
        `Two-factor authentication is ${isOn ? 'on' : 'off'} for ${row.user_id}`,
        ...Object.entries(states).map(([name, has]) => `  - ${name}: ${has ? 'on' : 'off'}`),
        `  - recovery codes left: ${codes}`,
      ])
    },
  }
}

function enable({ accounts }: TwoFactorCommandsDeps): Command {
  return {
    name: 'twofactorauth:enable',
    summary: 'Refused: only the account itself can set up its second factor',
    args: [USER_ARG, PROVIDER_ARG],
    async run(input) {
      await accounts.get(input.args['user'] ?? '')
      requireProvider(input.args['provider'])
      const advice = 'twofactorauth:enforce makes accounts set it up at their next sign-in'
      throw new Fault('conflict', `Only the account itself can set up a second factor; ${advice}`)
    },
  }
}

function disable({ accounts, twoFactor }: TwoFactorCommandsDeps): Command {
  return {
    name: 'twofactorauth:disable',
    summary: 'Switch off the second factor of an account that has lost it',
    args: [USER_ARG, PROVIDER_ARG],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user'] ?? '')
      requireProvider(input.args['provider'])
      const wasOn = await twoFactor.switchOff(row.id, CLI)
      out.result({ disabled: wasOn }, [wasOn ? `It is off for ${row.user_id} now` : `It was off for ${row.user_id}`])
    },
  }
}

function requireProvider(name: string | undefined): void {
  if (name !== 'totp') throw new Fault('not-found', `There is no second factor ${name ?? ''}; there is totp`)
}

function enforce({ rules }: TwoFactorCommandsDeps): Command {
  return {
    name: 'twofactorauth:enforce',
    summary: 'Make accounts have a second factor; without options, show who has to',
    options: {
      on: { type: 'boolean', summary: 'Everybody, or the groups that are named' },
      off: { type: 'boolean', summary: 'Nobody has to any more' },
      group: { type: 'string', multiple: true, value: 'GROUP', summary: 'Only members of this group' },
      exclude: { type: 'string', multiple: true, value: 'GROUP', summary: 'Not members of this group' },
    },
    async run(input, out) {
      const { on, off } = input.options
      if (on === true && off === true) throw new Fault('bad-request', 'Give --on or --off, not both')
      const listOf = (name: string): string[] => [input.options[name] ?? []].flat().map(String)
      const [groupIds, excludedGroupIds] = [listOf('group'), listOf('exclude')]
      if (on !== true && groupIds.length + excludedGroupIds.length > 0) {
        throw new Fault('bad-request', '--group and --exclude need --on')
      }
      if (on === true) await rules.change({ isOn: true, groupIds, excludedGroupIds }, CLI)
      if (off === true) await rules.change({ isOn: false, groupIds: [], excludedGroupIds: [] }, CLI)
      const rule = await rules.get()
      const who = rule.groupIds.length === 0 ? 'for everybody' : `for the groups ${rule.groupIds.join(', ')}`
      const except = rule.excludedGroupIds.length === 0 ? '' : `, but not for ${rule.excludedGroupIds.join(', ')}`
      out.result({ enforced: rule.isOn, groups: rule.groupIds, excluded_groups: rule.excludedGroupIds }, [
        rule.isOn
          ? `Two-factor authentication is enforced ${who}${except}`
          : 'Two-factor authentication is not enforced',
      ])
    },
  }
}
