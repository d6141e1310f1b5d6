import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../http/html.ts'
import { sendPage } from '../../http/page.ts'
import { bodyText, queryText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { AppPasswordLimits, AppPasswords } from './app-passwords.ts'
import { addForm, codePage, deviceList, type PageContext, phoneForm, secretPage } from './device-views.ts'
import { MESSAGES } from './fault-messages.ts'
import { endOf, type FolderNames } from './limits-input.ts'
import { type Confirming, requireOwnForm, sessionViewer } from './own-form.ts'
import { PASSWORD_PATH, type PasswordPageDeps, passwordPages } from './password-page.ts'
import { passwordWords } from './password-words.ts'
import { type Done, isDone, type SecurityWords, securityWords } from './security-words.ts'

export interface SecurityPagesDeps extends PasswordPageDeps {
  readonly appPasswords: AppPasswords
  readonly confirming: Confirming
  readonly folders: FolderNames
  readonly nowMs: () => number
}

export const SECURITY_PATH = '/settings/user/security'

/** Where an account sees what is connected to it, and takes it back. Works without scripts. */
export function securityPages(deps: SecurityPagesDeps): HttpRoute[] {
  return [showDevices(deps), changeDevices(deps), ...passwordPages(deps)]
}

function showDevices(deps: SecurityPagesDeps): HttpRoute {
  return {
    method: 'GET',
    path: SECURITY_PATH,
    summary: 'Devices and app passwords of the account: their names, last use and limits',
    access: 'user',
    async handler(request, reply) {
      return sendDevices(deps, request, reply, await sessionViewer(request, reply))
    },
  }
}

function changeDevices(deps: SecurityPagesDeps): HttpRoute {
  return {
    method: 'POST',
    path: SECURITY_PATH,
    summary: 'Makes, renames, revokes or wipes a device of the account',
    access: 'user',
    async handler(request, reply) {
      const viewer = await sessionViewer(request, reply)
      requireOwnForm(deps.sessions, request)
      const act = ACTIONS.get(bodyText(request, 'action'))
      if (act === undefined) throw new Fault('bad-request', 'There is no such action', { field: 'action' })
      try {
        return await act(deps, request, reply, viewer)
      } catch (error) {
        const words = securityWords(viewer.language, request.headers['accept-language'])
        const problem = error instanceof Fault ? problemOf(words, error) : undefined
        if (problem === undefined) throw error
        reply.code(problem.status)
        return sendDevices(deps, request, reply, viewer, problem.text)
      }
    },
  }
}

type Action = (
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
) => Promise<FastifyReply>

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['add', add],
  ['code', showCode],
  ['rename', rename],
  ['revoke', revoke],
  ['wipe', wipe],
])

async function add(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
): Promise<FastifyReply> {
  await requirePassword(deps, request, viewer)
  const limits = await limitsIn(deps, request, viewer)
  const name = bodyText(request, 'name')
  const { secret } = await deps.appPasswords.add(viewer.accountId, name, viewer.userId, limits)
  const context = await contextOf(deps, request, viewer)
  return send(deps, request, reply, context, secretPage(context, viewer.userId, secret))
}

async function limitsIn(
  { folders }: SecurityPagesDeps,
  request: FastifyRequest,
  { accountId }: AccountViewer,
): Promise<AppPasswordLimits> {
  const folder = bodyText(request, 'folder').trim()
  const expires = bodyText(request, 'expires').trim()
  return {
    ...(bodyText(request, 'read_only') === '' ? {} : { isReadOnly: true }),
    ...(folder === '' ? {} : { folderId: await folders.folderAt(accountId, folder) }),
    ...(expires === '' ? {} : { endsAtMs: endOf(expires) }),
  }
}

async function showCode(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
): Promise<FastifyReply> {
  await requirePassword(deps, request, viewer)
  const { secret } = await deps.appPasswords.addOneTime(viewer.accountId, viewer.userId)
  const address = `nc://onetime-login/user:${viewer.userId}&password:${secret}&server:${request.baseUrl}`
  const context = await contextOf(deps, request, viewer)
  return send(deps, request, reply, context, await codePage(context, address))
}

async function rename(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
): Promise<FastifyReply> {
  await deps.appPasswords.rename(viewer.accountId, idIn(request), bodyText(request, 'name'), viewer.userId)
  return leadBack(request, reply, 'renamed')
}

/** Needs no password: it takes something away from whoever has stolen the session, too. */
async function revoke(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
): Promise<FastifyReply> {
  await deps.appPasswords.remove(viewer.accountId, idIn(request), viewer.userId)
  return leadBack(request, reply, 'revoked')
}

async function wipe(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
): Promise<FastifyReply> {
  await requirePassword(deps, request, viewer)
  const count = await deps.appPasswords.askForWipe(viewer.accountId, viewer.userId, idIn(request))
  if (count === 0) throw new Fault('not-found', MESSAGES.noAppPassword)
  return leadBack(request, reply, 'wiped')
}

function idIn(request: FastifyRequest): number {
  const text = bodyText(request, 'id')
  if (!/^\d{1,15}$/.test(text)) throw new Fault('bad-request', 'The id must be a number', { field: 'id' })
  return Number(text)
}

function leadBack(request: FastifyRequest, reply: FastifyReply, done: Done): FastifyReply {
  return reply.redirect(`${request.baseUrl}${SECURITY_PATH}?done=${done}`, 303)
}

async function requirePassword(deps: SecurityPagesDeps, request: FastifyRequest, viewer: AccountViewer): Promise<void> {
  if (await deps.confirming.isConfirmed(request, viewer)) return
  throw new Fault('forbidden', 'The password is wrong', { reason: 'wrong-password' })
}

/** What a person can put right, in their words; undefined for everything else. */
function problemOf(words: SecurityWords, { kind, detail }: Fault): { status: number; text: string } | undefined {
  if (detail.reason === 'wrong-password') return { status: 403, text: words.wrongPassword }
  if (detail.reason === 'no-date') return { status: 400, text: words.noDate }
  if (detail.reason === 'ended') return { status: 400, text: words.pastDate }
  if (kind === 'not-found' || detail.reason === 'invalid-path' || detail.reason === 'no-folder') {
    return { status: 404, text: words.noFolder }
  }
  return kind === 'conflict' ? { status: 409, text: words.tooMany } : undefined
}

async function contextOf(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  viewer: AccountViewer,
): Promise<PageContext> {
  return {
    words: securityWords(viewer.language, request.headers['accept-language']),
    path: SECURITY_PATH,
    requestToken: deps.sessions.requestToken(request.sessionCookie() ?? ''),
    confirmation: await deps.confirming.confirmationOf(viewer, SECURITY_PATH),
    nowMs: deps.nowMs(),
  }
}

async function sendDevices(
  deps: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: AccountViewer,
  problem?: string,
): Promise<FastifyReply> {
  const context = await contextOf(deps, request, viewer)
  const { words } = context
  const devices = await deps.appPasswords.list(viewer.accountId)
  const folderPaths = new Map<number, string>()
  for (const { folderId } of devices) {
    const path = folderId === undefined ? undefined : await deps.folders.pathOf(folderId)
    if (folderId !== undefined && path !== undefined) folderPaths.set(folderId, path)
  }
  const done = queryText(request, 'done')
  const said = isDone(done) ? html`<p class="said" role="status">${words.done[done]}</p>` : undefined
  const body = html`${problem === undefined ? said : html`<p class="wrong" role="alert">${problem}</p>`}
${deviceList(context, devices.toReversed(), folderPaths)}
${addForm(context)}
${phoneForm(context)}
<p><a href="${PASSWORD_PATH}">${passwordWords(viewer.language, request.headers['accept-language']).title}</a></p>
<p><a href="/">${words.back}</a></p>`
  return send(deps, request, reply, context, body)
}

async function send(
  { branding }: SecurityPagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { words }: PageContext,
  body: Html,
): Promise<FastifyReply> {
  const look = await branding(request.baseUrl)
  reply.header('cache-control', 'no-store')
  const { language, title } = words
  return sendPage(reply, { language, title: `${title} – ${look.name}`, branding: look, body, isWide: true })
}
