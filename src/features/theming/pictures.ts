import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerNotModified } from '../../http/conditional.ts'
import type { HttpRoute } from '../../http/route.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { lookUp } from '../../lib/lookup.ts'
import { BACKGROUNDS, ICONS, logoSvg } from './drawings.ts'
import { drawBackground, type EncodedImage, squareIcon } from './images.ts'
import type { Theme, Theming } from './service.ts'
import { DEFAULT_PRIMARY, isImageName } from './settings.ts'

/** How long browsers keep a picture without asking; addresses carry `v=` against that (recording theming). */
const HOUR = 'private, max-age=3600, must-revalidate'
const DAY = 'private, max-age=86400, must-revalidate'
const FAVICON_PIXELS = 64
const TOUCH_ICON_PIXELS = 512

/** A picture can hold no script for our origin: SVG is ours alone, and even that may do nothing. */
const PICTURE_POLICY = "default-src 'none';style-src 'unsafe-inline';sandbox"

interface Picture extends EncodedImage {
  readonly changedAtMs?: number
  readonly cacheControl: string
  readonly disposition: string
}

export function pictureRoutes(theming: Theming): HttpRoute[] {
  const icons = createIcons(theming)
  return [
    route('/apps/theming/image/:name', 'An image that an administrator has set', (params) =>
      chosenImage(theming, params['name'] ?? ''),
    ),
    route('/core/img/logo/logo.svg', 'The logo that Cloudlet comes with, in the theme’s colour', async () =>
      ourSvg(logoSvg(primaryOf(await theming.theme())), 'logo.svg'),
    ),
    route('/apps/theming/img/background/:name', 'A background that Cloudlet comes with', (params) =>
      shippedBackground(params['name'] ?? ''),
    ),
    route('/apps/theming/img/:app/:file', 'An icon of an app', (params) =>
      appIcon(`${params['app'] ?? ''}/${params['file'] ?? ''}`),
    ),
    route('/apps/theming/favicon', 'Icon for browsers', () => icons(FAVICON_PIXELS)),
    route('/apps/theming/favicon/:app', 'Icon for browsers, by app', () => icons(FAVICON_PIXELS)),
    route('/favicon.ico', 'Icon for browsers, at the old address', () => icons(FAVICON_PIXELS)),
    route('/apps/theming/icon', 'Icon for home screens', () => icons(TOUCH_ICON_PIXELS)),
    route('/apps/theming/icon/:app', 'Icon for home screens, by app', () => icons(TOUCH_ICON_PIXELS)),
  ]
}

type Find = (params: Readonly<Record<string, string>>) => Picture | Promise<Picture>

function route(path: string, summary: string, find: Find): HttpRoute {
  return {
    method: 'GET',
    path,
    summary,
    access: 'public',
    async handler(request, reply) {
      return sendPicture(request, reply, await find(request.params as Readonly<Record<string, string>>))
    },
  }
}

export function sendPicture(request: FastifyRequest, reply: FastifyReply, picture: Picture): FastifyReply {
  reply.header('cache-control', picture.cacheControl)
  reply.header('content-disposition', picture.disposition)
  reply.header('content-security-policy', PICTURE_POLICY)
  const { etag, changedAtMs } = picture
  if (answerNotModified(request, reply, changedAtMs === undefined ? { etag } : { etag, lastModifiedMs: changedAtMs })) {
    return reply
  }
  return reply.header('content-type', picture.contentType).send(Buffer.from(picture.content))
}

const noPicture = (): Fault => new Fault('not-found', 'There is no such picture')

async function chosenImage(theming: Theming, name: string): Promise<Picture> {
  if (!isImageName(name)) throw noPicture()
  const row = await theming.image(name)
  if (row === undefined) throw noPicture()
  return {
    contentType: row.content_type,
    content: row.content,
    etag: row.etag,
    changedAtMs: row.changed_at_ms,
    cacheControl: HOUR,
    disposition: `attachment; filename="${name}"`,
  }
}

function ourSvg(svg: string, fileName: string): Picture {
  const content = Buffer.from(svg)
  const etag = `"${sha256Hex(content).slice(0, 32)}"`
  return {
    contentType: 'image/svg+xml',
    content,
    etag,
    cacheControl: DAY,
    disposition: `inline; filename="${fileName}"`,
  }
}

function appIcon(name: string): Picture {
  const svg = lookUp(ICONS, name)
  if (svg === undefined) throw noPicture()
  return ourSvg(svg, name.replace('/', '-'))
}

const drawn = new Map<string, Promise<EncodedImage>>()

/** Drawn with the first request and kept: there are two of them. */
export async function shippedBackground(name: string): Promise<Picture> {
  const svg = lookUp(BACKGROUNDS, name)
  if (svg === undefined) throw noPicture()
  let image = drawn.get(name)
  if (image === undefined) {
    image = drawBackground(svg)
    drawn.set(name, image)
  }
  return { ...(await image), cacheControl: DAY, disposition: `inline; filename="${name}"` }
}

function primaryOf(theme: Theme): string {
  return theme.values['primary_color'] ?? DEFAULT_PRIMARY
}

/** Square icons from favicon, logo or our own mark, made once for each version of the theme and size. */
function createIcons(theming: Theming): (pixels: number) => Promise<Picture> {
  let version = -1
  const made = new Map<number, Promise<EncodedImage>>()
  return async (pixels) => {
    const theme = await theming.theme()
    if (theme.version !== version) {
      version = theme.version
      made.clear()
    }
    let icon = made.get(pixels)
    if (icon === undefined) {
      icon = iconSource(theming, theme).then((source) => squareIcon(source, pixels))
      made.set(pixels, icon)
      icon.catch(() => made.delete(pixels))
    }
    const facts = theme.images.get('favicon') ?? theme.images.get('logo')
    const changed = facts === undefined ? {} : { changedAtMs: facts.changedAtMs }
    return { ...(await icon), ...changed, cacheControl: DAY, disposition: 'inline; filename="favicon.png"' }
  }
}

async function iconSource(theming: Theming, theme: Theme): Promise<Uint8Array> {
  for (const name of ['favicon', 'logo'] as const) {
    const row = theme.images.has(name) ? await theming.image(name) : undefined
    if (row !== undefined) return row.content
  }
  return Buffer.from(logoSvg(primaryOf(theme)))
}
