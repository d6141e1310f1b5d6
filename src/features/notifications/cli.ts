import type { Command, CommandInput } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { Accounts } from '../users/index.ts'
import type { AdminMessages } from './admin.ts'
import type { Notifications } from './service.ts'

export interface NotificationCommandsDeps {
  readonly messages: AdminMessages
  readonly notifications: Pick<Notifications, 'listExisting' | 'remove'>
  readonly accounts: Pick<Accounts, 'get'>
}

const CLI = 'cli'
const USER_ARG = { name: 'user-id', summary: 'Id of the account' }

export function notificationCommands(deps: NotificationCommandsDeps): Command[] {
  return [generate(deps), remove(deps)]
}

function generate({ messages }: NotificationCommandsDeps): Command {
  return {
    name: 'notification:generate',
    summary: 'Tell an account something',
    args: [USER_ARG, { name: 'short-message', summary: 'What to tell, at most 255 characters' }],
    options: {
      'short-parameters': { type: 'string', value: 'JSON', summary: 'Rich objects for the {placeholders} in it' },
      'long-message': { type: 'string', short: 'l', value: 'TEXT', summary: 'More details, at most 4000 characters' },
      'long-parameters': { type: 'string', value: 'JSON', summary: 'Rich objects for the {placeholders} in those' },
      'object-type': { type: 'string', value: 'TYPE', summary: 'What it is about; with --object-id' },
      'object-id': { type: 'string', value: 'ID', summary: 'A later one of the same type and id takes its place' },
      'output-id-only': { type: 'boolean', summary: 'Print nothing but the id, for notification:delete' },
    },
    examples: [
      "notification:generate alice 'Restart at 18:00' -l 'Please save your work.'",
      "notification:generate alice '13 is out' --object-type=app --object-id=x",
    ],
    async run(input, out) {
      const subjectParameters = jsonOption(input, 'short-parameters')
      const messageParameters = jsonOption(input, 'long-parameters')
      const message = {
        subject: input.args['short-message'] ?? '',
        subjectParameters,
        message: textOption(input, 'long-message') ?? '',
        messageParameters,
        // Without rich objects only the plain form is on the wire (recording notifications).
        isRich: subjectParameters !== undefined || messageParameters !== undefined,
        object: objectOption(input),
      }
      const id = await messages.send(input.args['user-id'] ?? '', message, CLI)
      const said = input.options['output-id-only'] === true ? String(id) : `Notification with ID ${id}`
      out.result({ id }, [said])
    },
  }
}

function remove({ accounts, notifications }: NotificationCommandsDeps): Command {
  return {
    name: 'notification:delete',
    summary: 'Take a notification from the list of an account and from its devices',
    args: [USER_ARG, { name: 'notification-id', summary: 'As notification:generate has printed it' }],
    async run(input, out) {
      const { row } = await accounts.get(input.args['user-id'] ?? '')
      const id = Number(input.args['notification-id'])
      if (!Number.isSafeInteger(id)) throw new Fault('bad-request', 'The argument NOTIFICATION-ID must be a number')
      const [found] = await notifications.listExisting(row.id, [id])
      if (found === undefined) throw new Fault('not-found', `${row.user_id} has no notification ${id}`)
      await notifications.remove(row.id, id)
      out.result({ id }, [`The notification ${id} was deleted`])
    },
  }
}

function textOption({ options }: CommandInput, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** Throws Fault `bad-request` with reason `usage`. */
function jsonOption(input: CommandInput, name: string): unknown {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Fault('bad-request', `The option --${name} must be JSON`, { reason: 'usage', field: name })
  }
}

function objectOption(input: CommandInput): { readonly type: string; readonly id: string } | undefined {
  const type = textOption(input, 'object-type')
  const id = textOption(input, 'object-id')
  if (type === undefined && id === undefined) return undefined
  if (type === undefined || id === undefined) {
    throw new Fault('bad-request', 'The options --object-type and --object-id go together', { reason: 'usage' })
  }
  return { type, id }
}
