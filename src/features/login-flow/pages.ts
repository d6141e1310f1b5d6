import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html } from '../../http/html.ts'
import { type Branding, sendPage } from '../../http/page.ts'
import { bodyText, queryText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { type Confirming, confirmField, requireOwnForm, type Sessions, sessionViewer } from '../auth/index.ts'
import type { BrowserState } from './browser-state.ts'
import type { WaitingClient } from './service.ts'
import { wordsFor } from './words.ts'

/** What tells the two versions of the flow apart once a browser is there. */
export interface FlowKind {
  /** `/login/v2` or `/login`; the pages are `flow` and `grant` below it. */
  readonly path: string
  find(flow: string): Promise<WaitingClient | undefined>
  /** Lets the client in. Resolves to an address that opens the app, or undefined when the app asks by itself. */
  grant(flow: string, viewer: AccountViewer, baseUrl: string): Promise<{ readonly openUrl?: string } | undefined>
  refuse(flow: string): Promise<void>
  /** Schemes that the answer to the grant may lead to. */
  readonly formSchemes?: string
}

export interface FlowPagesDeps {
  readonly state: BrowserState
  readonly sessions: Sessions
  readonly confirming: Confirming
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
}

/** The question and its answer. All pages work without scripts and name the app. */
export function flowPages(deps: FlowPagesDeps, kind: FlowKind): HttpRoute[] {
  return [grantPage(deps, kind), grant(deps, kind)]
}

const GRANT_SUMMARY = 'The one who is signed in allows an app to use the account, or refuses'

/** Shows who asks, and leads on to the sign-in. */
export function connectPage(deps: FlowPagesDeps, kind: FlowKind): HttpRoute {
  return {
    method: 'GET',
    path: `${kind.path}/flow`,
    summary: 'Shows which app asks for access, before the sign-in',
    access: 'public',
    async handler(request, reply) {
      return sendConnect(deps, kind, request, reply, deps.state.flowOf(request))
    },
  }
}

export async function sendConnect(
  deps: FlowPagesDeps,
  kind: FlowKind,
  request: FastifyRequest,
  reply: FastifyReply,
  flow: string | undefined,
): Promise<FastifyReply> {
  const words = wordsFor(request.headers['accept-language'])
  const client = flow === undefined ? undefined : await kind.find(flow)
  if (flow === undefined || client === undefined) return sendGone(deps, request, reply)
  const target = `${kind.path}/grant?stateToken=${deps.state.stateTokenOf(flow)}`
  if (queryText(request, 'direct') === '1') return reply.redirect(`${request.baseUrl}${target}`, 303)
  const site = (await deps.branding(request.baseUrl)).name
  const body = html`<h2>${words.connectTitle}</h2>
<p>${filled(words.connect, { app: client.name, site })}</p>
<p class="quiet">${filled(words.askedFrom, { address: client.address })} ${words.caution}</p>
<a class="button" href="${target}">${words.signIn}</a>`
  return send(deps, request, reply, { title: words.connectTitle, body })
}

function grantPage(deps: FlowPagesDeps, kind: FlowKind): HttpRoute {
  return {
    method: 'GET',
    path: `${kind.path}/grant`,
    summary: 'Asks the one who is signed in whether the app may have access',
    access: 'user',
    async handler(request, reply) {
      const viewer = await sessionViewer(request, reply)
      const flow = deps.state.check(request, queryText(request, 'stateToken'))
      const client = flow === undefined ? undefined : await kind.find(flow)
      if (flow === undefined || client === undefined) return sendGone(deps, request, reply)
      return sendQuestion(deps, request, reply, { kind, flow, client, viewer, isWrong: false })
    },
  }
}

interface Question {
  readonly kind: FlowKind
  readonly flow: string
  readonly client: WaitingClient
  readonly viewer: AccountViewer
  /** The password that was typed is not right. */
  readonly isWrong: boolean
}

async function sendQuestion(deps: FlowPagesDeps, request: FastifyRequest, reply: FastifyReply, question: Question) {
  const { kind, flow, client, viewer, isWrong } = question
  const words = wordsFor(request.headers['accept-language'])
  const token = deps.sessions.requestToken(request.sessionCookie() ?? '')
  const here = `${kind.path}/grant?stateToken=${deps.state.stateTokenOf(flow)}`
  const confirmation = await deps.confirming.confirmationOf(viewer, here)
  const password = confirmField(words.language, words.password, 'password', confirmation)
  const body = html`<h2>${words.grantTitle}</h2>
<p>${filled(words.grant, { user: viewer.userId, app: client.name })}</p>
<p class="quiet">${filled(words.askedFrom, { address: client.address })} ${words.consequence}</p>
${isWrong ? html`<p class="wrong" role="alert">${words.wrongPassword}</p>` : undefined}
<form method="post" action="${kind.path}/grant">
<input type="hidden" name="stateToken" value="${deps.state.stateTokenOf(flow)}">
<input type="hidden" name="requesttoken" value="${token}">
${password}
<button name="action" value="grant">${words.allow}</button>
<button class="second" name="action" value="refuse" formnovalidate>${words.refuse}</button>
</form>`
  return send(deps, request, reply, { title: words.grantTitle, body, formSchemes: kind.formSchemes })
}

function grant(deps: FlowPagesDeps, kind: FlowKind): HttpRoute {
  return {
    method: 'POST',
    path: `${kind.path}/grant`,
    summary: GRANT_SUMMARY,
    access: 'user',
    async handler(request, reply) {
      const viewer = await sessionViewer(request, reply)
      requireOwnForm(deps.sessions, request)
      const words = wordsFor(request.headers['accept-language'])
      const flow = deps.state.check(request, bodyText(request, 'stateToken'))
      const client = flow === undefined ? undefined : await kind.find(flow)
      if (flow === undefined || client === undefined) return sendGone(deps, request, reply)
      if (bodyText(request, 'action') === 'refuse') {
        await kind.refuse(flow)
        deps.state.end(request, reply)
        const text = filled(words.refused, { app: client.name })
        return send(deps, request, reply, { title: words.refusedTitle, body: finished(words.refusedTitle, text) })
      }
      if (!(await deps.confirming.isConfirmed(request, viewer))) {
        reply.code(403)
        return sendQuestion(deps, request, reply, { kind, flow, client, viewer, isWrong: true })
      }
      const granted = await kind.grant(flow, viewer, request.baseUrl)
      if (granted === undefined) return sendGone(deps, request, reply)
      deps.state.end(request, reply)
      if (granted.openUrl !== undefined) return reply.redirect(granted.openUrl, 303)
      const text = filled(words.done, { app: client.name })
      return send(deps, request, reply, { title: words.doneTitle, body: finished(words.doneTitle, text) })
    },
  }
}

const finished = (title: string, text: Html): Html => html`<h2>${title}</h2><p role="status">${text}</p>`

export async function sendGone(deps: FlowPagesDeps, request: FastifyRequest, reply: FastifyReply) {
  const words = wordsFor(request.headers['accept-language'])
  reply.code(403)
  const body = html`<h2>${words.goneTitle}</h2><p role="alert">${words.gone}</p>`
  return send(deps, request, reply, { title: words.goneTitle, body })
}

async function send(
  { branding }: Pick<FlowPagesDeps, 'branding'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, body, formSchemes }: { title: string; body: Html; formSchemes?: string | undefined },
) {
  const { language } = wordsFor(request.headers['accept-language'])
  const look = await branding(request.baseUrl)
  reply.header('cache-control', 'no-store')
  return sendPage(reply, {
    language,
    title: `${title} – ${look.name}`,
    branding: look,
    body,
    ...(formSchemes === undefined ? {} : { formSchemes }),
  })
}

/** A sentence with its names in bold. */
function filled(sentence: string, names: Readonly<Record<string, string>>): Html {
  const parts = sentence.split(/\{(\w+)\}/).map((part, index) => {
    return index % 2 === 0 ? html`${part}` : html`<strong>${names[part] ?? ''}</strong>`
  })
  return html`${parts}`
}
