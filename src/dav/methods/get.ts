import type { FastifyReply, FastifyRequest } from 'fastify'
import { matchesEtag } from '../../http/conditional.ts'
import { html } from '../../http/html.ts'
import { sendNotice } from '../../http/page.ts'
import { Fault } from '../../lib/fault.ts'
import { archiveKindOf } from '../archive/request.ts'
import { ifMatchFailed } from '../conditions.ts'
import { isBrowser } from '../errors.ts'
import { httpDate } from '../properties.ts'
import { rangeOf } from '../ranges.ts'
import type { DavContext } from '../server.ts'
import { sendStream } from '../stream.ts'
import type { DavContent, DavMount } from '../tree.ts'
import { notAllowed, notFound, notImplemented } from './not-found.ts'

const FOLDER_PAGE =
  'This is the WebDAV interface. Open it with a WebDAV client, such as the file manager or the desktop sync client.\n'

/** Content is what people upload: it is downloaded, and can do nothing when a browser shows it nevertheless. */
const CONTENT_POLICY = "default-src 'none';sandbox"

/** How often a file may be replaced between looking it up and opening it. */
const MAX_ATTEMPTS = 20

export async function get(context: DavContext): Promise<FastifyReply> {
  const { mount, path, reply, ...call } = context
  const { tree } = mount
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const resource = await tree.find(call, path)
    if (resource === undefined) throw notFound(path)
    if (resource.isCollection) {
      const kind = tree.archive === undefined ? undefined : archiveKindOf(call.request)
      if (kind === undefined) return sendFolderPage(mount, call.request, reply)
      const { sendArchive } = await import('../archive/send.ts')
      return sendArchive(context, resource, kind)
    }
    if (tree.content === undefined) throw notAllowed('This cannot be read')
    const validators = { etag: resource.etag ?? '', mtimeMs: resource.mtimeMs }
    if (answerUnchanged(call.request, reply, validators)) return reply
    const content = await tree.content(call, resource)
    if (content !== undefined) return sendContent(call.request, reply, validators, content)
  }
  throw new Fault('unavailable', 'The file is replaced all the time', { retryAfterSeconds: 1 })
}

function sendFolderPage({ isPublic }: DavMount, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (isPublic === true) throw notImplemented('GET')
  if (isBrowser(request)) {
    const address = `${request.baseUrl}${request.raw.url?.split('?')[0] ?? ''}`
    const body = html`<p>A browser cannot show them. Open this address with a file manager or a sync client:</p>\n<code>${address}</code>`
    return sendNotice(reply, 'Files over WebDAV', body)
  }
  return reply.header('content-type', 'text/html; charset=UTF-8').send(FOLDER_PAGE)
}

export interface Validators {
  /** Without quotes. */
  readonly etag: string
  readonly mtimeMs: number
}

/** Conditions of reading, in the order of RFC 9110 section 13.2.2. True when 304 was sent. Throws Fault `precondition`. */
export function answerUnchanged(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { etag, mtimeMs }: Validators,
): boolean {
  const quoted = `"${etag}"`
  const modifiedMs = Math.floor(mtimeMs / 1_000) * 1_000
  if (headers['if-match'] !== undefined && !matchesEtag(headers['if-match'], quoted)) {
    throw ifMatchFailed(etag)
  }
  if (headers['if-match'] === undefined && modifiedMs > Date.parse(headers['if-unmodified-since'] ?? '')) {
    const message =
      'An If-Unmodified-Since header was specified, but the entity has been changed since the specified date.'
    throw new Fault('precondition', message, { field: 'If-Unmodified-Since' })
  }
  if (headers['if-none-match'] !== undefined) {
    if (!matchesEtag(headers['if-none-match'], quoted)) return false
  } else {
    if (!(modifiedMs <= Date.parse(headers['if-modified-since'] ?? ''))) return false
    reply.header('last-modified', httpDate(mtimeMs))
  }
  reply.code(304).header('etag', quoted).send()
  return true
}

/** The content or the range of it that is asked for. */
export function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, mtimeMs }: Validators,
  content: DavContent,
): FastifyReply {
  const { sizeBytes } = content
  const quoted = `"${etag}"`
  reply.headers({ 'last-modified': httpDate(mtimeMs), etag: quoted })
  // What a refused range is told (RFC 9110 section 15.5.17).
  reply.header('content-range', `bytes */${sizeBytes}`)
  const range = isWholeWanted(request, quoted) ? undefined : rangeOf(request.headers.range, sizeBytes)
  if (range === undefined) reply.removeHeader('content-range')
  reply.headers({
    'content-type': content.contentType,
    'content-length': String(range === undefined ? sizeBytes : range.end - range.start + 1),
    'accept-ranges': 'bytes',
    'content-security-policy': CONTENT_POLICY,
    ...content.headers,
  })
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  if (request.method === 'HEAD') return reply.send()
  if (content.bytes !== undefined) {
    return reply.send(range === undefined ? content.bytes : content.bytes.subarray(range.start, range.end + 1))
  }
  return sendStream(reply, content.open(range))
}

/**
 * RFC 9110 section 13.1.5: a range counts only while the content is the one that the client knows. A date never tells:
 * clients set the time of a file themselves, so two versions may have the same.
 */
function isWholeWanted({ headers }: FastifyRequest, quoted: string): boolean {
  const ifRange = headers['if-range']
  return ifRange !== undefined && ifRange !== quoted
}
