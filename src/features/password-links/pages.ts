import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../http/html.ts'
import { type Branding, sendPage } from '../../http/page.ts'
import { bodyText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import { Fault } from '../../lib/fault.ts'
import type { Throttle } from '../auth/index.ts'
import type { PasswordLinks } from './service.ts'
import { type Words, wordsFor } from './words.ts'

export interface PasswordPagesDeps {
  readonly links: PasswordLinks
  readonly throttle: Throttle
  /** Has a reminder sent a moment later, if there is somebody to remind. */
  readonly askForReminder: (login: string) => Promise<void>
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

/** Pages behind the links in mail, and the one that asks for such a mail. They work without scripts. */
export function passwordPages(deps: PasswordPagesDeps): HttpRoute[] {
  return [choosePage(deps), choose(deps), forgottenPage(deps), forgotten(deps)]
}

/** Tokens are guessed at by nobody with success, but each guess is counted like one at a password. No login looks like this. */
const GUESSES = 'link:password'

const PATH = '/login/password/:token'

const choosePage = (deps: PasswordPagesDeps): HttpRoute => ({
  method: 'GET',
  path: PATH,
  summary: 'Page behind the link in a mail: choose a password. Opening it does not use the link up',
  access: 'public',
  handler: (request, reply) =>
    guarded(deps, request, reply, async () => {
      const userId = await findCounted(deps, request)
      return userId === undefined ? sendGone(deps, request, reply) : sendForm(deps, request, reply, userId)
    }),
})

const choose = (deps: PasswordPagesDeps): HttpRoute => ({
  method: 'POST',
  path: PATH,
  summary: 'Sets the password that was chosen; the link works once',
  access: 'public',
  handler: (request, reply) =>
    guarded(deps, request, reply, async () => {
      const words = wordsFor(request.headers['accept-language'])
      const userId = await findCounted(deps, request)
      if (userId === undefined) return sendGone(deps, request, reply)
      const password = bodyText(request, 'password')
      if (password !== bodyText(request, 'again')) return sendForm(deps, request, reply, userId, words.differ)
      try {
        if (!(await deps.links.use(tokenOf(request), password))) return sendGone(deps, request, reply)
      } catch (error) {
        if (!(error instanceof Fault) || error.kind !== 'bad-request') throw error
        return sendForm(deps, request, reply, userId, words.poor)
      }
      const body = html`<h2>${words.doneTitle}</h2><p role="status">${words.done}</p>
<a class="button" href="/login?user=${encodeURIComponent(userId)}">${words.signIn}</a>`
      return send(deps, request, reply, words.doneTitle, body)
    }),
})

const forgottenPage = (deps: PasswordPagesDeps): HttpRoute => ({
  method: 'GET',
  path: '/login/forgotten',
  summary: 'Page for those who have forgotten their password',
  access: 'public',
  async handler(request, reply) {
    const words = wordsFor(request.headers['accept-language'])
    const body = html`<h2>${words.forgottenTitle}</h2><p>${words.forgotten}</p>
<form method="post" action="/login/forgotten">
<label for="user">${words.user}</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="320" required autofocus>
<button>${words.send}</button>
</form>
<p class="quiet"><a href="/login">${words.signIn}</a></p>`
    return send(deps, request, reply, words.forgottenTitle, body)
  },
})

/** The same answer, after the same work, for every name: nobody learns here who has an account. */
const forgotten = (deps: PasswordPagesDeps): HttpRoute => ({
  method: 'POST',
  path: '/login/forgotten',
  summary: 'Has a mail sent with a link at which a new password can be chosen',
  access: 'public',
  handler: (request, reply) =>
    guarded(deps, request, reply, async () => {
      const words = wordsFor(request.headers['accept-language'])
      const { origin } = request.headers
      if (origin !== undefined && origin !== 'null' && origin !== request.baseUrl) {
        throw new Fault('precondition', 'CSRF check failed', { reason: 'csrf' })
      }
      const login = bodyText(request, 'user').trim().slice(0, 320)
      if (login !== '') {
        await deps.throttle.count(`link:${login}`, request.clientAddress)
        await deps.askForReminder(login)
      }
      const body = html`<h2>${words.sentTitle}</h2><p role="status">${words.sent}</p>`
      return send(deps, request, reply, words.sentTitle, body)
    }),
})

function tokenOf(request: FastifyRequest): string {
  return (request.params as { readonly token: string }).token
}

/** Counted before it is looked up; what was right is not counted against anybody. */
async function findCounted(
  { links, throttle }: PasswordPagesDeps,
  request: FastifyRequest,
): Promise<string | undefined> {
  const attempt = await throttle.count(GUESSES, request.clientAddress)
  const userId = await links.find(tokenOf(request))
  if (userId !== undefined) await attempt.forgive()
  return userId
}

/** Too many attempts as a page. */
async function guarded(
  deps: PasswordPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'too-many') throw error
    const words = wordsFor(request.headers['accept-language'])
    reply.code(429).header('retry-after', error.detail.retryAfterSeconds ?? 60)
    return send(deps, request, reply, words.chooseTitle, html`<p class="wrong" role="alert">${words.tooMany}</p>`)
  }
}

function sendGone(deps: PasswordPagesDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const words = wordsFor(request.headers['accept-language'])
  reply.code(404)
  return send(
    deps,
    request,
    reply,
    words.goneTitle,
    html`<h2>${words.goneTitle}</h2><p role="alert">${words.gone}</p><a class="button" href="/login/forgotten">${words.forgottenTitle}</a>`,
  )
}

async function sendForm(
  deps: PasswordPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  problem?: string,
): Promise<FastifyReply> {
  const words = wordsFor(request.headers['accept-language'])
  if (problem !== undefined) reply.code(400)
  const site = (await deps.branding(request.baseUrl)).name
  return send(deps, request, reply, words.chooseTitle, form(words, { userId, site, token: tokenOf(request), problem }))
}

interface FormFacts {
  readonly userId: string
  readonly site: string
  readonly token: string
  readonly problem: string | undefined
}

/** The name stands in a field of its own, so that the browser keeps the password for the right account. */
function form(words: Words, { userId, site, token, problem }: FormFacts): Html {
  return html`<h2>${words.chooseTitle}</h2>
<p>${filled(words.choose, { user: userId, site })}</p>
${problem === undefined ? undefined : html`<p class="wrong" role="alert">${problem}</p>`}
<form method="post" action="/login/password/${token}">
<input name="user" value="${userId}" autocomplete="username" readonly hidden>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="469" aria-describedby="hint" required autofocus>
<p class="quiet" id="hint">${words.hint}</p>
<label for="again">${words.again}</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="8" maxlength="469" required>
<button>${words.save}</button>
</form>`
}

async function send(
  { branding }: PasswordPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  title: string,
  body: Html,
): Promise<FastifyReply> {
  const { language } = wordsFor(request.headers['accept-language'])
  const look = await branding(request.baseUrl)
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer')
  return sendPage(reply, { language, title: `${title} – ${look.name}`, branding: look, body })
}

/** A sentence with its names in bold. */
function filled(sentence: string, names: Readonly<Record<string, string>>): Html {
  const parts = sentence.split(/\{(\w+)\}/).map((part, index) => {
    return index % 2 === 0 ? html`${part}` : html`<strong>${names[part] ?? ''}</strong>`
  })
  return html`${parts}`
}
