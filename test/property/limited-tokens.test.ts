import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import type { Reach } from '../../src/http/reach.ts'
import { dumpDatabase } from '../helpers/dump.ts'
import { mountedRoutes } from '../helpers/mounted-routes.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../helpers/test-app.ts'

/**
 * Everything that an app password with limits may do outside of WebDAV. Whoever adds a line here says why the address gives
 * nothing that the limits are there to keep; an address that is not here refuses it.
 */
const OPEN: Readonly<Record<Exclude<Reach, 'all'>, readonly string[]>> = {
  self: [
    'GET /cloud/capabilities',
    'GET /cloud/user',
    'GET /config',
    'GET /core/getapppassword-onetime',
    'DELETE /core/apppassword',
    'POST /core/apppassword/rotate',
    'GET /apps/theming/background',
    'GET /apps/notify_push/uid',
  ],
  read: [
    'GET /cloud/users/:userId',
    'GET /cloud/user/fields',
    'GET /core/autocomplete/get',
    'GET /core/navigation/apps',
    'GET /core/navigation/settings',
    'GET /hovercard/v1/:userId',
    'GET /profile/:targetUserId',
    'GET /apps/user_status/api/v1/user_status',
    'GET /apps/user_status/api/v1/predefined_statuses',
    'GET /apps/user_status/api/v1/statuses',
    'GET /apps/user_status/api/v1/statuses/:userId',
    'GET /apps/dav/api/v1/outOfOffice/:userId',
    'GET /apps/dav/api/v1/outOfOffice/:userId/now',
    'GET /apps/notifications/api/v1/notifications',
    'GET /apps/notifications/api/v1/notifications/:id',
    'POST /apps/notifications/api/v1/notifications/exists',
    'GET /apps/notifications/api/v1/settings',
    'GET /apps/notifications/api/v2/notifications',
    'GET /apps/notifications/api/v2/notifications/:id',
    'POST /apps/notifications/api/v2/notifications/exists',
    'GET /apps/notifications/api/v2/settings',
    'GET /apps/notifications/api/v3/topics',
    'POST /apps/notifications/api/v2/push',
    'DELETE /apps/notifications/api/v2/push',
    'GET /apps/notifications/api/v2/webpush/vapid',
    'POST /apps/notifications/api/v2/webpush',
    'POST /apps/notifications/api/v2/webpush/activate',
    'DELETE /apps/notifications/api/v2/webpush',
    'POST /apps/notify_push/pre_auth',
  ],
  file: ['POST /apps/dav/api/v1/direct'],
}

interface Limited {
  readonly name: string
  readonly secret: string
  readonly may: readonly Reach[]
}

interface Route {
  readonly line: string
  readonly method: string
  readonly url: string
  readonly isOcs: boolean
  readonly reach: Reach
}

const REFUSED = 'This app password may not do that'
const isRefused = ({ text }: TestAnswer): boolean => text.includes(REFUSED)

for (const database of ['sqlite', 'postgres'] as const satisfies readonly DatabaseKind[]) {
  describe(`app passwords with limits at every address, on ${database}`, () => {
    let app: TestApp
    let tokens: readonly Limited[] = []
    before(async () => {
      app = await createTestApp({ database })
      for (const path of ['Open', 'Shut']) await asAdmin(app, 'MKCOL', `/${path}`)
      await asAdmin(app, 'PUT', '/Shut/secret.txt')
      await asAdmin(app, 'PUT', '/Open/file.txt')
      tokens = await makeTokens(app)
    })
    after(async () => {
      await app.close()
      if (database === 'postgres') await stopSharedPostgres()
    })

    test('each address is refused unless it is on the list, and nothing is stored (bug class: token that widens its own scope)', async () => {
      const unchanged = await storedIn(app)
      let refused = 0
      for (const { secret, may, name } of tokens) {
        for (const route of routesOf(app)) {
          if (may.includes(route.reach)) continue
          const answer = await ask(app, route, secret)
          assert.ok(isRefused(answer), `${name}: ${route.line} answered ${answer.status} ${answer.text.slice(0, 200)}`)
          if (!route.isOcs) assert.equal(answer.status, 403)
          refused += 1
        }
      }
      assert.ok(refused > 100, `only ${refused} were refused`)
      assert.deepEqual(await storedIn(app), unchanged)
    })

    test('what is on the list is not refused for its limits, and the list is true', async () => {
      const listed = Object.values(OPEN).flat()
      assert.deepEqual(
        listed.filter((line) => !routesOf(app).some((route) => route.line === line)),
        [],
      )
      for (const { secret, may, name } of tokens) {
        for (const route of routesOf(app)) {
          // These end the app password itself; another test does that.
          if (!may.includes(route.reach) || route.line.includes('/core/')) continue
          const answer = await ask(app, route, secret)
          assert.ok(!isRefused(answer) && answer.status !== 401, `${name}: ${route.line} answered ${answer.text}`)
        }
      }
    })

    test('a public page does nothing for them: nothing is stored by any', async () => {
      const unchanged = await storedIn(app)
      const pages = app.features.list.flatMap(({ http = [] }) => http.filter(({ access }) => access === 'public'))
      for (const { secret } of tokens) {
        for (const { method, path } of pages) {
          for (const one of [method].flat()) {
            if (path === '/login/v2') continue
            await ask(app, { line: path, method: one, url: filled(path), isOcs: false, reach: 'self' }, secret)
          }
        }
      }
      assert.deepEqual(await storedIn(app), unchanged)
    })

    test('every WebDAV verb at every mount: no writing when it may only read, nothing outside of its folder', async () => {
      const unchanged = await storedIn(app)
      for (const { method, path } of await mountedRoutes(app.server)) {
        if (!path.startsWith('/remote.php') || !path.endsWith('/*') || method === 'OPTIONS') continue
        for (const { secret, name } of tokens) {
          for (const place of DAV_PLACES) {
            const answer = await dav(app, method, place, secret)
            const said = `${name}: ${method} ${place} answered ${answer.status} ${answer.text.slice(0, 300)}`
            assert.ok(answer.status >= 400 && answer.status < 500 && answer.status !== 401, said)
            assert.ok(!answer.text.includes('secret content'), said)
          }
        }
      }
      assert.deepEqual(await storedIn(app), unchanged)
    })
  })
}

/** None of these may give anything: the first ones by their verb, the others to whom they are outside. */
const DAV_PLACES = [
  '/remote.php/dav/files/admin/Nowhere/new.txt',
  '/remote.php/webdav/Nowhere/new.txt',
  '/remote.php/files/Nowhere/new.txt',
  '/remote.php/dav/files/bob/x',
  '/remote.php/dav/nothing/x',
  '/remote.php/dav/uploads/admin/none/1',
  '/remote.php/direct/wrong',
]

async function makeTokens(app: TestApp): Promise<Limited[]> {
  const { accounts, auth, files } = app.features
  const { row } = await accounts.get('admin')
  const folderId = await files.folderAt(row.id, '/Open')
  const { appPasswords } = auth
  const make = async (limits: object): Promise<string> =>
    (await appPasswords.add(row.id, 'limited', 'test', limits)).secret
  return [
    { name: 'read only', secret: await make({ isReadOnly: true }), may: ['self', 'read', 'file'] },
    { name: 'one folder', secret: await make({ folderId }), may: ['self', 'file'] },
    { name: 'one folder to read', secret: await make({ folderId, isReadOnly: true }), may: ['self', 'file'] },
    { name: 'one-time', secret: (await appPasswords.addOneTime(row.id, 'test')).secret, may: ['self'] },
  ]
}

function routesOf(app: TestApp): Route[] {
  const reachOf = (line: string): Reach =>
    (Object.keys(OPEN) as (keyof typeof OPEN)[]).find((reach) => OPEN[reach].includes(line)) ?? 'all'
  const make = (method: string, path: string, prefix: string): Route => {
    const line = `${method} ${path}`
    return { line, method, url: prefix + filled(path), isOcs: prefix !== '', reach: reachOf(line) }
  }
  return app.features.list.flatMap(({ ocs = [], http = [] }) => [
    ...ocs.flatMap(({ method, path, auth }) =>
      // To these it is just another visitor, who types a password that it does not have.
      auth === 'public' && reachOf(`${method} ${path}`) === 'all' && !path.startsWith('/person')
        ? []
        : [make(method, path, '/ocs/v1.php'), make(method, path, '/ocs/v2.php')],
    ),
    ...http
      .filter(({ access }) => access === 'user')
      .flatMap(({ method, path }) => [method].flat().map((one) => make(one, path, ''))),
  ])
}

const THERE: Readonly<Record<string, string>> = { userId: 'admin', groupId: 'admin', themeId: 'dark', kind: 'color' }

function filled(path: string): string {
  return path.replace(/:(\w+)/g, (_, name: string) => THERE[name] ?? '1').replace(/\*$/, 'x')
}

function ask(app: TestApp, { method, url, isOcs }: Route, secret: string): Promise<TestAnswer> {
  return app.request({
    method,
    url: isOcs ? `${url}?format=json` : url,
    headers: { ...OCS, accept: 'application/json' },
    as: ['admin', secret],
  })
}

function dav(app: TestApp, method: string, url: string, secret: string): Promise<TestAnswer> {
  const destination = 'http://cloud.test/remote.php/dav/files/admin/Nowhere/there.txt'
  const body = method === 'PUT' ? { body: 'new' } : {}
  return app.request({ method, url, headers: { ...OCS, destination }, as: ['admin', secret], ...body })
}

async function asAdmin(app: TestApp, method: string, path: string): Promise<void> {
  const answer = await app.request({
    method,
    url: `/remote.php/webdav${path}`,
    as: ['admin', ADMIN_PASSWORD],
    ...(method === 'PUT' ? { body: 'secret content' } : {}),
  })
  assert.equal(answer.status, 201)
}

/** Counts of wrong guesses, and when something was last used, are meant to change. */
async function storedIn(app: TestApp): Promise<object> {
  return dumpDatabase(app.db.read, ['throttle', 'change_stamp'])
}
