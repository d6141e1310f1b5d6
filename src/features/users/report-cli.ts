import type { Command, CommandInput } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Accounts } from './accounts.ts'
import type { AccountEditing } from './editing.ts'
import { PROFILE_FIELDS } from './fields.ts'
import type { AccountRecord } from './records.ts'

export interface ReportCommandsDeps {
  readonly accounts: Accounts
  readonly editing: AccountEditing
  /** What accounts use, in one statement however many they are. */
  readonly usedBytesOf: (accountIds: readonly number[]) => Promise<ReadonlyMap<number, number>>
}

/** Commands that tell of accounts, by the names that `occ` gives them. */
export function reportCommands(deps: ReportCommandsDeps): Command[] {
  return [lastSeen(deps), report(deps), profile(deps)]
}

/** Lists of any length are read in pages. */
const PAGE = 500

async function* everybody(accounts: Accounts): AsyncGenerator<AccountRecord[]> {
  for (let offset = 0; ; offset += PAGE) {
    const records = await accounts.load(await accounts.list(undefined, '', PAGE, offset))
    if (records.length > 0) yield records
    if (records.length < PAGE) return
  }
}

function lastSeen({ accounts }: ReportCommandsDeps): Command {
  return {
    name: 'user:lastseen',
    summary: 'Say when an account, or everybody, signed in last',
    args: [{ name: 'user?', summary: 'Id of the account' }],
    options: { all: { type: 'boolean', summary: 'Of every account' } },
    async run(input, out) {
      const userId = input.args['user']
      const isForAll = input.options['all'] === true
      if ((userId === undefined) === !isForAll) {
        throw new Fault('bad-request', 'Name an account, or give --all', { reason: 'usage' })
      }
      const pages = userId === undefined ? everybody(accounts) : [[await accounts.get(userId)]]
      const seen: Record<string, string | null> = {}
      for await (const records of pages) {
        for (const { row } of records) {
          const at = row.last_login_at_ms === null ? null : new Date(row.last_login_at_ms).toISOString()
          seen[row.user_id] = at
          out.line(at === null ? `${row.user_id} has never signed in` : `${row.user_id}'s last sign-in: ${at}`)
        }
      }
      out.result(seen)
    },
  }
}

function report({ accounts, usedBytesOf }: ReportCommandsDeps): Command {
  return {
    name: 'user:report',
    summary: 'Count the accounts, those that may not sign in, and those that keep files',
    async run(_input, out) {
      let keeping = 0
      let usedBytes = 0
      for await (const records of everybody(accounts)) {
        for (const used of (await usedBytesOf(records.map(({ row }) => row.id))).values()) {
          if (used > 0) keeping += 1
          usedBytes += used
        }
      }
      const [total, disabled] = [await accounts.count(), await accounts.countDisabled()]
      const facts = { total_users: total, disabled_users: disabled, users_with_files: keeping, used_bytes: usedBytes }
      out.result(facts, [
        `Accounts:      ${total}`,
        `May not enter: ${disabled}`,
        `Keep files:    ${keeping}`,
        `Bytes:         ${usedBytes}`,
      ])
    },
  }
}

function profile({ accounts, editing }: ReportCommandsDeps): Command {
  return {
    name: 'user:profile',
    summary: 'Read or change what an account says of itself: phone, address, website, organisation, ...',
    args: [
      { name: 'user', summary: 'Id of the account' },
      { name: 'key?', summary: `One of ${PROFILE_FIELDS.map(({ name }) => name).join(', ')}` },
      { name: 'value?', summary: 'New value; without one, the value is printed' },
    ],
    options: { delete: { type: 'boolean', summary: 'Empty the field' } },
    async run(input, out) {
      const record = await accounts.get(input.args['user'] ?? '')
      const key = input.args['key']
      if (key === undefined) {
        const values = Object.fromEntries(PROFILE_FIELDS.map(({ name }) => [name, profileValue(record, name)]))
        out.result(
          values,
          Object.entries(values).map(([name, value]) => `  - ${name}: ${value}`),
        )
        return
      }
      if (!PROFILE_FIELDS.some(({ name }) => name === key)) {
        throw new Fault('bad-request', `There is no field "${key}" in a profile`, { reason: 'usage' })
      }
      const value = newValue(input)
      if (value !== undefined) await editing.change(record, key, value, undefined)
      const shown = profileValue(value === undefined ? record : await accounts.get(record.row.user_id), key)
      out.result({ [key]: shown }, [value === undefined ? shown : `${key} is now "${shown}"`])
    },
  }
}

/** Throws Fault `bad-request` when a value is to be set and taken away at once. */
function newValue(input: CommandInput): string | undefined {
  const value = input.args['value']
  if (input.options['delete'] !== true) return value
  if (value !== undefined) throw new Fault('bad-request', 'Give a value or --delete, not both', { reason: 'usage' })
  return ''
}

function profileValue({ properties }: AccountRecord, name: string): string {
  return properties.find((row) => row.name === name)?.value ?? ''
}
