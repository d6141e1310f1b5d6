import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../http/html.ts'
import { type Branding, sendPage } from '../../http/page.ts'
import { bodyText, isHttps, queryText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import { endedSessionCookieHeader, sessionCookieHeader } from '../../http/session-cookie.ts'
import { Fault } from '../../lib/fault.ts'
import type { PasswordCheck } from './authenticator.ts'
import type { OtherWay } from './other-way.ts'
import { PAGE_STYLE } from './page-style.ts'
import { SECURITY_PATH } from './security-pages.ts'
import { type Sessions, sessionKeyOf } from './sessions.ts'
import type { SignIn } from './sign-in.ts'
import { TWO_FACTOR_PATH } from './two-factor/settings-pages.ts'
import { type Words, wordsFor } from './words.ts'

export interface LoginPagesDeps {
  readonly sessions: Sessions
  readonly passwords: PasswordCheck
  readonly signIn: SignIn
  readonly otherWay: OtherWay | undefined
  readonly allowsPasswords: boolean
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
  readonly canRemind: boolean
}

export function loginPages(deps: LoginPagesDeps): HttpRoute[] {
  return [start(deps), showLogin(deps), login(deps), logout(deps), csrfToken(deps), pageStyle]
}

/** The first page: the way in, or what a signed-in visitor can do here. */
const start = ({ branding, sessions, otherWay }: LoginPagesDeps): HttpRoute => ({
  method: 'GET',
  path: '/',
  summary: 'Start page: sends visitors to the login, shows those signed in how to connect a client',
  access: 'public',
  async handler(request, reply) {
    const viewer = await request.viewer()
    if (viewer.kind === 'anonymous') return reply.redirect(`${request.baseUrl}/login`, 302)
    const words = wordsFor(request.headers['accept-language'])
    const look = await branding(request.baseUrl)
    const cookie = request.sessionCookie()
    const signOut =
      cookie === undefined
        ? undefined
        : html`<form method="post" action="/logout"><input type="hidden" name="requesttoken" value="${sessions.requestToken(cookie)}"><button>${words.signOut}</button></form>`
    const body = html`<p>${words.signedInAs} <strong>${viewer.userId}</strong>.</p>
<h2>${words.connect}</h2><p class="quiet">${words.connectHint}</p><code>${request.baseUrl}</code>
${
  viewer.via === 'session'
    ? html`<p><a href="${SECURITY_PATH}">${words.devices}</a></p>
<p><a href="${TWO_FACTOR_PATH}">${words.secondStep}</a></p>`
    : undefined
}${signOut}`
    // Browsers hold the form to where its answer leads, too.
    const out = await otherWay?.signOutUrl(viewer.sessionKey ?? '', request.baseUrl)
    const formSchemes = out === undefined ? {} : { formSchemes: out.origin }
    return sendPage(reply, { language: words.language, title: look.name, branding: look, body, ...formSchemes })
  },
})

const showLogin = (deps: LoginPagesDeps): HttpRoute => ({
  method: 'GET',
  path: '/login',
  summary: 'Login page; works without scripts',
  access: 'public',
  async handler(request, reply) {
    if ((await viewerOrNobody(request)).kind === 'account') return reply.redirect(`${request.baseUrl}/`, 302)
    return sendLoginPage(deps, request, reply)
  },
})

/** A wrong header must not keep anybody from the form. */
async function viewerOrNobody(request: FastifyRequest): Promise<{ readonly kind: 'anonymous' | 'account' }> {
  try {
    return await request.viewer()
  } catch {
    return { kind: 'anonymous' }
  }
}

async function sendLoginPage(deps: LoginPagesDeps, request: FastifyRequest, reply: FastifyReply) {
  const { sessions, branding } = deps
  const words = wordsFor(request.headers['accept-language'])
  const look = await branding(request.baseUrl)
  let cookie = request.sessionCookie()
  if (cookie === undefined) {
    cookie = sessions.newVisitorCookie()
    reply.header('set-cookie', sessionCookieHeader(cookie, isHttps(request)))
  }
  const body = html`${message(words, request)}
${deps.allowsPasswords ? passwordForm(deps, request, words, cookie) : undefined}
${otherWayIn(deps, request)}`
  return sendPage(reply, { language: words.language, title: `${words.signIn} – ${look.name}`, branding: look, body })
}

function passwordForm(
  { sessions, canRemind }: LoginPagesDeps,
  request: FastifyRequest,
  words: Words,
  cookie: string,
): Html {
  const user = queryText(request, 'user').slice(0, 320)
  // Whoever comes back with a name has most likely mistyped the password.
  const [onUser, onPassword] = user === '' ? [FOCUS, undefined] : [undefined, FOCUS]
  return html`<form method="post" action="/login">
<label for="user">${words.user}</label>
<input id="user" name="user" value="${user}" autocomplete="username" autocapitalize="none" spellcheck="false" required${onUser}>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${onPassword}>
<input type="hidden" name="requesttoken" value="${sessions.requestToken(cookie)}">
<input type="hidden" name="redirect_url" value="${queryText(request, 'redirect_url').slice(0, 2_048)}">
<button>${words.signIn}</button>
</form>${canRemind ? html`\n<p class="quiet"><a href="/login/forgotten">${words.forgotten}</a></p>` : undefined}`
}

function otherWayIn({ otherWay, allowsPasswords }: LoginPagesDeps, request: FastifyRequest): Html | undefined {
  if (otherWay === undefined) return undefined
  const target = queryText(request, 'redirect_url').slice(0, 2_048)
  const query = target === '' ? '' : `?redirect_url=${encodeURIComponent(target)}`
  const look = allowsPasswords ? 'button second' : 'button'
  return html`<a class="${look}" href="${otherWay.path}${query}">${otherWay.label}</a>`
}

const FOCUS = html` autofocus`

function message(words: Words, request: FastifyRequest) {
  if (queryText(request, 'throttled') !== '') return html`<p class="wrong" role="alert">${words.tooMany}</p>`
  if (queryText(request, 'direct') !== '') return html`<p class="wrong" role="alert">${words.wrong}</p>`
  if (queryText(request, 'clear') !== '') return html`<p class="quiet" role="status">${words.signedOut}</p>`
  return undefined
}

/** Every failure looks the same from outside (recording session-login). */
const login = ({ sessions, passwords, signIn }: LoginPagesDeps): HttpRoute => ({
  method: 'POST',
  path: '/login',
  summary: 'Signs in with the form',
  access: 'public',
  async handler(request, reply) {
    const user = bodyText(request, 'user')
    const failed = `/login?direct=1&user=${encodeURIComponent(user.slice(0, 320))}`
    if (!isOwnForm(sessions, request)) return reply.redirect(failed, 303)
    try {
      const account = await passwords.checkPassword(user, bodyText(request, 'password'), request.clientAddress)
      return await signIn.afterPassword(request, reply, account, safePath(bodyText(request, 'redirect_url')))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      if (error.kind === 'unauthenticated') return reply.redirect(failed, 303)
      if (error.kind !== 'too-many') throw error
      reply.header('retry-after', error.detail.retryAfterSeconds ?? 60)
      return reply.redirect(`${failed}&throttled=1`, 303)
    }
  },
})

/** Whether the form came from our own page in this browser: against sign-ins that somebody else's page sends. */
function isOwnForm(sessions: Sessions, request: FastifyRequest): boolean {
  const { origin } = request.headers
  if (origin !== undefined && origin !== 'null' && origin !== request.baseUrl) return false
  const cookie = request.sessionCookie()
  return cookie !== undefined && sessions.isRequestToken(bodyText(request, 'requesttoken'), cookie)
}

/** A path on this server; anything that a browser could read as another server becomes the start page. */
export function safePath(path: string): string {
  const isPath = /^\/(?![/\\])[\w\-./~!$&'()*+,;=:@%?]*$/.test(path)
  return isPath && path.length <= 2_048 ? path : '/'
}

const logout = ({ sessions, otherWay }: LoginPagesDeps): HttpRoute => ({
  method: ['GET', 'POST'],
  path: '/logout',
  summary: 'Ends the session; wants the request token',
  access: 'public',
  async handler(request, reply) {
    const cookie = request.sessionCookie()
    const token = bodyText(request, 'requesttoken') || queryText(request, 'requesttoken')
    const viewer = await request.viewer()
    if (viewer.kind === 'account') reply.header('x-user-id', encodeURI(viewer.userId))
    if (cookie === undefined || !sessions.isRequestToken(token, cookie)) {
      throw new Fault('precondition', 'CSRF check failed', { reason: 'csrf' })
    }
    const signedOut = `${request.baseUrl}/login?clear=1`
    const out = await otherWay?.signOutUrl(sessionKeyOf(cookie), signedOut)
    await sessions.end(cookie)
    reply.header('set-cookie', endedSessionCookieHeader(isHttps(request)))
    reply.header('clear-site-data', '"cache", "storage"')
    return reply.redirect(out?.href ?? signedOut, 303)
  },
})

const csrfToken = ({ sessions }: LoginPagesDeps): HttpRoute => ({
  method: 'GET',
  path: '/csrftoken',
  summary: 'Request token of this browser session',
  access: 'public',
  async handler(request, reply) {
    const viewer = await viewerOrNobody(request)
    if (viewer.kind === 'account') reply.header('x-user-id', encodeURI((viewer as { userId?: string }).userId ?? ''))
    let cookie = request.sessionCookie()
    if (cookie === undefined) {
      cookie = sessions.newVisitorCookie()
      reply.header('set-cookie', sessionCookieHeader(cookie, isHttps(request)))
    }
    reply.header('content-type', 'application/json; charset=utf-8')
    return reply.send(JSON.stringify({ token: sessions.requestToken(cookie) }))
  },
})

const pageStyle: HttpRoute = {
  method: 'GET',
  path: '/core/css/page.css',
  summary: 'Style sheet of the pages',
  access: 'public',
  handler(_request, reply) {
    reply.header('cache-control', 'public, max-age=3600')
    return reply.header('content-type', 'text/css; charset=utf-8').send(PAGE_STYLE)
  },
}
