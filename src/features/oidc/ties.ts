import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieValue } from '../../http/credentials.ts'
import { isHttps } from '../../http/page-request.ts'
import { hmacBase64Url, sameSecret } from '../../lib/digest.ts'
import { randomBase64Url } from '../../lib/ids.ts'
import type { Ties } from './provider.ts'

/** Where a sign-in goes on, and whether it has to be a fresh one. */
export interface Aim {
  readonly path: string
  readonly isFresh: boolean
}

/**
 * State, nonce and code verifier come from a random cookie and the secret of this installation, so nothing is stored, and an
 * answer fits only to the browser that has asked. The aim is a part of the state: it cannot be changed on the way.
 */
export interface TieMaker {
  begin(request: FastifyRequest, reply: FastifyReply, aim: Aim): Ties
  /** What the answer must fit to; undefined when this browser has not asked for it. Good for one answer. */
  end(
    request: FastifyRequest,
    reply: FastifyReply,
    state: string,
  ): { readonly ties: Ties; readonly aim: Aim } | undefined
}

const LIFETIME_SECONDS = 900

const cookieName = (request: FastifyRequest): string => (isHttps(request) ? '__Host-cloudlet_oidc' : 'cloudlet_oidc')

function cookieHeader(request: FastifyRequest, value: string, seconds: number): string {
  const secure = isHttps(request) ? '; Secure' : ''
  return `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}

export function createTieMaker(secret: string): TieMaker {
  const derive = (use: string, text: string): string => hmacBase64Url(secret, `oidc ${use} ${text}`)
  const tiesOf = (token: string, { path, isFresh }: Aim): Ties => {
    const aim = Buffer.from(`${isFresh ? '1' : '0'}${path}`).toString('base64url')
    return {
      state: `${derive('state', `${token} ${aim}`)}.${aim}`,
      nonce: derive('nonce', token),
      codeVerifier: derive('verifier', token),
      isFresh,
    }
  }
  return {
    begin(request, reply, aim) {
      const token = randomBase64Url(32)
      reply.header('set-cookie', cookieHeader(request, token, LIFETIME_SECONDS))
      return tiesOf(token, aim)
    },
    end(request, reply, state) {
      const token = cookieValue(request.headers.cookie ?? '', cookieName(request))
      reply.header('set-cookie', cookieHeader(request, '', 0))
      const text = Buffer.from(state.split('.')[1] ?? '', 'base64url').toString('utf8')
      const aim = { path: text.slice(1), isFresh: text.startsWith('1') }
      if (token === undefined || text === '') return undefined
      const ties = tiesOf(token, aim)
      return sameSecret(ties.state, state) ? { ties, aim } : undefined
    },
  }
}
