import { randomBytes } from 'node:crypto'
import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import type { Audit } from '../../lib/log.ts'
import type { Accounts } from '../users/index.ts'
import { ADMIN_MESSAGE, type AdminText, SELF_TEST } from './admin-kinds.ts'
import { acceptParameters } from './rich-objects.ts'
import { placeholdersOf, type RichParameters } from './rich-text.ts'
import type { NewNotification, Notifications } from './service.ts'

export interface AdminMessage {
  readonly subject: string
  readonly subjectParameters?: unknown
  readonly message?: string
  readonly messageParameters?: unknown
  readonly isRich: boolean
  /** A later message of the same type and id takes its place. */
  readonly object?: { readonly type: string; readonly id: string } | undefined
}

/** Whoever administers the server tells an account something. */
export interface AdminMessages {
  /**
   * Resolves to the id. Throws Fault `bad-request` with reason `subject`, `message`, `parameters` or `object`, or
   * `not-found` with reason `no-account`.
   */
  send(userId: string, message: AdminMessage, actor: string): Promise<number>
  /** Resolves to the id of a notification that an account sends to itself. */
  sendTest(accountId: number): Promise<number>
}

export interface AdminMessagesDeps {
  readonly db: Database
  readonly audit: Audit
  readonly accounts: Pick<Accounts, 'get'>
  readonly notifications: Pick<Notifications, 'add'>
}

const MAX_SUBJECT_CHARS = 255
const MAX_MESSAGE_CHARS = 4_000
const MAX_OBJECT_CHARS = 64
const APP = ADMIN_MESSAGE.app

export function createAdminMessages({ db, audit, accounts, notifications }: AdminMessagesDeps): AdminMessages {
  const add = async (notification: NewNotification): Promise<number> => {
    const id = await db.write((tx) => notifications.add(tx, notification))
    if (id === undefined) throw new Error('A message without a reference is always new')
    return id
  }
  return {
    async send(userId, message, actor) {
      const text = acceptText(message)
      const object = acceptObject(message.object)
      const { row } = await accounts.get(userId)
      const params = text as unknown as Json
      const id = await add({ accountId: row.id, kind: ADMIN_MESSAGE.kind, object, params, ref: '', isCounted: false })
      audit.record({ event: 'notification.sent', actor, subject: row.user_id, detail: { id } })
      return id
    },
    sendTest: (accountId) =>
      add({ accountId, kind: SELF_TEST.kind, object: newObject(), params: {}, ref: '', isCounted: false }),
  }
}

function acceptText({ subject, message = '', isRich, ...given }: AdminMessage): AdminText {
  if (subject === '' || charsOf(subject) > MAX_SUBJECT_CHARS) {
    throw refused('subject', `The subject needs 1 to ${MAX_SUBJECT_CHARS} characters`)
  }
  if (charsOf(message) > MAX_MESSAGE_CHARS) {
    throw refused('message', `The message may have ${MAX_MESSAGE_CHARS} characters`)
  }
  const subjectParameters = acceptParameters(given.subjectParameters)
  const messageParameters = acceptParameters(given.messageParameters)
  if (subjectParameters === undefined || messageParameters === undefined) {
    throw refused('parameters', 'A parameter is no rich object with a known type and its fields')
  }
  // Without parameters the text means what it says, braces and all.
  if (given.subjectParameters !== undefined) requireFilled(subject, subjectParameters)
  if (given.messageParameters !== undefined) requireFilled(message, messageParameters)
  return { subject, subjectParameters, message, messageParameters, isRich }
}

function requireFilled(text: string, parameters: RichParameters): void {
  const empty = placeholdersOf(text).find((name) => !Object.hasOwn(parameters, name))
  if (empty !== undefined) throw refused('parameters', `The placeholder {${empty.slice(0, 64)}} has no parameter`)
}

function acceptObject(object: AdminMessage['object']): { readonly type: string; readonly id: string } {
  if (object === undefined) return newObject()
  for (const part of [object.type, object.id]) {
    if (part === '' || charsOf(part) > MAX_OBJECT_CHARS) {
      throw refused('object', `Type and id of the object need 1 to ${MAX_OBJECT_CHARS} characters`)
    }
  }
  return object
}

/** One that no other message is about. */
function newObject(): { readonly type: string; readonly id: string } {
  return { type: APP, id: randomBytes(4).toString('hex') }
}

function charsOf(text: string): number {
  return [...text].length
}

function refused(reason: string, message: string): Fault {
  return new Fault('bad-request', message, { reason, field: reason })
}
