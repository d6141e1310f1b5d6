import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerNotModified } from '../http/conditional.ts'
import { languageOf } from '../http/language.ts'
import { Fault } from '../lib/fault.ts'
import type { Json } from '../lib/json.ts'
import { CONTENT_TYPE, type OcsFormat, type OcsMeta, writeEnvelope } from './envelope.ts'
import { formatOf, wantedFormat } from './format.ts'
import { OcsPage, type OcsResult, OcsShared, OcsStatus } from './route.ts'
import { httpStatusOf, OCS_CODE, OCS_NOT_FOUND, type OcsVersion } from './status.ts'

/** What the wire says for an address that does not exist (recording ocs-envelope); clients compare the code only. */
export const UNKNOWN_ADDRESS_MESSAGE =
  'Invalid query, please check the syntax. API specifications are here: http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n'

/** A failure as the envelope shows it. `early`: decided before an endpoint ran. */
export interface OcsFailure {
  readonly code: number
  readonly message: string
  readonly early: boolean
  readonly data?: Json | undefined
}

export function sendResult(version: OcsVersion, request: FastifyRequest, reply: FastifyReply, result: OcsResult): void {
  const format = requestFormat(request)
  if (result instanceof OcsShared) {
    sendShared(version, format, request, reply, result)
    return
  }
  if (result instanceof OcsStatus) {
    sendStatus(version, format, reply, result)
    return
  }
  const page = result instanceof OcsPage ? result : undefined
  const totals = page === undefined ? {} : { totalItems: page.totalItems, itemsPerPage: page.itemsPerPage }
  const data = page === undefined ? (result as Json | undefined) : page.data
  reply.header('content-type', CONTENT_TYPE[format])
  // As bytes: Node writes headers and a text body as one text, which is slower than both apart.
  reply.send(Buffer.from(writeEnvelope(version, format, { ...successMeta(version), ...totals }, data)))
}

/** Version 1 knows one code of success, 100: every other is a failure to it, with HTTP status 200 (recording notifications-push). */
function sendStatus(
  version: OcsVersion,
  format: OcsFormat,
  reply: FastifyReply,
  { code, data, headers }: OcsStatus,
): void {
  const meta = version === 'v2' ? { ok: true, code, message: 'OK' } : { ok: false, code, message: '' }
  const status = httpStatusOf(version, code, false)
  reply.code(status).headers(headers)
  if (status === 204) {
    reply.send()
    return
  }
  reply.header('content-type', CONTENT_TYPE[format])
  reply.send(Buffer.from(writeEnvelope(version, format, meta, data)))
}

function sendShared(
  version: OcsVersion,
  format: OcsFormat,
  request: FastifyRequest,
  reply: FastifyReply,
  shared: OcsShared,
): void {
  reply.headers(shared.headers)
  if (shared.etag !== undefined && answerNotModified(request, reply, { etag: shared.etag })) return
  const key = `${version}${format}`
  let body = shared.written.get(key)
  if (body === undefined) {
    body = Buffer.from(writeEnvelope(version, format, successMeta(version), shared.data))
    shared.written.set(key, body)
  }
  reply.header('content-type', CONTENT_TYPE[format])
  reply.send(body)
}

const SUCCESS: Readonly<Record<OcsVersion, OcsMeta>> = {
  v1: { ok: true, code: 100, message: 'OK' },
  v2: { ok: true, code: 200, message: 'OK' },
}

function successMeta(version: OcsVersion): OcsMeta {
  return SUCCESS[version]
}

export function sendFailure(
  version: OcsVersion,
  request: FastifyRequest,
  reply: FastifyReply,
  { code, message, early, data }: OcsFailure,
): void {
  const format = requestFormat(request)
  reply.code(httpStatusOf(version, code, early))
  reply.header('content-type', CONTENT_TYPE[format])
  reply.send(writeEnvelope(version, format, { ok: false, code, message }, data))
}

/** Headers that go with some Faults on every surface of the API. */
export function sendFault(
  version: OcsVersion,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: Fault,
  codes: Readonly<Record<string, number | undefined>>,
  early: boolean,
): void {
  if (fault.kind === 'unauthenticated' && fault.detail.reason !== 'not-signed-in') {
    reply.header('www-authenticate', 'Basic realm="Authorisation Required"')
  }
  if (fault.detail.retryAfterSeconds !== undefined) reply.header('retry-after', fault.detail.retryAfterSeconds)
  const code = codes[fault.detail.reason ?? ''] ?? codes[fault.kind] ?? OCS_CODE[fault.kind]
  const isInternal = fault.kind === 'internal'
  const language = languageOf(request)
  const { data } = fault.detail
  sendFailure(version, request, reply, {
    code,
    message: isInternal ? 'Internal Server Error' : fault.messageIn(language),
    early: early || staysOutside(fault),
    data: isInternal ? undefined : typeof data === 'function' ? data(language) : data,
  })
}

/** Throttling and overload keep their HTTP status on version 1 too (recordings rate-limits, webdav-errors). */
function staysOutside(fault: Fault): boolean {
  return fault.kind === 'too-many' || fault.kind === 'unavailable' || fault.kind === 'too-large'
}

export function unknownAddress(version: OcsVersion, request: FastifyRequest, reply: FastifyReply): void {
  sendFailure(version, request, reply, { code: OCS_NOT_FOUND, message: UNKNOWN_ADDRESS_MESSAGE, early: false })
}

function requestFormat(request: FastifyRequest): OcsFormat {
  return formatOf(wantedFormat(request.raw.url), request.headers.accept)
}

export const notSignedIn = (): Fault =>
  new Fault('unauthenticated', 'Current user is not logged in', { reason: 'not-signed-in' })
