import { bodyText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { Log } from '../../lib/log.ts'
import type { Provider } from './provider.ts'
import { OidcRefusal } from './refusal.ts'
import type { OidcSessions } from './sessions.ts'

const PATH = '/login/oidc/backchannel-logout'

export interface BackChannelDeps {
  readonly provider: Pick<Provider, 'logoutIn'>
  readonly sessions: Pick<OidcSessions, 'end'>
  readonly log: Log
}

/** OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8: the provider itself calls, no browser is there. */
export function backChannel({ provider, sessions, log }: BackChannelDeps): HttpRoute {
  return {
    method: 'POST',
    path: PATH,
    summary: 'With CLOUDLET_OIDC_ISSUER: where the identity provider says that somebody has signed out there',
    access: 'public',
    async handler(request, reply) {
      reply.header('cache-control', 'no-store')
      try {
        await sessions.end(await provider.logoutIn(bodyText(request, 'logout_token')))
        return reply.code(200).send()
      } catch (error) {
        if (!(error instanceof OidcRefusal)) throw error
        const reason = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
        log.warn({ refusal: error.refusal, reason }, 'A sign-out at the identity provider was not followed')
        reply.code(400).header('content-type', 'application/json; charset=utf-8')
        // Why the provider could not be asked is for the log alone.
        return reply.send(JSON.stringify({ error: 'invalid_request', error_description: error.message }))
      }
    },
  }
}
