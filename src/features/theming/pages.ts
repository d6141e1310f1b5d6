import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerNotModified } from '../../http/conditional.ts'
import { languageFor } from '../../http/language.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { lookUp } from '../../lib/lookup.ts'
import { APP_TITLES } from './drawings.ts'
import { brandingOf, lookOf } from './look.ts'
import { sendPicture, shippedBackground } from './pictures.ts'
import type { Choice, ChoiceChange, Theme, Theming } from './service.ts'
import { pageCss, THEME_IDS, type ThemeColors, themeCss } from './themes.ts'

export function themingPages(theming: Theming): HttpRoute[] {
  return [
    manifest(theming, '/apps/theming/manifest'),
    manifest(theming, '/apps/theming/manifest/:app'),
    themeStyle(theming),
    pageStyle(theming),
    ownBackground(theming),
    chooseBackground(theming),
    dropBackground(theming),
  ]
}

function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  contentType: string,
  maxAge: number,
  text: string,
): FastifyReply {
  reply.header('cache-control', `private, max-age=${maxAge}, must-revalidate`)
  if (answerNotModified(request, reply, { etag: `"${sha256Hex(text).slice(0, 32)}"` })) return reply
  return reply.header('content-type', contentType).send(text)
}

/** Web app manifest (W3C), of the server or of one app. */
const manifest = (theming: Theming, path: string): HttpRoute => ({
  method: 'GET',
  path,
  summary: 'Web app manifest',
  access: 'public',
  async handler(request, reply) {
    const { app } = request.params as { readonly app?: string }
    const known = app === undefined || app === 'core' ? undefined : (lookUp(APP_TITLES, app) ?? null)
    if (known === null) {
      return reply.code(404).header('content-type', 'application/json; charset=utf-8').send('[]')
    }
    const theme = await theming.theme()
    const { name, slogan, primaryColor } = brandingOf(theme, request.baseUrl)
    const suffix = known === undefined ? '' : `/${app}`
    const text = JSON.stringify({
      name: known === undefined ? name : `${known.title} - ${name}`,
      short_name: known?.title ?? name,
      start_url: known === undefined ? request.baseUrl : `${request.baseUrl}/index.php/apps/${app}/`,
      theme_color: primaryColor,
      background_color: primaryColor,
      description: known?.description ?? slogan,
      icons: [
        { src: `/apps/theming/icon${suffix}?v=${theme.version}`, type: 'image/png', sizes: '512x512' },
        { src: `/apps/theming/favicon${suffix}?v=${theme.version}`, type: 'image/png', sizes: '64x64' },
      ],
      display_override: ['minimal-ui'],
      display: 'standalone',
    })
    return sendText(request, reply, 'application/json; charset=utf-8', 3_600, text)
  },
})

const themeStyle = (theming: Theming): HttpRoute => ({
  method: 'GET',
  path: '/apps/theming/theme/:file',
  summary: 'Style sheet of a theme: variables for web parts of clients',
  access: 'public',
  async handler(request, reply) {
    const { file } = request.params as { readonly file: string }
    const id = THEME_IDS.find((known) => `${known}.css` === file)
    if (id === undefined) throw new Fault('not-found', 'There is no such theme')
    const colors = await themeColors(theming)
    const { plain } = request.queryFields()
    const text = themeCss(id, colors, plain === '1' || plain === 'true')
    return sendText(request, reply, 'text/css;charset=UTF-8', 86_400, text)
  },
})

const pageStyle = (theming: Theming): HttpRoute => ({
  method: 'GET',
  path: '/apps/theming/page.css',
  summary: 'Colours and background of the server’s own pages',
  access: 'public',
  async handler(request, reply) {
    return sendText(request, reply, 'text/css;charset=UTF-8', 0, pageCss(await themeColors(theming)))
  },
})

async function themeColors(theming: Theming): Promise<ThemeColors> {
  const { primary, backgroundColor, backgroundPath } = lookOf(await theming.theme(), undefined)
  return { primary, background: backgroundColor, backgroundPath }
}

async function accountOf(request: FastifyRequest, reply: FastifyReply): Promise<AccountViewer> {
  const viewer = await request.viewer()
  if (viewer.kind === 'anonymous') throw new Fault('unauthenticated', 'Current user is not logged in')
  if (!request.hasCsrfProof()) throw new Fault('precondition', 'CSRF check failed', { reason: 'csrf' })
  reply.header('x-user-id', encodeURI(viewer.userId))
  return viewer
}

const ownBackground = (theming: Theming): HttpRoute => ({
  method: 'GET',
  path: '/apps/theming/background',
  summary: 'The background picture that the account has chosen',
  access: 'user',
  reach: 'self',
  async handler(request, reply) {
    const { accountId } = await accountOf(request, reply)
    const { background } = await theming.choice(accountId)
    if (background === 'default' || background === 'color') throw new Fault('not-found', 'There is no such picture')
    return sendPicture(request, reply, await shippedBackground(background))
  },
})

function choiceView(theme: Theme, choice: Choice, background: string | null): Json {
  const { primary, backgroundColor } = lookOf(theme, choice)
  return { backgroundImage: background, backgroundColor, primaryColor: primary, version: choice.version }
}

function sendChoice(reply: FastifyReply, view: Json): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(view))
}

/** Kinds: `shipped` with `value`, `color` with `color`, `default` (recording theming). A wrong colour is 400 here, not 500. */
const chooseBackground = (theming: Theming): HttpRoute => ({
  method: 'POST',
  path: '/apps/theming/background/:kind',
  summary: 'Chooses a background for the account: shipped, color or default',
  access: 'user',
  async handler(request, reply) {
    const viewer = await accountOf(request, reply)
    const { kind } = request.params as { readonly kind: string }
    const body = (request.body ?? {}) as Readonly<Record<string, unknown>>
    try {
      const choice = await theming.choose(viewer.accountId, wantedBackground(kind, body))
      return sendChoice(reply, choiceView(await theming.theme(), choice, choice.background))
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== 'bad-request') throw error
      return sendChoice(reply.code(400), { error: error.messageIn(languageFor(viewer, request)) })
    }
  },
})

function wantedBackground(kind: string, body: Readonly<Record<string, unknown>>): ChoiceChange {
  const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '')
  if (kind === 'default') return { background: 'default', backgroundColor: '' }
  if (kind === 'shipped') return { background: requiredText(text('value'), 'value') }
  if (kind === 'color') return { background: 'color', backgroundColor: requiredText(text('color'), 'color') }
  throw new Fault('not-found', 'There is no such kind of background')
}

function requiredText(text: string, field: string): string {
  if (text === '') throw new Fault('bad-request', `The parameter "${field}" is missing`, { field })
  return text
}

const dropBackground = (theming: Theming): HttpRoute => ({
  method: 'DELETE',
  path: '/apps/theming/background/custom',
  summary: 'Back to the server’s background',
  access: 'user',
  async handler(request, reply) {
    const { accountId } = await accountOf(request, reply)
    const before = await theming.choice(accountId)
    const isChosen = before.background !== 'default'
    const choice = isChosen ? await theming.choose(accountId, { background: 'default', backgroundColor: '' }) : before
    return sendChoice(reply, choiceView(await theming.theme(), choice, null))
  },
})
