import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import type { OcsRoute } from '../../src/ocs/route.ts'
import { dumpDatabase } from '../helpers/dump.ts'
import { type MountedRoute, mountedRoutes } from '../helpers/mounted-routes.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { ADMIN_PASSWORD, basic, createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

type Surface = 'ocs' | 'dav' | 'page'

interface Route extends MountedRoute {
  readonly surface: Surface
  /** The path with things that are there in place of its parameters. */
  readonly filled: string
  readonly ocs: OcsRoute | undefined
}

/** A kind of bad request. `refusedBy`: where it must be refused; elsewhere it may be of no interest, but breaks nothing. */
interface Bad {
  readonly what: string
  readonly refusedBy: readonly Surface[]
  /** The request as it is sent to a route, or nothing where it makes no sense. */
  readonly make: (route: Route) => BadRequest | readonly BadRequest[] | undefined
}

interface BadRequest {
  readonly url: string
  readonly type?: string
  readonly body?: string | Buffer
}

const THERE: Readonly<Record<string, string>> = {
  userId: 'admin',
  groupId: 'admin',
  themeId: 'default',
  name: 'logo',
  kind: 'color',
  app: 'files',
  file: 'default.css',
}
const TAKES_FILES = new Set(['POST /avatar', 'POST /avatar/'])
const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const XML_METHODS = new Set(['PROPFIND', 'PROPPATCH', 'MKCOL', 'REPORT', 'SEARCH', 'LOCK'])

const json = (url: string): string => `${url}${url.includes('?') ? '&' : '?'}format=json`

/** Bodies are read by methods that have one; files over WebDAV may have any content. */
const withBody =
  (type: string, body: string | Buffer): Bad['make'] =>
  ({ filled, method, surface }) => {
    const reads = surface === 'dav' ? XML_METHODS : BODY_METHODS
    return reads.has(method) ? { url: json(filled), type, body } : undefined
  }

/** Only for endpoints of the API themselves, not for the methods that they do not have. */
const toEndpoint =
  (make: (route: OcsRoute, url: string) => BadRequest | readonly BadRequest[]): Bad['make'] =>
  ({ ocs, filled }) =>
    ocs === undefined ? undefined : make(ocs, json(filled))

const FORM = 'application/x-www-form-urlencoded'
const part = (disposition: string): string => `--e\r\nContent-Disposition: form-data; ${disposition}\r\n\r\nx\r\n`
const ALL: readonly Surface[] = ['ocs', 'dav', 'page']

function fieldsOf({ input }: OcsRoute): { readonly names: readonly string[]; readonly required: readonly string[] } {
  const schema = input as { properties?: Record<string, object>; required?: readonly string[] } | undefined
  const properties = schema?.properties ?? {}
  const needed = (name: string): boolean => !Object.hasOwn(properties[name] ?? {}, 'default')
  return { names: Object.keys(properties), required: (schema?.required ?? []).filter(needed) }
}

const BAD: readonly Bad[] = [
  {
    what: 'a broken percent escape in the path',
    refusedBy: ALL,
    make: ({ filled }) => ({ url: json(`${filled}%zz`) }),
  },
  { what: 'a path that is not UTF-8', refusedBy: ALL, make: ({ filled }) => ({ url: json(`${filled}%ff`) }) },
  {
    what: 'a parameter in the path longer than any name',
    refusedBy: ['ocs', 'page'],
    make: ({ path }) => (path.includes(':') ? { url: json(path.replace(/:\w+/g, 'x'.repeat(600))) } : undefined),
  },
  {
    what: 'a broken percent escape in the query',
    refusedBy: ['ocs'],
    make: ({ filled }) => ({ url: json(`${filled}?a=%zz`) }),
  },
  { what: 'a query that is not UTF-8', refusedBy: ['ocs'], make: ({ filled }) => ({ url: json(`${filled}?a=%ff`) }) },
  { what: 'broken JSON', refusedBy: ALL, make: withBody('application/json', '{"key":') },
  { what: 'JSON that is no object', refusedBy: ALL, make: withBody('application/json', '[1]') },
  {
    what: 'JSON that is not UTF-8',
    refusedBy: ALL,
    make: withBody('application/json', Buffer.from('{"\xff":1}', 'latin1')),
  },
  {
    what: 'JSON nested without end',
    refusedBy: ALL,
    make: withBody('application/json', `{"a":${'['.repeat(500)}${']'.repeat(500)}}`),
  },
  {
    what: 'JSON that reaches for the prototype',
    refusedBy: ALL,
    make: withBody('application/json', '{"__proto__":{"a":1}}'),
  },
  { what: 'a form with a broken percent escape', refusedBy: ALL, make: withBody(FORM, 'key=%zz') },
  { what: 'a form that is not UTF-8', refusedBy: ALL, make: withBody(FORM, 'key=%ff') },
  { what: 'a form with too many fields', refusedBy: ALL, make: withBody(FORM, 'key=1&'.repeat(1_001)) },
  {
    what: 'a form in parts without its end',
    refusedBy: ALL,
    make: withBody('multipart/form-data; boundary=e', part('name="key"')),
  },
  {
    what: 'a form with a file',
    refusedBy: ALL,
    // Where a picture is taken, what is none is answered there (see the tests of avatars).
    make: (route) =>
      TAKES_FILES.has(`${route.method} ${route.path}`)
        ? undefined
        : withBody('multipart/form-data; boundary=e', `${part('name="a"; filename="a"')}--e--`)(route),
  },
  { what: 'broken XML', refusedBy: ALL, make: withBody('application/xml', '<a><b></a>') },
  { what: 'XML of another kind', refusedBy: ['ocs', 'page'], make: withBody('text/xml', '<a/>') },
  {
    what: 'XML with a DOCTYPE',
    refusedBy: ALL,
    make: withBody('application/xml', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
  },
  { what: 'more than a mebibyte', refusedBy: ALL, make: withBody(FORM, `key=${'x'.repeat(1024 * 1024)}`) },
  { what: 'a body of no known type', refusedBy: ['ocs', 'page'], make: withBody('application/x-unknown', 'x') },
  {
    what: 'an unknown field',
    refusedBy: ['ocs'],
    make: toEndpoint(({ method }, url) =>
      BODY_METHODS.has(method)
        ? [
            { url, type: 'application/json', body: '{"isAdministrator":true}' },
            { url, type: FORM, body: 'isAdministrator=1' },
          ]
        : [],
    ),
  },
  {
    what: 'a field of a wrong type',
    refusedBy: ['ocs'],
    make: toEndpoint((route, url) =>
      fieldsOf(route).names.map((name) =>
        BODY_METHODS.has(route.method) && route.method !== 'DELETE'
          ? { url, type: 'application/json', body: JSON.stringify({ [name]: { a: [{}] } }) }
          : { url: `${url}&${name}[a][b]=1` },
      ),
    ),
  },
  {
    what: 'a required field missing',
    refusedBy: ['ocs'],
    make: toEndpoint((route, url) => (fieldsOf(route).required.length === 0 ? [] : { url })),
  },
]

for (const database of ['sqlite', 'postgres'] as const satisfies readonly DatabaseKind[]) {
  describe(`bad requests to every route, on ${database}`, () => {
    let app: TestApp
    let routes: readonly Route[] = []
    before(async () => {
      app = await createTestApp({ database })
      routes = await routesOf(app)
      // What the first sign-in writes is there before anything is compared.
      await app.request({ url: '/ocs/v2.php/cloud/user', headers: OCS, as: ['admin', ADMIN_PASSWORD] })
    })
    after(async () => {
      await app.close()
      if (database === 'postgres') await stopSharedPostgres()
    })

    test('every route of every feature is among them', () => {
      const mounted = new Set(routes.map(({ method, path }) => `${method} ${path}`))
      for (const { ocs = [], http = [] } of app.features.list) {
        for (const { method, path } of ocs) {
          assert.ok(mounted.has(`${method} /ocs/v1.php${path}`) && mounted.has(`${method} /ocs/v2.php${path}`), path)
        }
        for (const { method, path } of http) {
          for (const one of [method].flat()) assert.ok(mounted.has(`${one} ${path.replace('/*', '*')}`), path)
        }
      }
      for (const { pattern } of app.features.dav.mounts) {
        const path = `/${pattern.join('/')}`
        assert.ok(
          routes.some((route) => route.surface === 'dav' && path.startsWith(route.path.replace('*', ''))),
          path,
        )
      }
    })

    for (const bad of BAD) {
      test(`${bad.what}: refused in the words of the protocol, and nothing is stored`, async () => {
        const unchanged = await storedIn(app)
        const mustRefuse = routes.filter(({ surface }) => bad.refusedBy.includes(surface))
        assert.ok((await sendAll(app, bad, mustRefuse, assertRefused)) > 0, 'nothing was sent')
        assert.equal(await storedIn(app), unchanged)
        const others = routes.filter((route) => !mustRefuse.includes(route))
        await sendAll(app, bad, others, () => {})
      })
    }

    test('an unknown format: answered in one that is known', async () => {
      for (const { method, ocs, filled } of routes) {
        if (ocs === undefined || method !== 'GET') continue
        const { status, text } = await app.request({
          url: `${filled}?format=yaml`,
          headers: OCS,
          as: ['admin', ADMIN_PASSWORD],
        })
        assert.ok(status < 500, filled)
        assert.match(text, /^<\?xml version="1\.0"\?>\n<ocs>/, filled)
      }
    })

    test('a header twice: refused by every route', async () => {
      const port = Number(new URL(await app.listen()).port)
      const unchanged = await storedIn(app)
      for (const { method, filled } of routes) {
        const answer = await sendTwice(port, method, filled)
        assert.match(answer, /^HTTP\/1\.1 400 /, `${method} ${filled}`)
      }
      assert.equal(await storedIn(app), unchanged)
    })
  })
}

async function routesOf(app: TestApp): Promise<Route[]> {
  const endpoints = new Map<string, OcsRoute>(
    app.features.list.flatMap(({ ocs = [] }) => ocs.map((route) => [`${route.method} ${route.path}`, route] as const)),
  )
  const mounted = (await mountedRoutes(app.server)).filter(({ method }) => method !== 'HEAD')
  const ownTrees = app.features.dav.mounts.flatMap(({ pattern, tree }) =>
    tree.methods.map((method) => ({ method, path: `/${pattern.join('/').replace(':user', 'admin')}/*` })),
  )
  return [...mounted, ...ownTrees]
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, path }) => ({
      method,
      path,
      surface: path.startsWith('/ocs/v') ? 'ocs' : path.startsWith('/remote.php') ? 'dav' : 'page',
      filled: path.replace(/:(\w+)/g, (_, name: string) => THERE[name] ?? 'x').replace(/\/?\*$/, '/x'),
      ocs: endpoints.get(`${method} ${path.replace(/^\/ocs\/v[12]\.php/, '')}`),
    }))
}

/** Sends a bad request to each of the routes; no answer may be a mistake of the server. Resolves to how many were sent. */
async function sendAll(
  app: TestApp,
  { make }: Bad,
  routes: readonly Route[],
  judge: typeof assertRefused,
): Promise<number> {
  let sent = 0
  for (const route of routes) {
    for (const { url, type, body } of [make(route) ?? []].flat()) {
      sent += 1
      const answer = await app.request({
        method: route.method,
        url,
        headers: { ...OCS, ...(type === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body }),
        as: ['admin', ADMIN_PASSWORD],
      })
      const said = `${route.method} ${url} answered ${answer.status}: ${answer.text.slice(0, 200)}`
      assert.ok(answer.status < 500 || answer.status === 501, said)
      judge(route.surface, answer.status, answer.text, said)
    }
  }
  return sent
}

function assertRefused(surface: Surface, status: number, text: string, said: string): void {
  if (surface === 'ocs') {
    const { meta, data } = (JSON.parse(text) as { ocs: { meta: { status: string; message: string }; data: unknown } })
      .ocs
    assert.equal(meta.status, 'failure', said)
    // Some endpoints say in the data what is wrong (recording notifications).
    assert.ok(meta.message !== '' || JSON.stringify(data) !== '[]', said)
    return
  }
  assert.ok(status >= 400, said)
  if (surface === 'dav') assert.match(text, /<d:error [\s\S]*<s:message>.+<\/s:message>/, said)
}

/** Everything that is kept. Counts of wrong passwords and visits of browsers are meant to change. */
async function storedIn(app: TestApp): Promise<string> {
  const rows = await dumpDatabase(app.db.read, ['throttle', 'session', 'change_stamp'])
  const blobs = join(app.dataFolder, 'blobs')
  const files = existsSync(blobs) ? readdirSync(blobs, { recursive: true }) : []
  return JSON.stringify([rows, files])
}

function sendTwice(port: number, method: string, path: string): Promise<string> {
  const headers = ['Host: cloud.test', 'Authorization: Basic YTpi', `Authorization: ${basic('admin', ADMIN_PASSWORD)}`]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (data) => {
      text += data
    })
    socket.once('close', () => resolve(text))
    socket.once('error', reject)
    socket.end(
      `${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\nOCS-APIRequest: true\r\nConnection: close\r\n\r\n`,
    )
  })
}
