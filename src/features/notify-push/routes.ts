import type { HttpRoute } from '../../http/route.ts'
import type { CredentialVersion } from '../auth/index.ts'
import { holderOf } from './holder.ts'
import type { PushTokens } from './tokens.ts'

export const SOCKET_PATH = '/push/ws'

/** What belongs to the websocket over plain HTTP (recording notify-push). */
export function pushRoutes(tokens: PushTokens, credentialVersion: CredentialVersion): HttpRoute[] {
  return [
    {
      method: 'POST',
      path: '/apps/notify_push/pre_auth',
      summary: 'Gives a token with which the websocket can be opened once, within 15 seconds',
      access: 'user',
      reach: 'read',
      async handler(request, reply) {
        const holder = await holderOf(credentialVersion, await request.viewer())
        return reply
          .header('content-disposition', 'inline; filename=""')
          .type('text/html; charset=UTF-8')
          .send(await tokens.make(holder))
      },
    },
    {
      method: 'GET',
      path: '/apps/notify_push/uid',
      summary: 'The name of the account that asks',
      access: 'user',
      reach: 'self',
      async handler(request, reply) {
        const viewer = await request.viewer()
        return reply.type('text/plain; charset=utf-8').send(viewer.kind === 'account' ? viewer.userId : '')
      },
    },
    {
      method: 'GET',
      path: SOCKET_PATH,
      summary: 'Tells clients at once of new files and notifications, as a websocket',
      access: 'public',
      // Reached only without the headers of a handshake.
      handler: (_request, reply) =>
        reply.code(400).type('text/plain; charset=utf-8').send('Missing request header "upgrade"'),
    },
  ]
}
