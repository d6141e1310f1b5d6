import { html } from '../../http/html.ts'
import { sendPage } from '../../http/page.ts'
import { queryText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import { randomText } from '../../lib/ids.ts'
import type { AppPasswords } from '../auth/index.ts'
import { type FlowKind, type FlowPagesDeps, sendConnect, sendGone } from './pages.ts'
import { type LoginFlow, shownName } from './service.ts'
import { wordsFor } from './words.ts'

/** Version 2: the client waits by itself, the browser is anywhere. */
export function secondVersion(flow: LoginFlow): FlowKind {
  return {
    path: '/login/v2',
    find: (token) => flow.find(token),
    grant: async (token, viewer) => ((await flow.grant(token, viewer.accountId, viewer.userId)) ? {} : undefined),
    refuse: (token) => flow.refuse(token),
  }
}

/** The address that a client opens: puts its token into a cookie and out of sight. */
export function openFlow(deps: FlowPagesDeps, kind: FlowKind): HttpRoute {
  return {
    method: 'GET',
    path: '/login/v2/flow/:token',
    summary: 'Where the browser of an app that wants to be let in begins',
    access: 'public',
    async handler(request, reply) {
      const { token = '' } = request.params as { token?: string }
      if ((await kind.find(token)) === undefined) return sendGone(deps, request, reply)
      deps.state.begin(request, reply, token)
      const user = encodeURIComponent(queryText(request, 'user').slice(0, 320))
      const direct = queryText(request, 'direct') === '1' ? '1' : '0'
      return reply.redirect(`${request.baseUrl}/login/v2/flow?user=${user}&direct=${direct}`, 303)
    },
  }
}

const FIRST = 'v1'

/** Version 1: the client shows the browser itself, and learns the result from an address that it catches. */
export function firstVersion(appPasswords: AppPasswords): FlowKind {
  const nameIn = (flow: string): string | undefined => {
    const [version, , name] = flow.split('.')
    return version === FIRST && name !== undefined ? Buffer.from(name, 'base64url').toString('utf8') : undefined
  }
  return {
    path: '/login',
    formSchemes: 'nc:',
    async find(flow) {
      const name = nameIn(flow)
      const address = flow.split('.')[3]
      return name === undefined || address === undefined
        ? undefined
        : { name: shownName(name), address: Buffer.from(address, 'base64url').toString('utf8') }
    },
    async grant(flow, viewer, baseUrl) {
      const { secret } = await appPasswords.add(viewer.accountId, shownName(nameIn(flow) ?? ''), viewer.userId)
      const user = encodeURIComponent(viewer.userId)
      return { openUrl: `nc://login/server:${baseUrl}&user:${user}&password:${secret}` }
    },
    async refuse() {},
  }
}

/** Only apps send the header; a person who follows a link to here must not hand out a password without knowing. */
export function openFirstVersion(deps: FlowPagesDeps, kind: FlowKind): HttpRoute {
  return {
    method: 'GET',
    path: '/login/flow',
    summary: 'Sign-in of older apps, in a browser of their own',
    access: 'public',
    async handler(request, reply) {
      if (request.headers['ocs-apirequest'] === undefined) {
        const words = wordsFor(request.headers['accept-language'])
        const look = await deps.branding(request.baseUrl)
        const body = html`<h2>${words.goneTitle}</h2><p role="alert">${words.appsOnly}</p>`
        reply.code(403)
        return sendPage(reply, { language: words.language, title: look.name, branding: look, body })
      }
      const text = (value: string): string => Buffer.from(value).toString('base64url')
      const name = shownName(request.headers['user-agent'] ?? '').slice(0, 60)
      const flow = [FIRST, randomText(32), text(name), text(request.clientAddress)].join('.')
      deps.state.begin(request, reply, flow)
      return sendConnect(deps, kind, request, reply, flow)
    },
  }
}
