import type { FastifyReply } from 'fastify'
import { type Html, html } from './html.ts'

/** How the server presents itself, see the theming feature. */
export interface Branding {
  readonly name: string
  readonly slogan: string
  /** `#rrggbb`, with a text colour that can be read on it. */
  readonly primaryColor: string
  readonly primaryTextColor: string
  readonly backgroundColor: string
  readonly backgroundTextColor: string
  /** Absolute addresses; the background is a colour alone when it is undefined. */
  readonly logoUrl: string
  readonly faviconUrl: string
  readonly backgroundUrl: string | undefined
  readonly imprintUrl: string
  readonly privacyUrl: string
}

export interface PageParts {
  /** Schemes that a form's answer may lead to, besides this server: `nc:` opens an app. */
  readonly formSchemes?: string
  readonly language: string
  readonly title: string
  readonly branding: Branding
  readonly body: Html
  /** For lists; forms and short texts are read better in a narrow one. */
  readonly isWide?: boolean
}

/** `form-action` is last, so that schemes can be added to it. No script at all, styles from this server only, forms to this server only, never inside a frame of others. */
export const PAGE_POLICY: string =
  "default-src 'none';base-uri 'none';style-src 'self';img-src 'self' data:;manifest-src 'self';frame-ancestors 'self';form-action 'self'"

/** The theme's colours and background, and the look of every page. */
export const PAGE_STYLES: Html = html`<link rel="stylesheet" href="/apps/theming/page.css">
<link rel="stylesheet" href="/core/css/page.css">`

/** Sends a page that works without scripts. Colours come from the theme's style sheet, the rest from `/core/css/page.css`. */
export function sendPage(
  reply: FastifyReply,
  { language, title, branding, body, formSchemes, isWide = false }: PageParts,
): FastifyReply {
  const policy = formSchemes === undefined ? PAGE_POLICY : `${PAGE_POLICY} ${formSchemes}`
  reply.header('content-security-policy', policy)
  reply.header('content-type', 'text/html; charset=UTF-8')
  return reply.send(
    html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="theme-color" content="${branding.primaryColor}">
<title>${title}</title>
<link rel="icon" href="${branding.faviconUrl}">
<link rel="manifest" href="/apps/theming/manifest">
${PAGE_STYLES}
</head>
<body>
<main class="${isWide ? 'card wide' : 'card'}">
<header><img class="logo" src="${branding.logoUrl}" alt="" width="72" height="72"><h1>${branding.name}</h1></header>
${body}
</main>
<footer>${footer(branding)}</footer>
</body>
</html>
`.toString(),
  )
}

/** Sends a page that says one thing, without looking anything up: also when nothing works. */
export function sendNotice(reply: FastifyReply, title: string, body: Html): FastifyReply {
  reply.header('content-security-policy', PAGE_POLICY)
  reply.header('content-type', 'text/html; charset=UTF-8')
  return reply.send(
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${PAGE_STYLES}
</head>
<body>
<main class="card">
<h1>${title}</h1>
${body}
<a class="button" href="/">Back to the start</a>
</main>
</body>
</html>
`.toString(),
  )
}

function footer({ slogan, imprintUrl, privacyUrl, name }: Branding): Html {
  const imprint = imprintUrl === '' ? undefined : html` · <a href="${imprintUrl}">Imprint</a>`
  const privacy = privacyUrl === '' ? undefined : html` · <a href="${privacyUrl}">Privacy</a>`
  return html`<p>${name}${slogan === '' ? undefined : html` – ${slogan}`}${imprint}${privacy}</p>`
}
