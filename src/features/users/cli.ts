import type { Command, CommandInput, CommandPrompt } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { lookUp } from '../../lib/lookup.ts'
import type { Groups } from '../groups/index.ts'
import { type Preferences, preferenceKey } from '../preferences/index.ts'
import type { Accounts } from './accounts.ts'
import { countOption } from './count-option.ts'
import type { AccountEditing } from './editing.ts'
import type { AccountRecord } from './records.ts'

export interface UserCommandsDeps {
  readonly accounts: Accounts
  readonly editing: AccountEditing
  readonly groups: Groups
  readonly preferences: Preferences
  /** Whether there is a mail server. */
  readonly canMail: boolean
}

const USER_ARG = { name: 'user', summary: 'Id of the account' }
const CLI = 'cli'

export function userCommands(deps: UserCommandsDeps): Command[] {
  return [
    addUser(deps),
    listUsers(deps),
    showUser(deps),
    deleteUser(deps),
    enableUser(deps, 'user:enable', true),
    enableUser(deps, 'user:disable', false),
    resetPassword(deps),
    userSetting(deps),
  ]
}

const PASSWORD_FROM_ENV = {
  'password-from-env': { type: 'boolean', summary: 'Read the password from the variable OC_PASS' },
} as const

function addUser({ accounts, groups, canMail }: UserCommandsDeps): Command {
  return {
    name: 'user:add',
    summary: 'Make an account',
    args: [USER_ARG],
    options: {
      ...PASSWORD_FROM_ENV,
      'generate-password': {
        type: 'boolean',
        summary: 'Ask for no password: a mail to --email leads to a page to choose one',
      },
      'display-name': { type: 'string', value: 'NAME', summary: 'Name to show' },
      email: { type: 'string', value: 'ADDRESS', summary: 'E-mail address' },
      group: { type: 'string', short: 'g', multiple: true, value: 'GROUP', summary: 'Group to join; made if missing' },
      quota: { type: 'string', value: 'SIZE', summary: 'Quota: a size such as "5 GB", "none" or "default"' },
      language: { type: 'string', value: 'TAG', summary: 'Language, such as "de"' },
    },
    async run(input, out, prompt) {
      const groupIds = (input.options['group'] ?? []) as readonly string[]
      const isInvited = input.options['generate-password'] === true
      if (isInvited && (!canMail || typeof input.options['email'] !== 'string')) {
        throw new Fault('bad-request', '--generate-password needs --email, and a mail server (CLOUDLET_SMTP_URL)')
      }
      const password = isInvited ? undefined : await askPassword(input, prompt)
      for (const groupId of groupIds) {
        if ((await groups.find(groupId)) === undefined) await groups.add(groupId, groupId, CLI)
      }
      const record = await accounts.add(
        {
          userId: input.args['user'] ?? '',
          ...(password === undefined ? { isWelcomed: true } : { password }),
          groupIds,
          ...optionalText(input, 'display-name', 'displayName'),
          ...optionalText(input, 'email', 'email'),
          ...optionalText(input, 'quota', 'quota'),
          ...optionalText(input, 'language', 'language'),
        },
        CLI,
      )
      out.result(recordJson(record), [`The account "${record.row.user_id}" was created`])
    },
  }
}

function optionalText(input: CommandInput, option: string, field: string): Record<string, string> {
  const value = input.options[option]
  return typeof value === 'string' ? { [field]: value } : {}
}

/** The new password: from `OC_PASS` when asked to, else typed twice. It is never an argument, where others could see it. */
async function askPassword(input: CommandInput, prompt: CommandPrompt): Promise<string> {
  if (input.options['password-from-env'] === true) {
    const password = prompt.env['OC_PASS']
    if (password === undefined || password === '') {
      throw new Fault('bad-request', 'OC_PASS is empty. Put the password into the variable OC_PASS')
    }
    return password
  }
  const first = await prompt.secret('Password: ')
  if ((await prompt.secret('Password again: ')) !== first) {
    throw new Fault('bad-request', 'The two passwords differ. Nothing was changed')
  }
  return first
}

/** Pages that keep a list of any length in little memory. */
const PAGE = 500

function listUsers({ accounts }: UserCommandsDeps): Command {
  return {
    name: 'user:list',
    summary: 'List accounts',
    options: {
      limit: { type: 'string', short: 'l', value: 'N', summary: 'At most N accounts (500 when not given)' },
      offset: { type: 'string', short: 'o', value: 'N', summary: 'Begin after N accounts' },
      search: { type: 'string', short: 's', value: 'TEXT', summary: 'Only those whose id, name or address holds TEXT' },
      disabled: { type: 'boolean', short: 'd', summary: 'Only those that may not sign in' },
      info: { type: 'boolean', short: 'i', summary: 'Show more than the name' },
    },
    async run(input, out) {
      const limit = countOption(input, 'limit', PAGE)
      const offset = countOption(input, 'offset', 0)
      const search = typeof input.options['search'] === 'string' ? input.options['search'] : ''
      const filter = input.options['disabled'] === true ? { isEnabled: false } : {}
      const records = await accounts.load(await accounts.list(undefined, search, limit, offset, filter))
      const withInfo = input.options['info'] === true
      const entries = records.map((record): [string, Json] => [
        record.row.user_id,
        withInfo ? recordJson(record) : shownName(record),
      ])
      out.result(
        Object.fromEntries(entries),
        records.map((record) => (withInfo ? infoLine(record) : `  - ${record.row.user_id}: ${shownName(record)}`)),
      )
    },
  }
}

function infoLine(record: AccountRecord): string {
  const state = record.row.enabled === 1 ? 'enabled' : 'disabled'
  return `  - ${record.row.user_id}: ${shownName(record)} <${record.row.email ?? ''}> ${state} quota ${record.row.quota}`
}

function shownName(record: AccountRecord): string {
  return record.row.display_name === '' ? record.row.user_id : record.row.display_name
}

function recordJson(record: AccountRecord): Record<string, Json> {
  const { row } = record
  return {
    user_id: row.user_id,
    display_name: shownName(record),
    email: row.email,
    enabled: row.enabled === 1,
    groups: [...record.groupIds],
    subadmin: [...record.administeredGroupIds],
    quota: row.quota,
    quota_bytes: record.limitBytes ?? null,
    language: row.language,
    last_seen: row.last_login_at_ms === null ? null : new Date(row.last_login_at_ms).toISOString(),
    created: new Date(row.created_at_ms).toISOString(),
    backend: 'Database',
  }
}

function showUser({ accounts }: UserCommandsDeps): Command {
  return {
    name: 'user:info',
    summary: 'Show an account',
    args: [USER_ARG],
    async run(input, out) {
      const facts = recordJson(await accounts.get(input.args['user'] ?? ''))
      out.result(
        facts,
        Object.entries(facts).map(([name, value]) => `  - ${name}: ${plain(value)}`),
      )
    },
  }
}

function plain(value: Json): string {
  if (Array.isArray(value)) return value.join(', ')
  return value === null ? '' : String(value)
}

function deleteUser({ accounts }: UserCommandsDeps): Command {
  return {
    name: 'user:delete',
    summary: 'Delete an account and all that belongs to it',
    args: [USER_ARG],
    async run(input, out) {
      const record = await accounts.get(input.args['user'] ?? '')
      await accounts.remove(record, CLI)
      out.result({ user_id: record.row.user_id }, [`The account "${record.row.user_id}" was deleted`])
    },
  }
}

function enableUser({ accounts }: UserCommandsDeps, name: string, enabled: boolean): Command {
  return {
    name,
    summary: enabled ? 'Let an account sign in again' : 'Stop an account from signing in; its data stays',
    args: [USER_ARG],
    async run(input, out) {
      const record = await accounts.get(input.args['user'] ?? '')
      await accounts.setEnabled(record, enabled, CLI)
      const state = enabled ? 'enabled' : 'disabled'
      out.result({ user_id: record.row.user_id, enabled }, [`The account "${record.row.user_id}" is ${state}`])
    },
  }
}

function resetPassword({ accounts }: UserCommandsDeps): Command {
  return {
    name: 'user:resetpassword',
    summary: 'Give an account a new password and end its sessions',
    args: [USER_ARG],
    options: PASSWORD_FROM_ENV,
    async run(input, out, prompt) {
      const record = await accounts.get(input.args['user'] ?? '')
      await accounts.setPassword(record, await askPassword(input, prompt), CLI)
      out.result({ user_id: record.row.user_id }, [`The password of "${record.row.user_id}" was changed`])
    },
  }
}

/** Where `occ` scripts look for what Cloudlet keeps in the account itself: application and key of `user:setting`. */
const SETTINGS: Readonly<Record<string, string>> = {
  'settings email': 'email',
  'settings display_name': 'displayname',
  'core lang': 'language',
  'core locale': 'locale',
  'core timezone': 'timezone',
  'files quota': 'quota',
  'settings phone': 'phone',
  'settings website': 'website',
}

function userSetting(deps: UserCommandsDeps): Command {
  const { accounts, preferences } = deps
  return {
    name: 'user:setting',
    summary:
      'Read or change a setting of an account: settings email, settings display_name, core lang, files quota, ...',
    args: [
      USER_ARG,
      {
        name: 'app?',
        summary: 'Application: settings, core, files or theming; without one, all settings are listed',
      },
      { name: 'key?', summary: 'Name of the setting' },
      { name: 'value?', summary: 'New value; without one, the value is printed' },
    ],
    options: { delete: { type: 'boolean', summary: 'Take a preference back, such as theming primary_color' } },
    async run(input, out) {
      const record = await accounts.get(input.args['user'] ?? '')
      const values = { ...settingsOf(record), ...Object.fromEntries(await preferences.of(record.row.id)) }
      const { app, key = '', value } = input.args
      if (app === undefined) {
        out.result(
          values,
          Object.entries(values).map(([name, shown]) => `  - ${name}: ${shown}`),
        )
        return
      }
      const name = preferenceKey(app, key)
      const change = input.options['delete'] === true ? null : value
      await changeSetting(deps, record, app, key, change)
      const shown = change === null ? '' : (change ?? values[name] ?? '')
      out.result({ [name]: shown }, change === undefined ? [shown] : [`${name} is now "${shown}"`])
    },
  }
}

/** null takes the setting back, undefined only looks whether there is one of this name. */
async function changeSetting(
  { editing, preferences }: UserCommandsDeps,
  record: AccountRecord,
  app: string,
  key: string,
  value: string | null | undefined,
): Promise<void> {
  const name = preferenceKey(app, key)
  const field = lookUp(SETTINGS, name)
  const known = [...Object.keys(SETTINGS), ...preferences.rules.map((rule) => preferenceKey(rule.app, rule.name))]
  if (!known.includes(name)) {
    throw new Fault('bad-request', `Unknown setting "${name}". Known are: ${known.join(', ')}`)
  }
  if (value === null && field !== undefined) {
    throw new Fault('bad-request', `"${name}" is a field of the account: give it an empty value instead`)
  }
  if (value === null) await preferences.remove(record.row.id, app, [key])
  else if (value !== undefined && field !== undefined) await editing.change(record, field, value, undefined)
  else if (value !== undefined) await preferences.set(record.row.id, app, { [key]: value })
}

function settingsOf(record: AccountRecord): Record<string, string> {
  const { row } = record
  const property = (name: string): string => record.properties.find((known) => known.name === name)?.value ?? ''
  return {
    'settings email': row.email ?? '',
    'settings display_name': shownName(record),
    'core lang': row.language,
    'core locale': row.locale,
    'core timezone': row.timezone,
    'files quota': row.quota,
    'settings phone': property('phone'),
    'settings website': property('website'),
  }
}
