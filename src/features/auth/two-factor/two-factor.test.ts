import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { dumpDatabase } from '../../../../test/helpers/dump.ts'
import { mountedRoutes } from '../../../../test/helpers/mounted-routes.ts'
import { stopSharedPostgres } from '../../../../test/helpers/postgres.ts'
import { runIn } from '../../../../test/helpers/run-command.ts'
import { createTestBrowser, signInAs, type TestBrowser } from '../../../../test/helpers/sign-in.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../../test/helpers/test-app.ts'

const USER = '/ocs/v2.php/cloud/user?format=json'
const PAGE = '/settings/user/security/two-factor'
const CHALLENGE = '/login/challenge'
const SETUP = '/login/setupchallenge'
const WRONG = '000000'
const PASSWORD = 'password-of-alice'
const STEP_MS = 30_000

interface Alice {
  readonly app: TestApp
  readonly accountId: number
  readonly secret: string
  readonly recoveryCodes: readonly string[]
  code(): string
}

function codeAt(secret: string, nowMs: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: nowMs })
}

const secretIn = (text: string): string => /<code>([A-Z2-7]{32})<\/code>/.exec(text)?.[1] ?? ''
const codesIn = (text: string): string[] =>
  [...text.matchAll(/<li><code>([A-Z0-9-]{19})<\/code>/g)].map(([, code = '']) => code)
const pathOf = (location: unknown): string => String(location).replace('http://cloud.test', '')

/** Alice with a second factor, set up on the page as she would. */
async function createAlice(database: 'sqlite' | 'postgres'): Promise<Alice> {
  const app = await createTestApp({ database })
  const { row } = await app.features.accounts.add({ userId: 'alice', password: PASSWORD }, 'test')
  const browser = await signInAs(app, 'alice', PASSWORD)
  const secret = secretIn((await browser.post(PAGE, { action: 'begin' })).text)
  assert.equal(secret.length, 32)
  assert.equal((await browser.post(PAGE, { action: 'confirm', code: WRONG })).status, 403)
  const made = await browser.post(PAGE, { action: 'confirm', code: codeAt(secret, app.clock.nowMs()) })
  assert.equal(made.status, 200)
  app.clock.advance(STEP_MS)
  const recoveryCodes = codesIn(made.text)
  assert.equal(recoveryCodes.length, 10)
  return { app, accountId: row.id, secret, recoveryCodes, code: () => codeAt(secret, app.clock.nowMs()) }
}

/** A browser of whoever knows the password. */
async function halfSignedIn(app: TestApp, fields: Record<string, string> = {}): Promise<TestBrowser> {
  const browser = createTestBrowser(app)
  const answer = await browser.post('/login', { user: 'alice', password: PASSWORD, ...fields })
  assert.equal(pathOf(answer.headers['location']), CHALLENGE)
  return browser
}

const statusBy = async (app: TestApp, secret: string): Promise<number> =>
  (await app.request({ url: USER, headers: OCS, as: ['alice', secret] })).status

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`the second factor, on ${database}`, () => {
    after(stopSharedPostgres)

    test('password and code sign in; the password alone opens nothing, app passwords go on', async () => {
      const { app, accountId, code } = await createAlice(database)
      const { secret } = await app.features.auth.appPasswords.add(accountId, 'phone', 'test')
      const browser = await halfSignedIn(app, { redirect_url: '/settings/user/security' })
      assert.equal((await browser.get(CHALLENGE)).status, 200)
      const answer = await browser.post(CHALLENGE, { code: code() })
      assert.deepEqual([answer.status, pathOf(answer.headers['location'])], [303, '/settings/user/security'])
      assert.equal((await browser.get(USER, OCS)).json().ocs.data.id, 'alice')
      for (let time = 0; time < 15; time++)
        assert.equal(await statusBy(app, PASSWORD), 401, 'every time, and never 429')
      const dav = await app.request({ method: 'PROPFIND', url: '/remote.php/webdav/', as: ['alice', PASSWORD] })
      assert.equal(dav.status, 401)
      assert.match(String(dav.headers['www-authenticate']), /^Basic realm=/)
      assert.equal(await statusBy(app, secret), 200)
      await app.close()
    })

    test('what was remembered of the password alone is forgotten when it is switched on', async () => {
      const app = await createTestApp({ database })
      await app.features.accounts.add({ userId: 'alice', password: PASSWORD }, 'test')
      assert.equal(await statusBy(app, PASSWORD), 200)
      const browser = await signInAs(app, 'alice', PASSWORD)
      const secret = secretIn((await browser.post(PAGE, { action: 'begin' })).text)
      assert.equal(await statusBy(app, PASSWORD), 200, 'until the first right code')
      await browser.post(PAGE, { action: 'confirm', code: codeAt(secret, app.clock.nowMs()) })
      assert.equal(await statusBy(app, PASSWORD), 401)
      await app.close()
    })

    test('a half-signed-in browser can do nothing but the challenge (bug class: half-signed-in session)', async () => {
      const { app } = await createAlice(database)
      const browser = await halfSignedIn(app)
      const unchanged = await dumpDatabase(app.db.read, ['throttle', 'change_stamp', 'login_flow'])
      let asked = 0
      for (const { method, path } of await mountedRoutes(app.server)) {
        if (method === 'HEAD' || method === 'OPTIONS' || path.startsWith('/login') || path.startsWith('/metrics'))
          continue
        const url = path.replace(/:\w+/g, 'alice').replace(/\*$/, 'alice')
        const answer = await app.request({ method, url, headers: { ...OCS, cookie: browser.cookie() } })
        assert.equal(answer.headers['x-user-id'], undefined, `${method} ${path} takes it for somebody`)
        asked += 1
      }
      assert.ok(asked > 100)
      for (const path of [PAGE, '/settings/user/security', '/login/v2/grant']) {
        assert.match(String((await browser.get(path)).headers['location']), /\/login\?redirect_url=/)
      }
      assert.equal((await browser.post(PAGE, { action: 'off' })).status, 401)
      assert.equal(pathOf((await browser.get(SETUP)).headers['location']), '/login', 'it cannot be set up anew')
      assert.equal(pathOf((await browser.post(SETUP, { code: WRONG })).headers['location']), '/login')
      assert.deepEqual(await dumpDatabase(app.db.read, ['throttle', 'change_stamp', 'login_flow']), unchanged)
      await app.close()
    })

    test('a code is taken once, by one of many at once, and none from before it (replay)', async () => {
      const { app, code } = await createAlice(database)
      const used = code()
      const browsers = await Promise.all(Array.from({ length: 4 }, () => halfSignedIn(app)))
      const answers = await Promise.all(browsers.map((browser) => browser.post(CHALLENGE, { code: used })))
      assert.equal(answers.filter(({ status }) => status === 303).length, 1)
      app.clock.advance(STEP_MS)
      const again = await halfSignedIn(app)
      assert.equal((await again.post(CHALLENGE, { code: used })).status, 403, 'still inside the window')
      assert.equal((await again.post(CHALLENGE, { code: code() })).status, 303)
      await app.close()
    })

    test('codes cannot be guessed: not in one sign-in, nor in many, from nowhere (bug class: parallel guesses)', async () => {
      const { app, code } = await createAlice(database)
      const browser = await halfSignedIn(app)
      const statuses = []
      for (let attempt = 0; attempt < 7; attempt++)
        statuses.push((await browser.post(CHALLENGE, { code: WRONG })).status)
      assert.deepEqual(statuses, [403, 403, 403, 403, 403, 429, 303], 'then the password is asked for again')
      const others = await Promise.all(Array.from({ length: 4 }, () => halfSignedIn(app)))
      const answers = await Promise.all(
        others.flatMap((other) => [1, 2, 3].map(() => other.post(CHALLENGE, { code: WRONG }))),
      )
      assert.ok(answers.filter(({ status }) => status === 403).length <= 5)
      assert.ok(answers.some(({ status }) => status === 429))
      const late = await halfSignedIn(app)
      const refused = await late.post(CHALLENGE, { code: code() })
      assert.equal(refused.status, 429)
      assert.ok(Number(refused.headers['retry-after']) > 0)
      app.clock.advance(16 * 60_000)
      assert.equal((await (await halfSignedIn(app)).post(CHALLENGE, { code: code() })).status, 303)
      await app.close()
    })

    test('a recovery code works once, in any spelling, and is kept as a digest', async () => {
      const { app, recoveryCodes, secret } = await createAlice(database)
      const [first = '', second = ''] = recoveryCodes
      const stored = JSON.stringify(await dumpDatabase(app.db.read, []))
      for (const word of [secret, ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll('-', ''))]) {
        assert.ok(!stored.includes(word), 'a secret is in the database as it is')
      }
      const browsers = await Promise.all([halfSignedIn(app), halfSignedIn(app), halfSignedIn(app)])
      const answers = await Promise.all(browsers.map((browser) => browser.post(CHALLENGE, { code: first })))
      assert.equal(answers.filter(({ status }) => status === 303).length, 1)
      const browser = await halfSignedIn(app)
      const spelled = ` ${second.toLowerCase().replaceAll('-', ' ')} `
      assert.equal((await browser.post(CHALLENGE, { code: spelled })).status, 303)
      assert.match((await browser.get(PAGE)).text, /Recovery codes left: 8/)
      await app.jobs.runDue()
      const url = '/ocs/v2.php/apps/notifications/api/v2/notifications?format=json'
      const told = (await browser.get(url, OCS)).json().ocs.data.map(({ subject }: { subject: string }) => subject)
      assert.ok(told.includes('One of your recovery codes was used to sign in'), told.join('\n'))
      assert.ok(told.includes('A second step is needed to sign in to your account now'))
      const renewed = codesIn((await browser.post(PAGE, { action: 'renew' })).text)
      assert.equal(renewed.length, 10)
      const old = await halfSignedIn(app)
      assert.equal((await old.post(CHALLENGE, { code: recoveryCodes[5] ?? '' })).status, 403)
      assert.equal((await old.post(CHALLENGE, { code: renewed[0] ?? '' })).status, 303)
      await app.close()
    })

    test('a half sign-in ends with time, a new password and a disabled account, and needs our own form', async () => {
      const { app, code } = await createAlice(database)
      const { accounts } = app.features
      const led = async (browser: TestBrowser): Promise<string> =>
        pathOf((await browser.post(CHALLENGE, { code: code() })).headers['location'])
      const forged = await halfSignedIn(app)
      assert.equal((await forged.post(CHALLENGE, { code: code(), requesttoken: 'x' })).status, 412)
      const late = await halfSignedIn(app)
      app.clock.advance(10 * 60_000)
      assert.equal(await led(late), '/login')
      const before = await halfSignedIn(app)
      app.clock.advance(1_000)
      await accounts.setEnabled(await accounts.get('alice'), false, 'test')
      assert.equal(await led(before), '/login')
      await accounts.setEnabled(await accounts.get('alice'), true, 'test')
      const old = await halfSignedIn(app)
      app.clock.advance(1_000)
      await accounts.setPassword(await accounts.get('alice'), 'a-new-password', 'test')
      assert.equal(await led(old), '/login')
      await app.close()
    })

    test('it is switched off with a code alone, by an administrator without, and the account is told', async () => {
      const { app, code, recoveryCodes } = await createAlice(database)
      const browser = await halfSignedIn(app)
      await browser.post(CHALLENGE, { code: recoveryCodes[0] ?? '' })
      assert.equal((await browser.post(PAGE, { action: 'off', code: WRONG })).status, 403)
      assert.equal((await browser.post(PAGE, { action: 'begin' })).status, 409, 'nor is it replaced')
      assert.equal((await browser.post(PAGE, { action: 'off', code: code() })).status, 303)
      assert.equal(await statusBy(app, PASSWORD), 200)
      const secret = secretIn((await browser.post(PAGE, { action: 'begin' })).text)
      await browser.post(PAGE, { action: 'confirm', code: codeAt(secret, app.clock.nowMs()) })
      assert.equal(await statusBy(app, PASSWORD), 401)
      assert.deepEqual(JSON.parse((await runIn(app, 'twofactorauth:state', 'alice', '--output=json')).out), {
        enabled: true,
        providers: { totp: true, backup_codes: true },
        recovery_codes: 10,
      })
      assert.equal((await runIn(app, 'twofactorauth:enable', 'alice', 'totp')).code, 1)
      assert.equal((await runIn(app, 'twofactorauth:disable', 'alice', 'u2f')).code, 1)
      assert.equal((await runIn(app, 'twofactorauth:disable', 'alice', 'totp')).code, 0)
      assert.equal(await statusBy(app, PASSWORD), 200)
      await app.close()
    })

    test('administrators ask and reset over the API, and nobody else', async () => {
      const { app, accountId } = await createAlice(database)
      const ask = (method: string, path: string, as: readonly [string, string], body?: string) =>
        app.request({
          method,
          url: `/ocs/v2.php/twofactor/${path}`,
          headers: { ...OCS, 'content-type': 'application/json', accept: 'application/json' },
          as,
          ...(body === undefined ? {} : { body }),
        })
      const admin = ['admin', ADMIN_PASSWORD] as const
      assert.deepEqual((await ask('GET', 'state?user=alice', admin)).json().ocs.data, {
        totp: true,
        backup_codes: true,
      })
      assert.deepEqual((await ask('GET', 'state?user=admin', admin)).json().ocs.data, {
        totp: false,
        backup_codes: false,
      })
      assert.equal((await ask('GET', 'state?user=nobody', admin)).status, 404)
      const { secret } = await app.features.auth.appPasswords.add(accountId, 'phone', 'test')
      for (const path of ['enable', 'disable']) {
        assert.equal((await ask('POST', path, ['alice', secret], '{"user":"alice"}')).status, 403)
      }
      assert.equal((await ask('GET', 'state?user=alice', ['alice', secret])).status, 403)
      const enabled = await ask('POST', 'enable', admin, '{"user":"alice","providers":["totp"]}')
      assert.deepEqual(enabled.json().ocs.data, { totp: true, backup_codes: true })
      const other = await ask('POST', 'disable', admin, '{"user":"alice","providers":["other"]}')
      assert.deepEqual(other.json().ocs.data, { totp: true, backup_codes: true })
      const disabled = await ask('POST', 'disable', admin, '{"user":"alice","providers":["totp"]}')
      assert.deepEqual(disabled.json().ocs.data, { totp: false, backup_codes: false })
      assert.equal(await statusBy(app, PASSWORD), 200)
      await app.close()
    })

    test('a server that asks for it: set up at the next sign-in, for the groups that are meant', async () => {
      const app = await createTestApp({ database })
      await app.features.accounts.add({ userId: 'alice', password: PASSWORD }, 'test')
      assert.equal(await statusBy(app, PASSWORD), 200)
      assert.equal((await runIn(app, 'twofactorauth:enforce', '--on', '--exclude=admin')).code, 0)
      assert.equal(await statusBy(app, PASSWORD), 401, 'the password alone is not enough from now on')
      const asAdmin = await app.request({ url: USER, headers: OCS, as: ['admin', ADMIN_PASSWORD] })
      assert.equal(asAdmin.status, 200, 'members of excluded groups need none')
      const browser = createTestBrowser(app)
      const first = await browser.post('/login', { user: 'alice', password: PASSWORD, redirect_url: '/x' })
      assert.equal(pathOf(first.headers['location']), SETUP)
      assert.equal((await browser.get(USER, OCS)).status, 401)
      const secret = secretIn((await browser.get(SETUP)).text)
      assert.equal(secretIn((await browser.get(SETUP)).text), secret, 'looking again makes no other')
      assert.equal((await browser.post(SETUP, { code: WRONG })).status, 403)
      const done = await browser.post(SETUP, { code: codeAt(secret, app.clock.nowMs()) })
      assert.equal(codesIn(done.text).length, 10)
      assert.match(done.text, /href="http:\/\/cloud.test\/x"/)
      assert.equal((await browser.get(USER, OCS)).json().ocs.data.id, 'alice')
      app.clock.advance(STEP_MS)
      const off = await browser.post(PAGE, { action: 'off', code: codeAt(secret, app.clock.nowMs()) })
      assert.equal(off.status, 403)
      assert.match((await runIn(app, 'twofactorauth:enforce')).out, /enforced for everybody, but not for admin/)
      assert.equal((await runIn(app, 'twofactorauth:enforce', '--group=admin')).code, 1)
      await runIn(app, 'twofactorauth:enforce', '--on', '--group=admin')
      assert.equal((await app.request({ url: USER, headers: OCS, as: ['admin', ADMIN_PASSWORD] })).status, 401)
      await runIn(app, 'twofactorauth:enforce', '--off')
      assert.equal((await app.request({ url: USER, headers: OCS, as: ['admin', ADMIN_PASSWORD] })).status, 200)
      await app.close()
    })

    test('an app is let in only after the code (login flow)', async () => {
      const { app, code } = await createAlice(database)
      const { poll, login } = (await app.request({ method: 'POST', url: '/login/v2' })).json()
      const browser = createTestBrowser(app)
      await browser.get(pathOf(login))
      const grant = /href="([^"]*stateToken[^"]*)"/.exec((await browser.get('/login/v2/flow')).text)?.[1] ?? ''
      const toLogin = pathOf((await browser.get(grant)).headers['location'])
      const redirect = new URLSearchParams(toLogin.split('?')[1]).get('redirect_url') ?? ''
      assert.equal(redirect, grant)
      await browser.post('/login', { user: 'alice', password: PASSWORD, redirect_url: redirect })
      assert.equal(pathOf((await browser.get(grant)).headers['location']), toLogin, 'not with half a sign-in')
      const answer = await browser.post(CHALLENGE, { code: code() })
      assert.equal(pathOf(answer.headers['location']), grant)
      const question = await browser.get(grant)
      const stateToken = /name="stateToken" value="([^"]+)"/.exec(question.text)?.[1] ?? ''
      assert.equal((await browser.post('/login/v2/grant', { stateToken, action: 'grant' })).status, 200)
      const url = `/login/v2/poll?token=${poll.token}`
      const { appPassword } = (await app.request({ method: 'POST', url })).json()
      assert.equal(await statusBy(app, appPassword), 200)
      await app.close()
    })

    test('with the account goes everything of its second factor (bug class: orphaned rows after deletion)', async () => {
      const { app } = await createAlice(database)
      await halfSignedIn(app)
      const { accounts } = app.features
      await accounts.remove(await accounts.get('alice'), 'test')
      const dump = await dumpDatabase(app.db.read, [])
      for (const table of ['totp', 'recovery_code', 'pending_login', 'session', 'app_password']) {
        assert.deepEqual(dump[table], [], table)
      }
      await app.features.accounts.add({ userId: 'alice', password: PASSWORD }, 'test')
      assert.equal(await statusBy(app, PASSWORD), 200)
      await app.close()
    })
  })
}
