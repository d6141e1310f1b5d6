import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { AdminMessages } from './admin.ts'
import type { ListApi } from './views.ts'

const BASE = '/apps/notifications/api'
const OLDER_APIS: readonly ListApi[] = ['v2', 'v1']

/** Sends a notification to the devices of its account at once. Resolves to lines about how it went, for its owner. */
export type TellDevices = (accountId: number, notificationId: number) => Promise<readonly string[]>

export function adminRoutes(messages: AdminMessages, tellDevices: TellDevices): OcsRoute[] {
  return [...OLDER_APIS.map((api) => sendPlain(messages, api)), sendRich(messages), sendTest(messages, tellDevices)]
}

/** The older form; its answers say only how it went (recording notifications). */
const sendPlain = (messages: AdminMessages, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${BASE}/${api}/admin_notifications/:userId`,
    summary: 'Tells an account something, without rich objects; see version 3',
    auth: 'admin',
    input: Type.Object({ shortMessage: Type.String(), longMessage: Type.String({ default: '' }) }),
    async handler({ viewer, params, input }) {
      const { shortMessage, longMessage } = input
      const message = { subject: shortMessage, message: longMessage, isRich: true }
      await messages.send(params.userId, message, viewer.userId).catch(withoutWords)
      return undefined
    },
  })

const sendRich = (messages: AdminMessages): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${BASE}/v3/admin_notifications/:userId`,
    summary: 'Tells an account something, with rich objects in place of `{placeholders}`',
    auth: 'admin',
    input: Type.Object({
      subject: Type.String({ default: '' }),
      message: Type.String({ default: '' }),
      subjectParameters: Type.Optional(Type.Unknown()),
      messageParameters: Type.Optional(Type.Unknown()),
    }),
    reply: Type.Object({ id: Type.Integer() }),
    async handler({ viewer, params, input }) {
      const { subject, message, subjectParameters = {}, messageParameters = {} } = input
      const rich = { subject, message, subjectParameters, messageParameters, isRich: true }
      return { id: await messages.send(params.userId, rich, viewer.userId).catch(withReason) }
    },
  })

/** The message is shown to whoever has asked (recording notifications). */
const sendTest = (messages: AdminMessages, tellDevices: TellDevices): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${BASE}/v3/test/self`,
    summary: 'Sends a notification to oneself, to see whether the devices get it',
    auth: 'user',
    limit: { calls: 20, windowSeconds: 600 },
    reply: Type.Object({ message: Type.String(), nid: Type.Integer() }),
    async handler({ viewer }) {
      const nid = await messages.sendTest(viewer.accountId)
      const lines = await tellDevices(viewer.accountId, nid)
      return { message: lines.map((line) => `${line}\n`).join(''), nid }
    },
  })

function withoutWords(error: unknown): never {
  if (isRefusal(error)) throw new Fault(error.kind, '', { ...error.detail, data: null })
  throw error
}

/** Version 3 names what is wrong, and nothing else; an unknown account is a wrong value there. */
function withReason(error: unknown): never {
  if (!isRefusal(error)) throw error
  const { reason = 'subject' } = error.detail
  throw new Fault('bad-request', '', { reason, data: { error: reason === 'no-account' ? 'user' : reason } })
}

function isRefusal(error: unknown): error is Fault {
  return error instanceof Fault && (error.kind === 'bad-request' || error.detail.reason === 'no-account')
}
