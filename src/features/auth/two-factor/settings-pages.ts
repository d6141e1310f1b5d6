import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../../http/html.ts'
import { type Branding, sendPage } from '../../../http/page.ts'
import { bodyText } from '../../../http/page-request.ts'
import type { HttpRoute } from '../../../http/route.ts'
import type { AccountViewer } from '../../../http/viewer.ts'
import { Fault } from '../../../lib/fault.ts'
import { type Confirmation, type Confirming, confirmField, requireOwnForm, sessionViewer } from '../own-form.ts'
import { SECURITY_PATH } from '../security-pages.ts'
import type { Sessions } from '../sessions.ts'
import type { Rules } from './rules.ts'
import type { TwoFactor } from './service.ts'
import { alert, codeField, type FormPlace, hidden, keyUri, recoveryView, setupView } from './views.ts'
import { type TwoFactorWords, twoFactorWords } from './words.ts'

export interface TwoFactorPagesDeps {
  readonly sessions: Sessions
  readonly confirming: Confirming
  readonly twoFactor: TwoFactor
  readonly rules: Rules
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

export const TWO_FACTOR_PATH: string = `${SECURITY_PATH}/two-factor`

/** Where an account sets up its second step, and takes it away. */
export function twoFactorPages(deps: TwoFactorPagesDeps): HttpRoute[] {
  return [
    {
      method: 'GET',
      path: TWO_FACTOR_PATH,
      summary: 'Whether the account needs a second step at sign-in',
      access: 'user',
      handler: async (request, reply) => sendState(deps, request, reply, await sessionViewer(request, reply)),
    },
    {
      method: 'POST',
      path: TWO_FACTOR_PATH,
      summary: 'Sets up the second step of the account, makes recovery codes or switches it off',
      access: 'user',
      async handler(request, reply) {
        const viewer = await sessionViewer(request, reply)
        requireOwnForm(deps.sessions, request)
        const act = ACTIONS.get(bodyText(request, 'action'))
        if (act === undefined) throw new Fault('bad-request', 'There is no such action', { field: 'action' })
        const call = { deps, request, reply, viewer, words: wordsOf(request, viewer) }
        if (await deps.confirming.isConfirmed(request, viewer)) return act(call)
        reply.code(403)
        return sendState(deps, request, reply, viewer, call.words.wrongPassword)
      },
    },
  ]
}

interface Call {
  readonly deps: TwoFactorPagesDeps
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly viewer: AccountViewer
  readonly words: TwoFactorWords
}

type Action = (call: Call) => Promise<FastifyReply>

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['begin', begin],
  ['confirm', confirm],
  ['renew', renew],
  ['off', switchOff],
])

async function begin({ deps, request, reply, viewer }: Call): Promise<FastifyReply> {
  const { secret } = await deps.twoFactor.begin(viewer.accountId)
  return sendSetup(deps, request, reply, viewer, secret, undefined)
}

async function confirm(call: Call): Promise<FastifyReply> {
  const { deps, request, reply, viewer, words } = call
  const secret = await deps.twoFactor.findUnconfirmed(viewer.accountId)
  if (secret === undefined) return sendState(deps, request, reply, viewer)
  const codes = await withinLimit(call, () =>
    deps.twoFactor.confirm(viewer.accountId, bodyText(request, 'code'), viewer.userId),
  )
  if (codes !== undefined) return sendCodes(call, codes)
  reply.code(403)
  return sendSetup(deps, request, reply, viewer, secret, words.wrong)
}

async function renew(call: Call): Promise<FastifyReply> {
  const { deps, viewer } = call
  return sendCodes(call, await deps.twoFactor.renewRecoveryCodes(viewer.accountId, viewer.userId))
}

/** Wants a code: a session and a password alone must not be enough to be rid of it. */
async function switchOff(call: Call): Promise<FastifyReply> {
  const { deps, request, reply, viewer, words } = call
  const { accountId, userId } = viewer
  if (await deps.rules.isHeld(accountId)) throw new Fault('forbidden', words.isHeld)
  const isRight = await withinLimit(call, () => deps.twoFactor.check(accountId, bodyText(request, 'code'), userId))
  if (isRight !== true) {
    reply.code(403)
    return sendState(deps, request, reply, viewer, words.wrong)
  }
  await deps.twoFactor.switchOff(accountId, userId)
  return reply.redirect(`${request.baseUrl}${TWO_FACTOR_PATH}`, 303)
}

/** Too many attempts, in the language of the page. */
async function withinLimit<T>({ words }: Call, look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'too-many') throw error
    throw new Fault('too-many', words.tooMany, error.detail)
  }
}

function sendCodes({ deps, request, reply, words }: Call, codes: readonly string[]): Promise<FastifyReply> {
  const next = html`<a class="button" href="${TWO_FACTOR_PATH}">${words.goOn}</a>`
  return send(deps, request, reply, words, recoveryView(words, codes, next))
}

async function sendSetup(
  deps: TwoFactorPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
  secret: string,
  problem: string | undefined,
): Promise<FastifyReply> {
  const words = wordsOf(request, viewer)
  const { name } = await deps.branding(request.baseUrl)
  const setup = await setupView(
    words,
    placeOf(deps, request),
    { secret, uri: keyUri(name, viewer.userId, secret) },
    problem,
  )
  return send(deps, request, reply, words, html`<h2>${words.setUp}</h2>${setup}`)
}

async function sendState(
  deps: TwoFactorPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
  problem?: string,
): Promise<FastifyReply> {
  const words = wordsOf(request, viewer)
  const isOn = await deps.twoFactor.isOn(viewer.accountId)
  const place = placeOf(deps, request)
  const asked = await deps.confirming.confirmationOf(viewer, TWO_FACTOR_PATH)
  const state = isOn ? await onView(deps, viewer, words, place, asked) : offView(words, place, asked)
  const body = html`<h2>${words.title}</h2>
${alert(problem)}
${state}
<p><a href="/">${words.back}</a></p>`
  return send(deps, request, reply, words, body)
}

function offView(words: TwoFactorWords, place: FormPlace, asked: Confirmation): Html {
  return html`<p>${words.off}</p>
<p class="quiet">${words.appPasswords}</p>
<form method="post" action="${place.path}">
${hidden(place)}
${passwordField(words, 'begin-password', asked)}
<button name="action" value="begin">${words.setUp}</button>
</form>`
}

async function onView(
  { twoFactor, rules }: TwoFactorPagesDeps,
  { accountId }: AccountViewer,
  words: TwoFactorWords,
  place: FormPlace,
  asked: Confirmation,
): Promise<Html> {
  const left = words.left.replace('{count}', String(await twoFactor.countRecoveryCodes(accountId)))
  const off = (await rules.isHeld(accountId))
    ? html`<p class="quiet">${words.isHeld}</p>`
    : html`<form method="post" action="${place.path}">
${hidden(place)}
${passwordField(words, 'off-password', asked)}
${codeField(words, false)}
<button class="second danger" name="action" value="off">${words.switchOff}</button>
</form>`
  return html`<p>${words.on}</p>
<p>${left}</p>
<p class="quiet">${words.appPasswords}</p>
<form method="post" action="${place.path}">
${hidden(place)}
${passwordField(words, 'renew-password', asked)}
<button class="second" name="action" value="renew">${words.renew}</button>
</form>
${off}`
}

const passwordField = ({ language, password }: TwoFactorWords, id: string, asked: Confirmation): Html | undefined =>
  confirmField(language, password, id, asked)

const placeOf = ({ sessions }: TwoFactorPagesDeps, request: FastifyRequest): FormPlace => ({
  path: TWO_FACTOR_PATH,
  requestToken: sessions.requestToken(request.sessionCookie() ?? ''),
})

const wordsOf = (request: FastifyRequest, { language }: AccountViewer): TwoFactorWords =>
  twoFactorWords(language, request.headers['accept-language'])

async function send(
  { branding }: TwoFactorPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { language, title }: TwoFactorWords,
  body: Html,
): Promise<FastifyReply> {
  const look = await branding(request.baseUrl)
  reply.header('cache-control', 'no-store')
  return sendPage(reply, { language, title: `${title} – ${look.name}`, branding: look, body })
}
