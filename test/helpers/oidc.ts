import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Context, Provider } from 'oidc-provider'

export const CLIENT_ID = 'cloudlet'
export const CLIENT_SECRET = 'secret-of-cloudlet-at-the-provider'

export type Person = Readonly<Record<string, unknown>> & { readonly sub: string }

export interface TestProvider {
  readonly issuer: string
  /** Who sits in front of the browser; undefined refuses. */
  person: Person | undefined
  /** Follows the provider's redirects, as a browser does, to an address of somebody else. */
  visit(address: string): Promise<string>
  close(): Promise<void>
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** A real identity provider (`oidc-provider`), where whoever comes is signed in as the person of the test. */
export async function startProvider(): Promise<TestProvider> {
  const server = createServer()
  const issuer = await listen(server)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: ['http://cloud.test/login/oidc/callback'],
        post_logout_redirect_uris: ['http://cloud.test/login?clear=1'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['for the tests alone'] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups', 'quota'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: () => '/interaction' },
    findAccount: (_context: Context, id: string) => ({
      accountId: id,
      claims: async () => (state.person?.sub === id ? state.person : { sub: id }),
    }),
    async loadExistingGrant({ oidc }: Context) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid profile email groups')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', ((request, response) => {
    if (request.url?.startsWith('/interaction') !== true) {
      answer(request, response)
      return
    }
    const result = state.person === undefined ? { error: 'access_denied' } : { login: { accountId: state.person.sub } }
    provider.interactionFinished(request, response, result).catch((error: unknown) => response.destroy(error as Error))
  }) satisfies RequestListener)
  const state: TestProvider = {
    issuer,
    person: undefined,
    visit: (address) => visit(issuer, address),
    close: () => closed(server),
  }
  return state
}

async function visit(issuer: string, address: string): Promise<string> {
  const cookies = new Map<string, string>()
  let next = address
  for (let step = 0; step < 10 && next.startsWith(issuer); step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(next, { redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${next} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
    next = new URL(location, next).href
  }
  return next
}

/** What a provider that lies, or is broken, says. */
export interface Lies {
  /** Changes the ID token before it is signed. */
  readonly claims?: (claims: Record<string, unknown>) => Record<string, unknown>
  readonly header?: Record<string, unknown>
  /** Signs with another key than the one that it publishes. */
  readonly isForged?: boolean
  readonly hasNoIdToken?: boolean
  /** `sub` of the user info. */
  readonly infoSub?: string
  /** Answers nothing any more from here on. */
  readonly isDownAt?: 'discovery' | 'token'
}

export interface LyingProvider {
  readonly issuer: string
  lies: Lies
  /** How often the description was asked for. */
  descriptions: number
  close(): Promise<void>
}

/** Hand-made, so that it can say what a good provider never would. */
export async function startLyingProvider(): Promise<LyingProvider> {
  const server = createServer()
  const issuer = await listen(server)
  const [good, other] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2_048 }))
  if (good === undefined || other === undefined) throw new Error('no keys')
  const nonces = new Map<string, string>()
  const state: LyingProvider = { issuer, lies: {}, descriptions: 0, close: () => closed(server) }
  const token = (nonce: string): string => {
    const now = Math.floor(Date.now() / 1_000)
    const honest = { iss: issuer, sub: 'subject-1', aud: CLIENT_ID, iat: now, exp: now + 300, nonce }
    const claims = { ...honest, preferred_username: 'carol', name: 'Carol' }
    const header = { alg: 'RS256', kid: 'key-1', typ: 'JWT', ...state.lies.header }
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
    const signed = `${encode(header)}.${encode(state.lies.claims?.(claims) ?? claims)}`
    if (header.alg === 'none') return `${signed}.`
    const key = state.lies.isForged === true ? other.privateKey : good.privateKey
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
  const answers: Record<string, (request: IncomingMessage) => Promise<object | undefined>> = {
    '/.well-known/openid-configuration': async () => {
      state.descriptions += 1
      return state.lies.isDownAt === 'discovery' ? undefined : descriptionOf(issuer)
    },
    '/jwks': async () => ({
      keys: [{ ...good.publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg: 'RS256' }],
    }),
    '/token': async (request) => {
      if (state.lies.isDownAt === 'token') return undefined
      const code = new URLSearchParams(await text(request)).get('code') ?? ''
      const idToken = state.lies.hasNoIdToken === true ? {} : { id_token: token(nonces.get(code) ?? '') }
      return { access_token: 'access', token_type: 'Bearer', expires_in: 60, ...idToken }
    },
    '/userinfo': async () => ({ sub: state.lies.infoSub ?? 'subject-1' }),
  }
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    if (url.pathname === '/auth') {
      const code = `code-${nonces.size}`
      nonces.set(code, url.searchParams.get('nonce') ?? '')
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.search = new URLSearchParams({ code, state: url.searchParams.get('state') ?? '', iss: issuer }).toString()
      response.writeHead(303, { location: back.href }).end()
      return
    }
    const answer = answers[url.pathname]?.(request) ?? Promise.resolve(undefined)
    answer.then(
      (value) => {
        if (value === undefined) request.socket.destroy()
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      },
      (error: Error) => response.destroy(error),
    )
  })
  return state
}

const descriptionOf = (issuer: string): object => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  userinfo_endpoint: `${issuer}/userinfo`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  authorization_response_iss_parameter_supported: true,
})
