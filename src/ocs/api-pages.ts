import type { FastifyInstance } from 'fastify'
import { html } from '../http/html.ts'
import { writeOpenApi } from './openapi.ts'
import type { OcsRoute } from './route.ts'

const POLICY = "default-src 'none';base-uri 'none';style-src 'self';frame-ancestors 'self'"

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --quiet: #68727c }
@media (prefers-color-scheme: dark) { :root { --quiet: #a3adb8 } }
body { font: 100%/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { font-size: 1.75rem }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere }
h2 code { font-size: 1rem }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700 }
p { margin: .25rem 0 }
.quiet { color: var(--quiet) }
table { border-collapse: collapse; margin: .5rem 0; width: 100% }
th, td { text-align: left; border-bottom: 1px solid var(--line); padding: .25rem .75rem .25rem 0; vertical-align: top }
section { border-top: 1px solid var(--line) }
`

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
}

function writePage(routes: readonly OcsRoute[]): string {
  const sections = routes
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(
      (route) => html`<section>
<h2><span class="method">${route.method}</span> <code>/ocs/v2.php${route.path.replace(/:(\w+)/g, '{$1}')}</code></h2>
<p>${route.summary}.</p>
<p class="quiet">For ${WHO[route.auth]}${route.confirm ? ', with the login password confirmed' : ''}.</p>
${inputTable(route)}
</section>
`,
    )
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>OCS API</title><link rel="stylesheet" href="/ocs/docs.css"></head>
<body>
<h1>OCS API</h1>
<p>Every request carries the header <code>OCS-APIRequest: true</code>. Sign in with Basic authentication (login password or app password) or send an app password as a bearer token.</p>
<p>Answers are XML, or JSON with <code>?format=json</code> or <code>Accept: application/json</code>. Below <code>/ocs/v1.php</code> the same addresses answer in the older form. For programs: <a href="/ocs/openapi.json">openapi.json</a>.</p>
${sections}
</body>
</html>
`.toString()
}

interface FieldSchema {
  readonly type?: string
  readonly default?: unknown
  readonly description?: string
}

function inputTable(route: OcsRoute) {
  const fields = Object.entries((route.input?.properties ?? {}) as Readonly<Record<string, FieldSchema>>)
  if (fields.length === 0) return undefined
  const required = (route.input?.required ?? []) as readonly string[]
  const rows = fields.map(([name, schema]) => {
    const need = required.includes(name) && schema.default === undefined ? 'needed' : 'optional'
    return html`<tr><td><code>${name}</code></td><td>${schema.type ?? 'any'}</td><td>${need}</td></tr>`
  })
  return html`<table><thead><tr><th scope="col">Parameter</th><th scope="col">Type</th><th scope="col"></th></tr></thead><tbody>${rows}</tbody></table>`
}
