import type { FastifyReply } from 'fastify'
import { bodyText, queryText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import { Fault } from '../../lib/fault.ts'
import type { LoginFlow } from './service.ts'

/** What the client itself calls (recording login-flow-v2). */
export function flowRoutes(flow: LoginFlow): HttpRoute[] {
  return [start(flow), poll(flow)]
}

function sendJson(reply: FastifyReply, status: number, value: object): FastifyReply {
  reply.code(status).header('cache-control', 'no-store').header('content-type', 'application/json; charset=utf-8')
  return reply.send(JSON.stringify(value))
}

const start = (flow: LoginFlow): HttpRoute => ({
  method: 'POST',
  path: '/login/v2',
  summary: 'An app asks to be let in by the browser; answers with the address to open and how to ask for the result',
  access: 'public',
  async handler(request, reply) {
    const { pollToken, flowToken } = await flow.start(request.headers['user-agent'] ?? '', request.clientAddress)
    const { baseUrl } = request
    return sendJson(reply, 200, {
      poll: { token: pollToken, endpoint: `${baseUrl}/login/v2/poll` },
      login: `${baseUrl}/login/v2/flow/${flowToken}`,
    })
  },
})

/** The token comes in the form, or with iOS in the query. Nothing is counted: it is too long to be guessed. */
const poll = (flow: LoginFlow): HttpRoute => ({
  method: 'POST',
  path: '/login/v2/poll',
  summary: 'Whether the app has been let in: 404 until then, once its name and app password',
  access: 'public',
  async handler(request, reply) {
    const token = bodyText(request, 'token') || queryText(request, 'token')
    if (token === '') throw new Fault('bad-request', 'The parameter "token" is missing', { field: 'token' })
    const granted = await flow.collect(token)
    return granted === undefined
      ? sendJson(reply, 404, [])
      : sendJson(reply, 200, { server: request.baseUrl, ...granted })
  },
})
