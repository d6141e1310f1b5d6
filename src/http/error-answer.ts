import type { FastifyReply, FastifyRequest } from 'fastify'
import { storageFault } from '../db/errors.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { logFault } from './fault-log.ts'
import { HTTP_STATUS } from './fault-status.ts'
import { html } from './html.ts'
import { languageOf } from './language.ts'
import { sendNotice } from './page.ts'

/** Answers an error outside the protocols: a small page for browsers, JSON with a `message` for everyone else. */
export function answerHttpError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const fault = httpFault(error)
  logFault(log, request.id, fault)
  if (fault.detail.retryAfterSeconds !== undefined) reply.header('retry-after', fault.detail.retryAfterSeconds)
  const message =
    fault.kind === 'internal' ? `Something went wrong. Request id: ${request.id}` : fault.messageIn(languageOf(request))
  reply.code(HTTP_STATUS[fault.kind])
  if (wantsPage(request, fault)) {
    sendErrorPage(reply, HTTP_STATUS[fault.kind], message)
    return
  }
  reply.header('content-type', 'application/json; charset=utf-8')
  reply.send(JSON.stringify({ message }))
}

/** A small page for people, where a program would be answered in its protocol's own words. */
export function sendErrorPage(reply: FastifyReply, status: number, message: string): void {
  const title = TITLES[status] ?? 'That did not work'
  sendNotice(reply.code(status), title, html`<p>${message}</p>\n<p class="quiet">Error ${String(status)}</p>`)
}

function httpFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  if (status === 413) return new Fault('too-large', 'The request body is too large')
  if (status === 415) return new Fault('unsupported', 'The media type of the body is not supported')
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Fault('bad-request', 'The request cannot be read', {}, { cause: error })
  }
  return storageFault(error)
}

/** Whoever looks for a page gets one; what is missing is a page too unless JSON is asked for (recording status-php). */
function wantsPage({ headers: { accept = '' } }: FastifyRequest, { kind }: Fault): boolean {
  return accept.includes('text/html') || (kind === 'not-found' && !accept.includes('application/json'))
}

const TITLES: Readonly<Record<number, string>> = {
  401: 'Please sign in',
  403: 'Not allowed',
  404: 'Nothing here',
  429: 'Too many attempts',
  503: 'Not available right now',
}
