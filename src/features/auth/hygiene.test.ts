import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { connectPush } from '../../../test/helpers/push-client.ts'
import { createTestBrowser, signInAs } from '../../../test/helpers/sign-in.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'
import { MAX_GUESSES } from './throttle.ts'

const USER = '/ocs/v2.php/cloud/user?format=json'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

type Outcome = 'in' | 'refused' | 'throttled'

interface Surface {
  readonly name: string
  /** Tries a password there; every attempt as a client of its own. */
  guess(app: TestApp, login: string, password: string): Promise<Outcome>
}

function byStatus(status: number): Outcome {
  if (status === 429) return 'throttled'
  return status < 300 ? 'in' : 'refused'
}

const bases = new WeakMap<TestApp, Promise<string>>()

function baseOf(app: TestApp): Promise<string> {
  const base = bases.get(app) ?? app.listen()
  bases.set(app, base)
  return base
}

/** Every place that takes a login password. Whoever adds one adds it here. */
const SURFACES: readonly Surface[] = [
  {
    name: 'OCS',
    guess: async (app, login, password) =>
      byStatus((await app.request({ url: USER, headers: OCS, as: [login, password] })).status),
  },
  {
    name: 'WebDAV',
    guess: async (app, login, password) =>
      byStatus((await app.request({ method: 'PROPFIND', url: '/remote.php/webdav/', as: [login, password] })).status),
  },
  {
    name: 'a page',
    guess: async (app, login, password) =>
      byStatus((await app.request({ url: '/apps/notify_push/uid', as: [login, password] })).status),
  },
  {
    name: 'the sign-in form',
    async guess(app, user, password) {
      const location = String((await createTestBrowser(app).post('/login', { user, password })).headers['location'])
      if (location.includes('throttled')) return 'throttled'
      return location.includes('direct=1') ? 'refused' : 'in'
    },
  },
  {
    name: 'person/check',
    async guess(app, login, password) {
      const body = new URLSearchParams({ login, password }).toString()
      const url = '/ocs/v2.php/person/check?format=json'
      return byStatus((await app.request({ method: 'POST', url, headers: { ...OCS, ...FORM }, body })).status)
    },
  },
  {
    name: 'the websocket',
    async guess(app, login, password) {
      const client = await connectPush(await baseOf(app))
      client.say(login, password)
      const answer = await client.next()
      await client.close()
      if (answer === 'authenticated') return 'in'
      return answer === 'err: Invalid credentials' ? 'refused' : 'throttled'
    },
  },
]

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`guessing and finding out, on ${database}`, () => {
    after(stopSharedPostgres)

    for (const { name, guess } of SURFACES) {
      test(`${name}: of many guesses at once no more are looked at than are allowed (bug class: parallel guesses)`, async () => {
        const app = await createTestApp({ database })
        const guesses = Array.from({ length: 3 * MAX_GUESSES }, (_, index) => guess(app, 'admin', `guess ${index}`))
        const outcomes = await Promise.all(guesses)
        assert.equal(outcomes.filter((outcome) => outcome === 'refused').length, MAX_GUESSES)
        assert.equal(outcomes.filter((outcome) => outcome === 'throttled').length, 2 * MAX_GUESSES)
        for (const other of SURFACES) {
          // The websocket comes from another address than the requests of this test.
          if ((name === 'the websocket') !== (other.name === 'the websocket')) continue
          assert.equal(await other.guess(app, 'admin', ADMIN_PASSWORD), 'throttled', `${other.name} counts apart`)
        }
        app.clock.advance(16 * 60_000)
        assert.equal(await guess(app, 'admin', ADMIN_PASSWORD), 'in')
        await app.close()
      })
    }

    test('an unknown account answers like a wrong password, after the same work (bug class: enumeration by body or timing)', async () => {
      const app = await createTestApp({ database })
      const { accounts } = app.features
      await accounts.add({ userId: 'without-password' }, 'test')
      let hashes = 0
      const hook = createHook({
        init(_id, type) {
          if (/argon2/i.test(type)) hashes += 1
        },
      }).enable()
      try {
        const answers = new Set<string>()
        for (const login of ['admin', 'nobody', 'nobody@example.org', 'without-password', '']) {
          const before = hashes
          const browser = createTestBrowser(app)
          const { status, headers } = await browser.post('/login', { user: login, password: 'wrong' })
          answers.add(`${status} ${String(headers['location']).replace(/user=.*$/, '')}`)
          assert.equal(hashes - before, 1, `"${login}" is told from others by the time`)
        }
        assert.equal(answers.size, 1)
        const texts = new Set<string>()
        for (const login of ['admin', 'nobody', 'without-password']) {
          const before = hashes
          const answer = await app.request({ url: USER, headers: OCS, as: [login, 'wrong'] })
          texts.add(`${answer.status} ${answer.text}`)
          assert.equal(hashes - before, 1)
        }
        assert.equal(texts.size, 1)
      } finally {
        hook.disable()
      }
      await app.close()
    })
  })
}

test('guesses over many accounts from one network are counted, too', async () => {
  const app = await createTestApp()
  const [ocs] = SURFACES
  if (ocs === undefined) throw new Error('no surface')
  const outcomes = await Promise.all(Array.from({ length: 130 }, (_, index) => ocs.guess(app, `user-${index}`, 'x')))
  assert.equal(outcomes.filter((outcome) => outcome === 'refused').length, 100)
  await app.close()
})

describe('sessions', () => {
  test('a cookie that somebody else has chosen means nobody after the sign-in (bug class: fixation)', async () => {
    const app = await createTestApp()
    const chosen = 'cloudlet_session=chosen-by-somebody-else'
    const page = await app.request({ url: '/login', headers: { cookie: chosen } })
    const token = /name="requesttoken" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const body = new URLSearchParams({ user: 'admin', password: ADMIN_PASSWORD, requesttoken: token }).toString()
    const headers = { ...FORM, cookie: chosen }
    const answer = await app.request({ method: 'POST', url: '/login', headers, body })
    const [cookie = ''] = String(answer.headers['set-cookie']).split(';')
    assert.notEqual(cookie, chosen)
    assert.equal((await app.request({ url: USER, headers: { ...OCS, cookie } })).status, 200)
    assert.equal((await app.request({ url: USER, headers: { ...OCS, cookie: chosen } })).status, 401)
    await app.close()
  })

  test('signing in again ends the session before; signing out ends it on the server (bug class: remembered logins)', async () => {
    const app = await createTestApp()
    const browser = await signInAs(app, 'admin', ADMIN_PASSWORD)
    const first = browser.cookie()
    await browser.post('/login', { user: 'admin', password: ADMIN_PASSWORD })
    const second = browser.cookie()
    const status = async (cookie: string) => (await app.request({ url: USER, headers: { ...OCS, cookie } })).status
    assert.deepEqual([await status(first), await status(second)], [401, 200])
    await browser.post('/logout', {})
    assert.equal(await status(second), 401)
    await app.close()
  })

  test('a new password ends every session and every remembered password, app passwords stay (bug class: sign-out everywhere)', async () => {
    const app = await createTestApp()
    const { accounts, auth } = app.features
    const { row } = await accounts.get('admin')
    const { secret } = await auth.appPasswords.add(row.id, 'phone', 'test')
    const browsers = [await signInAs(app, 'admin', ADMIN_PASSWORD), await signInAs(app, 'admin', ADMIN_PASSWORD)]
    const status = async (word: string) => (await app.request({ url: USER, headers: OCS, as: ['admin', word] })).status
    assert.equal(await status(ADMIN_PASSWORD), 200)
    app.clock.advance(1_000)
    await accounts.setPassword(await accounts.get('admin'), 'changed-password', 'test')
    for (const browser of browsers) assert.equal((await browser.get(USER, OCS)).status, 401)
    assert.deepEqual([await status(ADMIN_PASSWORD), await status(secret)], [401, 200])
    await app.close()
  })

  test('no link and no redirect follows a Host header, once the address of the server is set (bug class: host header)', async () => {
    const app = await createTestApp({ env: { CLOUDLET_PUBLIC_URL: 'http://cloud.test' } })
    const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    const browser = await signInAs(app, 'admin', ADMIN_PASSWORD)
    const flow = await app.request({ method: 'POST', url: '/login/v2', headers: evil })
    const pages = [
      flow,
      await app.request({ url: '/', headers: evil }),
      await browser.get('/', evil),
      await browser.get('/login', evil),
      await browser.get('/settings/user/security', evil),
      await browser.post('/login', { user: 'admin', password: ADMIN_PASSWORD }, evil),
      await browser.post('/settings/user/security', { action: 'revoke', id: '1' }, evil),
      await app.request({ url: '/login/v2/flow/x', headers: evil }),
      await browser.post('/logout', {}, evil),
    ]
    for (const { text, headers } of pages) assert.ok(!`${text} ${JSON.stringify(headers)}`.includes('evil.example'))
    assert.match(flow.json().login, /^http:\/\/cloud\.test\//)
    await app.close()
  })

  test('a session that somebody has copied makes no app password and changes no password without the real one (bug class: session thief)', async () => {
    const app = await createTestApp()
    const browser = await signInAs(app, 'admin', ADMIN_PASSWORD)
    app.clock.advance(31 * 60_000)
    const refusals = [
      await browser.get('/ocs/v2.php/core/getapppassword?format=json', OCS),
      await browser.post('/settings/user/security', { action: 'add', name: 'x' }),
      await browser.post('/settings/user/security', { action: 'code' }),
      await browser.post('/settings/user/security/two-factor', { action: 'begin' }),
      await app.request({
        method: 'PUT',
        url: '/ocs/v2.php/cloud/users/admin?format=json',
        headers: { ...OCS, ...FORM, cookie: browser.cookie() },
        body: 'key=password&value=stolen-account',
      }),
    ]
    assert.deepEqual(
      refusals.map(({ status }) => status),
      refusals.map(() => 403),
    )
    await app.close()
  })
})
