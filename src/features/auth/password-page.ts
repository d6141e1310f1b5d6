import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../http/html.ts'
import { type Branding, sendPage } from '../../http/page.ts'
import { bodyText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Accounts } from '../users/index.ts'
import type { PasswordCheck } from './authenticator.ts'
import { requireOwnForm, sessionViewer } from './own-form.ts'
import { type PasswordWords, passwordWords } from './password-words.ts'
import type { Sessions } from './sessions.ts'

export interface PasswordPageDeps {
  readonly accounts: Pick<Accounts, 'own' | 'setPassword'>
  readonly passwords: PasswordCheck
  readonly sessions: Sessions
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

export const PASSWORD_PATH = '/settings/user/password'

/** Where people change their password, and password managers lead them (`/.well-known/change-password`). No scripts. */
export function passwordPages(deps: PasswordPageDeps): HttpRoute[] {
  return [showForm(deps), changePassword(deps)]
}

const showForm = (deps: PasswordPageDeps): HttpRoute => ({
  method: 'GET',
  path: PASSWORD_PATH,
  summary: 'Form for a new password of one’s own',
  access: 'user',
  async handler(request, reply) {
    const viewer = await sessionViewer(request, reply)
    return send(deps, request, reply, viewer, formOf(deps, request, viewer, undefined))
  },
})

const changePassword = (deps: PasswordPageDeps): HttpRoute => ({
  method: 'POST',
  path: PASSWORD_PATH,
  summary: 'Changes one’s own password; the present one is needed, and every browser is signed out',
  access: 'user',
  async handler(request, reply) {
    const viewer = await sessionViewer(request, reply)
    requireOwnForm(deps.sessions, request)
    const words = wordsOf(viewer, request)
    try {
      await change(deps, request, viewer)
    } catch (error) {
      const problem = error instanceof Fault ? problemOf(words, error) : undefined
      if (problem === undefined) throw error
      reply.code(problem.status)
      return send(deps, request, reply, viewer, formOf(deps, request, viewer, problem.text))
    }
    const body = html`<p class="said" role="status">${words.done}</p><a class="button" href="/login">${words.signIn}</a>`
    return send(deps, request, reply, viewer, body)
  },
})

/** The present password, not only a session: whoever has stolen one does not get the account. */
async function change(
  { accounts, passwords }: PasswordPageDeps,
  request: FastifyRequest,
  viewer: AccountViewer,
): Promise<void> {
  const wanted = bodyText(request, 'wanted')
  await passwords.checkPassword(viewer.userId, bodyText(request, 'current'), request.clientAddress)
  if (wanted !== bodyText(request, 'again')) throw new Fault('bad-request', '', { reason: 'different' })
  await accounts.setPassword(await accounts.own(viewer), wanted, viewer.userId)
}

function problemOf(words: PasswordWords, { kind, detail }: Fault): { status: number; text: string } | undefined {
  if (kind === 'unauthenticated') return { status: 403, text: words.wrong }
  if (kind === 'too-many') return { status: 429, text: words.tooMany }
  if (detail.reason === 'different') return { status: 400, text: words.different }
  return kind === 'bad-request' ? { status: 400, text: words.notGood } : undefined
}

const wordsOf = (viewer: AccountViewer, { headers }: FastifyRequest): PasswordWords =>
  passwordWords(viewer.language, headers['accept-language'])

function formOf(
  { sessions }: PasswordPageDeps,
  request: FastifyRequest,
  viewer: AccountViewer,
  problem: string | undefined,
): Html {
  const words = wordsOf(viewer, request)
  const token = sessions.requestToken(request.sessionCookie() ?? '')
  return html`<h2>${words.title}</h2>
${problem === undefined ? undefined : html`<p class="wrong" role="alert">${problem}</p>`}
<p class="quiet">${words.hint}</p>
<form method="post" action="${PASSWORD_PATH}">
<input type="hidden" name="requesttoken" value="${token}">
<label for="current">${words.current}</label>
<input id="current" name="current" type="password" autocomplete="current-password" required>
<label for="wanted">${words.wanted}</label>
<input id="wanted" name="wanted" type="password" autocomplete="new-password" minlength="8" maxlength="469" required>
<label for="again">${words.again}</label>
<input id="again" name="again" type="password" autocomplete="new-password" minlength="8" maxlength="469" required>
<button>${words.change}</button>
</form>
<p><a href="/">${words.back}</a></p>`
}

async function send(
  { branding }: PasswordPageDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
  body: Html,
): Promise<FastifyReply> {
  const look = await branding(request.baseUrl)
  const { language, title } = wordsOf(viewer, request)
  reply.header('cache-control', 'no-store')
  return sendPage(reply, { language, title: `${title} – ${look.name}`, branding: look, body })
}
