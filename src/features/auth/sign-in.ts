import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHttps } from '../../http/page-request.ts'
import { sessionCookieHeader } from '../../http/session-cookie.ts'
import type { AccountIdentity } from '../users/index.ts'
import type { KnownClients } from './known-clients.ts'
import type { Alongside, Sessions } from './sessions.ts'
import type { PendingLogins } from './two-factor/pending.ts'
import type { TwoFactor } from './two-factor/service.ts'

/** What happens once it is known who is in front of a browser. */
export interface SignIn {
  /** The password was right: leads on to the code where one is needed, else signs in. */
  afterPassword(
    request: FastifyRequest,
    reply: FastifyReply,
    account: AccountIdentity,
    path: string,
  ): Promise<FastifyReply>
  /** Starts a session (see `Sessions`). Sends nothing. */
  start(request: FastifyRequest, reply: FastifyReply, account: AccountIdentity, alongside?: Alongside): Promise<void>
}

export interface SignInDeps {
  readonly sessions: Sessions
  readonly knownClients: Pick<KnownClients, 'note'>
  readonly twoFactor: TwoFactor
  readonly pending: PendingLogins
}

export const CHALLENGE_PATH = '/login/challenge'
export const SETUP_PATH = '/login/setupchallenge'

export function createSignIn({ sessions, knownClients, twoFactor, pending }: SignInDeps): SignIn {
  const start: SignIn['start'] = async (request, reply, { accountId, userId }, alongside) => {
    const userAgent = request.headers['user-agent'] ?? ''
    await knownClients.note(accountId, { address: request.clientAddress, userAgent })
    // Always a new cookie: whoever knew the visitor's one before knows nothing now.
    const cookie = await sessions.start(accountId, userAgent, alongside)
    const old = request.sessionCookie()
    if (old !== undefined) await sessions.end(old)
    reply.header('set-cookie', sessionCookieHeader(cookie, isHttps(request)))
    reply.header('x-user-id', encodeURI(userId))
  }
  return {
    start,
    async afterPassword(request, reply, account, path) {
      const need = await twoFactor.needOf(account.accountId)
      if (need === 'nothing') {
        await start(request, reply, account)
        return reply.redirect(`${request.baseUrl}${path}`, 303)
      }
      await pending.begin(request, reply, account.accountId, path)
      return reply.redirect(`${request.baseUrl}${need === 'code' ? CHALLENGE_PATH : SETUP_PATH}`, 303)
    },
  }
}
