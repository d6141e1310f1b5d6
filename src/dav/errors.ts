import type { FastifyReply, FastifyRequest } from 'fastify'
import { storageFault } from '../db/errors.ts'
import { sendErrorPage } from '../http/error-answer.ts'
import { logFault } from '../http/fault-log.ts'
import { HTTP_STATUS } from '../http/fault-status.ts'
import { Fault, type FaultKind } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { escapeText } from '../lib/xml-text.ts'

const SABRE = 'Sabre\\DAV\\Exception\\'
const INVALID_PATH = 'OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath'

/** Exception names that clients know, by kind of Fault (recordings webdav-files, webdav-errors). */
export const DAV_EXCEPTION: Readonly<Record<FaultKind, string>> = {
  'bad-request': `${SABRE}BadRequest`,
  unauthenticated: `${SABRE}NotAuthenticated`,
  forbidden: `${SABRE}Forbidden`,
  'not-found': `${SABRE}NotFound`,
  conflict: `${SABRE}Conflict`,
  exists: `${SABRE}MethodNotAllowed`,
  precondition: `${SABRE}PreconditionFailed`,
  locked: `${SABRE}Locked`,
  'too-large': 'OCA\\DAV\\Connector\\Sabre\\Exception\\EntityTooLarge',
  'no-space': `${SABRE}InsufficientStorage`,
  unsupported: `${SABRE}UnsupportedMediaType`,
  'too-many': `${SABRE}TooManyRequests`,
  unavailable: `${SABRE}ServiceUnavailable`,
  internal: `${SABRE}InternalServerError`,
}

interface Special {
  readonly status: number
  readonly exception: string
}

/** Causes that have an answer of their own, by the Fault's reason. */
const BY_REASON: Readonly<Record<string, Special>> = {
  'invalid-path': { status: 400, exception: INVALID_PATH },
  method: { status: 405, exception: `${SABRE}MethodNotAllowed` },
  'not-implemented': { status: 501, exception: `${SABRE}NotImplemented` },
  range: { status: 416, exception: `${SABRE}RequestedRangeNotSatisfiable` },
  'conflicting-lock': { status: 423, exception: `${SABRE}ConflictingLock` },
  'unknown-report': { status: 415, exception: `${SABRE}ReportNotSupported` },
  'lock-token': { status: 409, exception: `${SABRE}LockTokenMatchesRequestUri` },
  'resource-type': { status: 403, exception: `${SABRE}InvalidResourceType` },
  'finite-depth': { status: 403, exception: `${SABRE}Forbidden` },
}

const special = ({ detail }: Fault): Special | undefined =>
  detail.reason !== undefined && Object.hasOwn(BY_REASON, detail.reason) ? BY_REASON[detail.reason] : undefined

export function davStatusOf(fault: Fault): number {
  return special(fault)?.status ?? (fault.kind === 'exists' ? 405 : HTTP_STATUS[fault.kind])
}

/** The client went away in the middle of its body: nobody is there to be answered, and nothing of ours went wrong. */
const GONE = new Fault('bad-request', 'The request ended before its body did')

/** An error below the DAV addresses, as Sabre writes it. The message of `internal` never leaves the server. */
export function answerDavError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const fault = hasGone(request, error) ? GONE : faultOf(error)
  logFault(log, request.id, fault)
  if (reply.raw.headersSent) {
    reply.raw.destroy()
    return
  }
  if (fault.detail.retryAfterSeconds !== undefined) reply.header('retry-after', fault.detail.retryAfterSeconds)
  if (fault.detail.etag !== undefined) reply.header('etag', `"${fault.detail.etag}"`)
  reply.removeHeader('content-length')
  if (isBrowser(request)) {
    sendErrorPage(reply, davStatusOf(fault), messageOf(fault, request.id) || 'There is nothing here, or not any more')
    return
  }
  reply.code(davStatusOf(fault)).header('content-type', 'application/xml; charset=utf-8')
  // Of HEAD, Node keeps the body back and tells its length.
  reply.send(errorXml(fault, request.id))
}

/** A person follows a link, whose time may be over; programs say what else they can read, or nothing. */
export function isBrowser({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && headers.accept?.includes('text/html') === true
}

function hasGone({ raw }: FastifyRequest, error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ECONNRESET' && raw.destroyed && !raw.complete
}

function faultOf(error: unknown): Fault {
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  if (!(error instanceof Fault) && typeof status === 'number' && status >= 400 && status < 500) {
    return new Fault('bad-request', 'The request cannot be read', {}, { cause: error })
  }
  return storageFault(error)
}

function messageOf({ kind, message }: Fault, requestId: string): string {
  return kind === 'internal' ? `Internal error. Request id: ${requestId}` : message
}

function errorXml(fault: Fault, requestId: string): string {
  const { kind, detail } = fault
  const exception = special(fault)?.exception ?? DAV_EXCEPTION[kind]
  const message = messageOf(fault, requestId)
  const isInvalidPath = detail.reason === 'invalid-path'
  const root = isInvalidPath ? ' xmlns:o="http://owncloud.org/ns"' : ''
  return `<?xml version="1.0" encoding="utf-8"?>
<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"${root}>
  <s:exception>${escapeText(exception)}</s:exception>
  <s:message>${escapeText(message)}</s:message>
${extra(fault)}</d:error>
`
}

/** What RFC 4918 section 16 and the clients look for besides the message. */
function extra({ kind, message, detail }: Fault): string {
  if (detail.reason === 'invalid-path') {
    return `  <o:retry xmlns:o="o:">false</o:retry>\n  <o:reason xmlns:o="o:">${escapeText(message)}</o:reason>\n`
  }
  if (detail.reason === 'conflicting-lock') {
    return `  <d:no-conflicting-lock><d:href>${escapeText(detail.field ?? '')}</d:href></d:no-conflicting-lock>\n`
  }
  if (detail.reason === 'lock-token') return '  <d:lock-token-matches-request-uri/>\n'
  if (detail.reason === 'resource-type') return '  <d:valid-resourcetype/>\n'
  if (detail.reason === 'finite-depth') return '  <d:propfind-finite-depth/>\n'
  if (detail.reason === 'unknown-report') return '  <d:supported-report/>\n'
  if (kind === 'locked') {
    return `  <d:lock-token-submitted><d:href>${escapeText(detail.field ?? '')}</d:href></d:lock-token-submitted>\n`
  }
  if (kind === 'precondition' && detail.field !== undefined)
    return `  <s:header>${escapeText(detail.field)}</s:header>\n`
  return ''
}
