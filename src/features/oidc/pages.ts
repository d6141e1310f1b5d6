import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../../http/html.ts'
import { type Branding, sendPage } from '../../http/page.ts'
import { queryText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { Log } from '../../lib/log.ts'
import { type Auth, safePath } from '../auth/index.ts'
import type { OidcAccounts } from './accounts.ts'
import type { Person } from './claims.ts'
import type { Claims, Provider } from './provider.ts'
import { OidcRefusal, type Refusal } from './refusal.ts'
import type { OidcSessions } from './sessions.ts'
import type { TieMaker } from './ties.ts'
import { oidcWords } from './words.ts'

export const START_PATH = '/login/oidc'
const CALLBACK_PATH = '/login/oidc/callback'

export interface OidcPagesDeps {
  readonly provider: Provider
  readonly ties: TieMaker
  readonly accounts: OidcAccounts
  readonly personIn: (claims: Claims) => Person
  readonly signIn: Auth['signIn']
  readonly sessions: Pick<OidcSessions, 'noteOf'>
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
  readonly log: Log
}

export function oidcPages(deps: OidcPagesDeps): HttpRoute[] {
  return [start(deps), callback(deps)]
}

function start(deps: OidcPagesDeps): HttpRoute {
  return {
    method: 'GET',
    path: START_PATH,
    summary:
      'With CLOUDLET_OIDC_ISSUER: sends the browser to the identity provider, with `again=1` to prove anew who it is',
    access: 'public',
    async handler(request, reply) {
      const aim = { path: safePath(queryText(request, 'redirect_url')), isFresh: queryText(request, 'again') === '1' }
      try {
        const ties = deps.ties.begin(request, reply, aim)
        const url = await deps.provider.authorizationUrl(`${request.baseUrl}${CALLBACK_PATH}`, ties)
        reply.header('cache-control', 'no-store')
        return reply.redirect(url.href, 303)
      } catch (error) {
        return sendRefusal(deps, request, reply, error)
      }
    },
  }
}

function callback(deps: OidcPagesDeps): HttpRoute {
  return {
    method: 'GET',
    path: CALLBACK_PATH,
    summary: 'With CLOUDLET_OIDC_ISSUER: where the identity provider sends the browser back to',
    access: 'public',
    async handler(request, reply) {
      try {
        const begun = deps.ties.end(request, reply, queryText(request, 'state'))
        if (begun === undefined) throw new OidcRefusal('stale', 'This browser has not asked for it')
        const claims = await deps.provider.claimsOf(addressOf(request), begun.ties)
        const person = deps.personIn(claims)
        const account = await deps.accounts.accountOf(person)
        await deps.signIn.start(request, reply, account, deps.sessions.noteOf(person))
        return reply.redirect(`${request.baseUrl}${safePath(begun.aim.path)}`, 303)
      } catch (error) {
        return sendRefusal(deps, request, reply, error)
      }
    },
  }
}

/** The address as the browser has called it: proxies may have changed the one that arrived. */
function addressOf({ baseUrl, raw }: FastifyRequest): URL {
  const query = raw.url?.indexOf('?') ?? -1
  return new URL(`${CALLBACK_PATH}${query === -1 ? '' : raw.url?.slice(query)}`, baseUrl)
}

const STATUS: Readonly<Partial<Record<Refusal, number>>> = { unavailable: 502, failed: 502 }

/** A page that says what to do. What went wrong in detail is for the log alone. */
async function sendRefusal(
  { branding, log }: OidcPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): Promise<FastifyReply> {
  if (!(error instanceof OidcRefusal)) throw error
  const reason = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
  log.warn({ refusal: error.refusal, reason }, 'A sign-in at the identity provider failed')
  const words = oidcWords(request.headers['accept-language'])
  const look = await branding(request.baseUrl)
  reply.code(STATUS[error.refusal] ?? 403).header('cache-control', 'no-store')
  const body = html`<h2>${words.title}</h2>
<p role="alert">${words.refusals[error.refusal]}</p>
<a class="button" href="/login">${words.again}</a>`
  const { language, title } = words
  return sendPage(reply, { language, title: `${title} – ${look.name}`, branding: look, body })
}
