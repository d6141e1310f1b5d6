import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Context, Provider } from 'oidc-provider'

export const CLIENT_ID = 'cloudlet'
export const CLIENT_SECRET = 'secret-of-cloudlet-at-the-provider'

const BACK_CHANNEL = 'http://cloud.test/login/oidc/backchannel-logout'

export type Person = Readonly<Record<string, unknown>> & { readonly sub: string }

/** Of a browser at the provider. */
export type Cookies = Map<string, string>

export interface TestProvider {
  readonly issuer: string
  /** Who sits in front of the browser; undefined refuses. */
  person: Person | undefined
  /** Follows the provider's redirects, as a browser does, to an address of somebody else. */
  visit(address: string, cookies?: Cookies): Promise<string>
  /** Signs out at the provider, which then tells others through `callBack`. Resolves to what they have answered. */
  signOut(cookies: Cookies): Promise<readonly number[]>
  /** How the provider reaches the server of the test: its form is handed over, and the status that comes back. */
  callBack: ((form: string) => Promise<number>) | undefined
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

/**
 * A real identity provider (`oidc-provider`), where whoever comes is signed in as the person of the test. With
 * `namesSessions` it says in its tokens which of its sessions they belong to.
 */
export async function startProvider({ namesSessions = false } = {}): Promise<TestProvider> {
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
        backchannel_logout_uri: BACK_CHANNEL,
        backchannel_logout_session_required: namesSessions,
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
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    async fetch(_address: string, { body }: RequestInit) {
      const status = await state.callBack?.(String(body))
      if (status !== undefined) answered.push(status)
      return new Response(null, { status: status ?? 200 })
    },
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
  const answered: number[] = []
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
    callBack: undefined,
    visit: (address, cookies = new Map()) => visit(issuer, address, cookies),
    async signOut(cookies) {
      answered.length = 0
      const page = await fetchAs(cookies, `${issuer}/session/end`)
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
      const body = new URLSearchParams({ xsrf, logout: 'yes' })
      const done = await fetchAs(cookies, `${issuer}/session/end/confirm`, { method: 'POST', body })
      if (done.status !== 303) throw new Error(`no sign-out: ${done.status}`)
      return [...answered]
    },
    close: () => closed(server),
  }
  return state
}

async function fetchAs(cookies: Cookies, address: string, init: RequestInit = {}): Promise<Response> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await fetch(address, { ...init, redirect: 'manual', headers: { cookie } })
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    cookies.set(name, value)
  }
  return answer
}

async function visit(issuer: string, address: string, cookies: Cookies): Promise<string> {
  let next = address
  for (let step = 0; step < 10 && next.startsWith(issuer); step++) {
    const answer = await fetchAs(cookies, next)
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${next} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
    next = new URL(location, next).href
  }
  return next
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

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
  readonly isDownAt?: 'discovery' | 'token' | 'keys'
}

export interface LyingProvider {
  readonly issuer: string
  lies: Lies
  /** How often the description was asked for. */
  descriptions: number
  /** How often the keys were asked for. */
  keySets: number
  /** A logout token for `subject-1`, honest but for what the lies change. */
  logoutToken(lies?: Lies): string
  close(): Promise<void>
}

/** Hand-made, so that it can say what a good provider never would. */
export async function startLyingProvider(): Promise<LyingProvider> {
  const server = createServer()
  const issuer = await listen(server)
  const [good, other] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2_048 }))
  if (good === undefined || other === undefined) throw new Error('no keys')
  const nonces = new Map<string, string>()
  const signedToken = (own: Record<string, unknown>, type: string, lies: Lies): string => {
    const now = Math.floor(Date.now() / 1_000)
    const claims = { iss: issuer, sub: 'subject-1', aud: CLIENT_ID, iat: now, exp: now + 300, ...own }
    const header = { alg: 'RS256', kid: 'key-1', typ: type, ...lies.header }
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
    const signed = `${encode(header)}.${encode(lies.claims?.(claims) ?? claims)}`
    if (header.alg === 'none') return `${signed}.`
    if (header.alg === 'HS256') {
      // The public key taken for a shared secret.
      const secret = good.publicKey.export({ format: 'pem', type: 'spki' })
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    }
    const key = lies.isForged === true ? other.privateKey : good.privateKey
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
  const token = (nonce: string): string =>
    signedToken({ nonce, preferred_username: 'carol', name: 'Carol' }, 'JWT', state.lies)
  const state: LyingProvider = {
    issuer,
    lies: {},
    descriptions: 0,
    keySets: 0,
    close: () => closed(server),
    logoutToken: (lies = {}) => signedToken({ jti: randomUUID(), events: { [LOGOUT_EVENT]: {} } }, 'logout+jwt', lies),
  }
  const answers: Record<string, (request: IncomingMessage) => Promise<object | undefined>> = {
    '/.well-known/openid-configuration': async () => {
      state.descriptions += 1
      return state.lies.isDownAt === 'discovery' ? undefined : descriptionOf(issuer)
    },
    '/jwks': async () => {
      state.keySets += 1
      if (state.lies.isDownAt === 'keys') return undefined
      return { keys: [{ ...good.publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg: 'RS256' }] }
    },
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
