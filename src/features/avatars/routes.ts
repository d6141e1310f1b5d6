import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerNotModified } from '../../http/conditional.ts'
import { HTTP_STATUS } from '../../http/fault-status.ts'
import { languageFor } from '../../http/language.ts'
import { MultipartForm } from '../../http/multipart.ts'
import { bodyText } from '../../http/page-request.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault, type FaultKind } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { MESSAGES } from './fault-messages.ts'
import { acceptPicture, LARGE, MAX_INPUT_BYTES, SMALL } from './pictures.ts'
import { type Avatar, type Avatars, storedSize } from './service.ts'

export interface AvatarRoutesDeps {
  readonly clock: Clock
  readonly avatars: Avatars
  /** A file of the account; undefined when there is none. Throws Fault `too-large` beyond `maxBytes`. */
  readonly readFile: (accountId: number, path: readonly string[], maxBytes: number) => Promise<Uint8Array | undefined>
}

/** How long browsers keep a picture, and one of somebody who is not here (recording avatar). */
const DAY_SECONDS = 86_400
const GUEST_SECONDS = 1_800
/** The form around the picture. */
const FORM_BYTES = 64 * 1024

/** Pictures are pixels that we have written; should one ever be more, it can do nothing. */
const PICTURE_POLICY = "default-src 'none';sandbox"

export function avatarRoutes(deps: AvatarRoutesDeps): HttpRoute[] {
  return [
    avatar(deps, '/avatar/:userId/:size', false),
    avatar(deps, '/avatar/:userId/:size/dark', true),
    guestAvatar(deps, '/avatar/guest/:guestName/:size', false),
    guestAvatar(deps, '/avatar/guest/:guestName/:size/dark', true),
    ...['/avatar/', '/avatar'].flatMap((path) => [upload(deps, path), remove(deps, path)]),
  ]
}

/** Everything that is no size is the small one, everything beyond it the large one (recording avatar). */
function sizeOf(text: string | undefined): number {
  const pixels = Number(text)
  return storedSize(Number.isFinite(pixels) ? pixels : SMALL)
}

const avatar = ({ avatars, clock }: AvatarRoutesDeps, path: string, isDark: boolean): HttpRoute => ({
  method: 'GET',
  path,
  summary: `The picture of an account, ${SMALL} or ${LARGE} pixels${isDark ? ', for a dark page' : ''}`,
  access: 'public',
  async handler(request, reply) {
    const { userId = '', size } = request.params as Readonly<Record<string, string | undefined>>
    const wish = { pixels: sizeOf(size), isDark }
    const nowMs = clock.nowMs()
    const viewer = await request.viewer()
    if (viewer.kind === 'account') reply.header('x-user-id', encodeURI(viewer.userId))
    const found = await avatars.find(viewer, userId, wish)
    if (found !== undefined) return send(request, reply, found, { isDark, seconds: DAY_SECONDS, nowMs })
    if (request.queryFields()['guestFallback'] === 'true') {
      return send(request, reply.code(201), avatars.guest(userId, wish), { isDark, seconds: GUEST_SECONDS, nowMs })
    }
    reply.header('cache-control', 'no-cache, no-store, must-revalidate')
    return sendJson(reply.code(404), [])
  },
})

const guestAvatar = ({ avatars, clock }: AvatarRoutesDeps, path: string, isDark: boolean): HttpRoute => ({
  method: 'GET',
  path,
  summary: `A picture for somebody without an account${isDark ? ', for a dark page' : ''}`,
  access: 'public',
  async handler(request, reply) {
    const { guestName = '', size } = request.params as Readonly<Record<string, string | undefined>>
    const guest = avatars.guest(guestName, { pixels: sizeOf(size), isDark })
    const sending = { isDark, seconds: GUEST_SECONDS, nowMs: clock.nowMs() }
    return send(request, reply.code(201), guest, sending)
  },
})

interface Sending {
  readonly isDark: boolean
  readonly seconds: number
  readonly nowMs: number
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  picture: Avatar,
  { isDark, seconds, nowMs }: Sending,
): Promise<FastifyReply> {
  reply.headers({
    'cache-control': `private, max-age=${seconds}, immutable`,
    expires: new Date(nowMs + seconds * 1_000).toUTCString(),
    'last-modified': new Date(picture.changedAtMs).toUTCString(),
    'x-nc-iscustomavatar': picture.isCustom ? '1' : '0',
    'content-security-policy': PICTURE_POLICY,
  })
  // Not by the date: taking a picture down brings an older one back.
  if (answerNotModified(request, reply, { etag: `"${picture.etag}"` })) return reply
  const { contentType, content } = await picture.read()
  const ending = contentType === 'image/jpeg' ? 'jpg' : 'png'
  const name = `avatar${isDark ? '-dark' : ''}.${picture.pixels}.${ending}`
  reply.header('content-disposition', `inline; filename="${name}"`)
  return reply.header('content-type', contentType).send(Buffer.from(content))
}

function sendJson(reply: FastifyReply, value: Json): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(value))
}

async function ownerOf(request: FastifyRequest, reply: FastifyReply): Promise<AccountViewer> {
  const viewer = await request.viewer()
  if (viewer.kind === 'anonymous') throw new Fault('unauthenticated', 'Current user is not logged in')
  reply.header('x-user-id', encodeURI(viewer.userId))
  if (!request.hasCsrfProof()) throw new Fault('precondition', 'CSRF check failed', { reason: 'csrf' })
  reply.header('cache-control', 'no-cache, no-store, must-revalidate')
  return viewer
}

const upload = (deps: AvatarRoutesDeps, path: string): HttpRoute => ({
  method: 'POST',
  path,
  summary: 'Puts up a picture for oneself: a file `files[]`, or the `path` of one in the cloud. It must be square',
  access: 'user',
  maxFormBytes: MAX_INPUT_BYTES + FORM_BYTES,
  async handler(request, reply) {
    const viewer = await ownerOf(request, reply)
    try {
      const picture = await acceptPicture(await inputOf(deps, viewer, request))
      await deps.avatars.set(viewer, picture)
      if (picture.kind === 'square') return sendJson(reply, { status: 'success' })
      const { contentType, content } = picture.preview
      const image = `data:${contentType};base64,${Buffer.from(content).toString('base64')}`
      return sendJson(reply, { data: 'notsquare', image })
    } catch (error) {
      // Web clients look for the message in `data`; what is no picture at all has no status of its own (recording avatar).
      if (!(error instanceof Fault) || !TOLD_IN_DATA.has(error.kind)) throw error
      reply.code(error.detail.reason === 'no-image' ? 200 : HTTP_STATUS[error.kind])
      return sendJson(reply, { data: { message: error.messageIn(languageFor(viewer, request)) } })
    }
  },
})

const TOLD_IN_DATA: ReadonlySet<FaultKind> = new Set(['bad-request', 'too-large', 'not-found', 'forbidden'])

async function inputOf(
  { readFile }: AvatarRoutesDeps,
  viewer: AccountViewer,
  request: FastifyRequest,
): Promise<Uint8Array> {
  const { body } = request
  const [file] = body instanceof MultipartForm ? body.files : []
  if (file !== undefined) return file.bytes
  const path = body instanceof MultipartForm ? (body.fields['path'] ?? '') : bodyText(request, 'path')
  if (typeof path !== 'string' || path === '') throw new Fault('bad-request', MESSAGES.nothingSent)
  if (viewer.via === 'app-password') throw new Fault('forbidden', 'An app sends the picture itself')
  const steps = path.split('/').filter((step) => step !== '')
  const bytes = await readFile(viewer.accountId, steps, MAX_INPUT_BYTES)
  if (bytes === undefined) throw new Fault('not-found', MESSAGES.noFile)
  return bytes
}

const remove = ({ avatars }: AvatarRoutesDeps, path: string): HttpRoute => ({
  method: 'DELETE',
  path,
  summary: 'Takes one’s picture down',
  access: 'user',
  async handler(request, reply) {
    await avatars.remove(await ownerOf(request, reply))
    return sendJson(reply, [])
  },
})
