import type { FastifyReply, FastifyRequest } from 'fastify'
import { bodyText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import { Fault } from '../../lib/fault.ts'
import type { AppPasswords } from './app-passwords.ts'
import type { PasswordCheck } from './authenticator.ts'
import type { Sessions } from './sessions.ts'

export interface DevicePagesDeps {
  readonly appPasswords: AppPasswords
  readonly sessions: Sessions
  readonly passwords: PasswordCheck
}

/** Small JSON addresses that clients and scripts call outside the OCS API. */
export function devicePages(deps: DevicePagesDeps): HttpRoute[] {
  return [confirmPassword(deps), checkWipe(deps), finishWipe(deps)]
}

function sendJson(reply: FastifyReply, status: number, value: object): FastifyReply {
  reply.code(status).header('content-type', 'application/json; charset=utf-8')
  return reply.send(JSON.stringify(value))
}

/** Needs no request token (recording session-login): whoever sends the password means it. */
const confirmPassword = ({ sessions, passwords }: DevicePagesDeps): HttpRoute => ({
  method: 'POST',
  path: '/login/confirm',
  summary: 'Types the password again, for sensitive changes in a session',
  access: 'user',
  async handler(request, reply) {
    const viewer = await request.viewer()
    if (viewer.kind !== 'account' || viewer.sessionKey === undefined) return sendJson(reply, 403, [])
    reply.header('x-user-id', encodeURI(viewer.userId))
    try {
      await passwords.checkPassword(viewer.userId, bodyText(request, 'password'), request.clientAddress)
    } catch (error) {
      if (error instanceof Fault && error.kind === 'unauthenticated') return sendJson(reply, 403, [])
      throw error
    }
    const atMs = await sessions.confirm({ session_key: viewer.sessionKey, account_id: viewer.accountId })
    return sendJson(reply, 200, { lastLogin: Math.floor(atMs / 1_000) })
  },
})

/** A device whose app password stopped working asks whether it is to delete its data (recording app-passwords). */
const checkWipe = ({ appPasswords }: DevicePagesDeps): HttpRoute => ({
  method: 'POST',
  path: '/core/wipe/check',
  summary: 'Whether the device with this app password is to delete its data',
  access: 'public',
  async handler(request, reply) {
    const isWanted = await appPasswords.startWipe(requiredToken(request))
    return isWanted ? sendJson(reply, 200, { wipe: true }) : sendJson(reply, 404, [])
  },
})

const finishWipe = ({ appPasswords }: DevicePagesDeps): HttpRoute => ({
  method: 'POST',
  path: '/core/wipe/success',
  summary: 'The device has deleted its data',
  access: 'public',
  async handler(request, reply) {
    return sendJson(reply, (await appPasswords.finishWipe(requiredToken(request))) ? 200 : 404, [])
  },
})

function requiredToken(request: FastifyRequest): string {
  const token = bodyText(request, 'token')
  if (token === '') throw new Fault('bad-request', 'The parameter "token" is missing', { field: 'token' })
  return token.slice(0, 512)
}
