import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieValue } from '../../http/credentials.ts'
import { isHttps } from '../../http/page-request.ts'
import type { Sessions } from '../auth/index.ts'

/**
 * Ties the pages of one sign-in to one browser: a cookie names the flow, and the address of the next page carries a token
 * that only fits this cookie. So nobody can put somebody else's browser into the middle of a flow.
 */
export interface BrowserState {
  /** Begins; `flow` is kept in the cookie. */
  begin(request: FastifyRequest, reply: FastifyReply, flow: string): void
  /** The flow that this browser is in. */
  flowOf(request: FastifyRequest): string | undefined
  stateTokenOf(flow: string): string
  /** The flow, if the state token belongs to it. */
  check(request: FastifyRequest, stateToken: string): string | undefined
  end(request: FastifyRequest, reply: FastifyReply): void
}

const LIFETIME_SECONDS = 1_200

const cookieName = (request: FastifyRequest): string => (isHttps(request) ? '__Host-cloudlet_flow' : 'cloudlet_flow')

function header(request: FastifyRequest, value: string, seconds: number): string {
  const secure = isHttps(request) ? '; Secure' : ''
  return `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}

export function createBrowserState(sessions: Sessions): BrowserState {
  const text = (flow: string): string => `flow ${flow}`
  const flowOf: BrowserState['flowOf'] = (request) => cookieValue(request.headers.cookie ?? '', cookieName(request))
  return {
    begin(request, reply, flow) {
      reply.header('set-cookie', header(request, flow, LIFETIME_SECONDS))
    },
    flowOf,
    stateTokenOf: (flow) => sessions.requestToken(text(flow)),
    check(request, stateToken) {
      const flow = flowOf(request)
      return flow !== undefined && sessions.isRequestToken(stateToken, text(flow)) ? flow : undefined
    },
    end(request, reply) {
      reply.header('set-cookie', header(request, '', 0))
    },
  }
}
