import type { FastifyInstance } from 'fastify'
import { type Html, html } from '../http/html.ts'
import { writeOpenApi } from './openapi.ts'
import type { OcsRoute } from './route.ts'

const POLICY = "default-src 'none';base-uri 'none';style-src 'self';frame-ancestors 'self'"

const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1c2126; --line: #d8dee4; --quiet: #5b6570; --soft: #f3f6f8; --accent: #1f6f8b }
@media (prefers-color-scheme: dark) { :root { --back: #16191c; --text: #e9edf1; --line: #343c44; --quiet: #a3adb8; --soft: #1f252a; --accent: #6fc0d8 } }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--text); background: var(--back); max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem }
h1 { font-size: 1.75rem; margin: 0 0 .5rem }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem }
h3 { font-size: 1rem; margin: 0 0 .25rem; overflow-wrap: anywhere; display: flex; gap: .5rem; align-items: baseline; flex-wrap: wrap }
h3 a { color: inherit; text-decoration: none }
h3 a:hover { text-decoration: underline }
a { color: var(--accent) }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .9375em }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0 0 }
.method { font-weight: 700; font-size: .75rem; letter-spacing: .03em; border: 1px solid currentColor; border-radius: .25rem; padding: .0625rem .375rem; color: var(--accent) }
p { margin: .375rem 0 }
.quiet { color: var(--quiet); font-size: .9375rem }
.table { overflow-x: auto }
table { border-collapse: collapse; margin: .5rem 0 0; width: 100%; font-size: .9375rem }
th, td { text-align: left; border-bottom: 1px solid var(--line); padding: .25rem .75rem .25rem 0; vertical-align: top }
th { color: var(--quiet); font-weight: 600 }
section { border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; margin: .75rem 0 }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
`

/** For the list of addresses. */
export const API_PAGES: readonly { readonly path: string; readonly summary: string }[] = [
  { path: '/ocs/openapi.json', summary: 'The OCS API for programs, as OpenAPI' },
  { path: '/ocs/docs', summary: 'The OCS API for readers' },
  { path: '/ocs/docs.css', summary: 'Style sheet of that page' },
]

/** The machine's and the reader's description of the API, both from the route table. */
export function mountApiPages(app: FastifyInstance, routes: readonly OcsRoute[]): void {
  let description: string | undefined
  let page: string | undefined
  app.get('/ocs/openapi.json', (_request, reply) => {
    description ??= JSON.stringify(writeOpenApi(routes))
    reply.header('content-type', 'application/json; charset=utf-8')
    reply.send(description)
  })
  app.get('/ocs/docs', (_request, reply) => {
    page ??= writePage(routes)
    reply.header('content-security-policy', POLICY)
    reply.header('content-type', 'text/html; charset=utf-8')
    reply.send(page)
  })
  app.get('/ocs/docs.css', (_request, reply) => {
    reply.header('content-type', 'text/css; charset=utf-8')
    reply.send(STYLE)
  })
}

const WHO: Readonly<Record<OcsRoute['auth'], string>> = {
  public: 'anybody',
  user: 'every account',
  'group-admin': 'administrators and group administrators',
  admin: 'administrators',
  'settings-admin': 'administrators',
  'delegated-admin': 'administrators',
}

/** `/apps/theming/...` belongs to `theming`, `/cloud/user` and `/cloud/users/...` to `cloud/users`. */
function topicOf({ path }: OcsRoute): string {
  const [, first = '', second = ''] = path.split('/')
  if (first === 'apps') return second
  if (first === 'cloud') return `cloud/${second === 'user' ? 'users' : second}`
  return first
}

const anchorOf = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-')

function writePage(routes: readonly OcsRoute[]): string {
  const topics = [...Map.groupBy(routes, topicOf)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const links = topics.map(([topic]) => html`<li><a href="#${anchorOf(topic)}">${topic}</a></li>`)
  const parts = topics.map(
    ([topic, own]) => html`<h2 id="${anchorOf(topic)}">${topic}</h2>
${own.toSorted((a, b) => (`${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1)).map(writeRoute)}`,
  )
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>OCS API</title><link rel="stylesheet" href="/ocs/docs.css"></head>
<body>
<main>
<h1>OCS API</h1>
<p>Every request carries the header <code>OCS-APIRequest: true</code>. Sign in with Basic authentication (login password or app password) or send an app password as a bearer token.</p>
<p>Answers are XML, or JSON with <code>?format=json</code> or <code>Accept: application/json</code>. Below <code>/ocs/v1.php</code> the same addresses answer in the older form. For programs: <a href="/ocs/openapi.json">openapi.json</a>.</p>
<pre><code>curl -u NAME:APP-PASSWORD -H 'OCS-APIRequest: true' \\
  'https://cloud.example.org/ocs/v2.php/cloud/user?format=json'</code></pre>
<nav aria-label="Topics"><ul>${links}</ul></nav>
${parts}
</main>
</body>
</html>
`.toString()
}

function writeRoute(route: OcsRoute): Html {
  const address = `/ocs/v2.php${route.path.replace(/:(\w+)/g, '{$1}')}`
  const anchor = anchorOf(`${route.method} ${route.path}`)
  return html`<section id="${anchor}">
<h3><span class="method">${route.method}</span> <a href="#${anchor}"><code>${address}</code></a></h3>
<p>${route.summary}.</p>
<p class="quiet">For ${WHO[route.auth]}${route.confirm ? ', with the login password confirmed' : ''}.</p>
${inputTable(route)}
</section>
`
}

interface FieldSchema {
  readonly type?: string
  readonly default?: unknown
  readonly description?: string
}

function inputTable(route: OcsRoute): Html | undefined {
  const fields = Object.entries((route.input?.properties ?? {}) as Readonly<Record<string, FieldSchema>>)
  if (fields.length === 0) return undefined
  const required = (route.input?.required ?? []) as readonly string[]
  const hasMeanings = fields.some(([, schema]) => schema.description !== undefined)
  const rows = fields.map(([name, schema]) => {
    const need = required.includes(name) && schema.default === undefined ? 'yes' : 'no'
    return html`<tr><td><code>${name}</code></td><td>${schema.type ?? 'any'}</td><td>${need}</td>${hasMeanings ? html`<td>${schema.description ?? ''}</td>` : undefined}</tr>`
  })
  return html`<div class="table"><table><thead><tr><th scope="col">Parameter</th><th scope="col">Type</th><th scope="col">Needed</th>${hasMeanings ? html`<th scope="col">Meaning</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div>`
}
