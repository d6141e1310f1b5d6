import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { headersOf, startMailServer, type TestMailServer, textOf } from '../../../test/helpers/smtp.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const PASSWORD = 'a-good-password-1'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const PUBLIC_URL = 'https://cloud.example.org'

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`passwords by mail on ${database}`, () => {
    let app: TestApp
    let mail: TestMailServer
    before(async () => {
      mail = await startMailServer()
      const env = { CLOUDLET_SMTP_URL: `smtp://127.0.0.1:${mail.port}`, CLOUDLET_PUBLIC_URL: PUBLIC_URL }
      app = await createTestApp({ database, env })
    })
    afterEach(async () => {
      await app.jobs.runDue()
      mail.letters.length = 0
      mail.refusals.length = 0
      // The next test begins with nobody throttled.
      app.clock.advance(2 * 3_600_000)
    })
    after(async () => {
      await app.close()
      await mail.close()
      await stopSharedPostgres()
    })

    const call = async (method: string, path: string, body?: object) => {
      const answer = await app.request({
        method,
        url: `/ocs/v2.php/cloud/${path}?format=json`,
        headers: {
          ...OCS,
          host: 'evil.example',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        as: ADMIN,
      })
      const { meta } = answer.json().ocs
      return { status: answer.status, code: meta.statuscode as number, message: meta.message as string }
    }
    const invite = async (userid: string, extra: object = {}): Promise<string> => {
      const made = await call('POST', 'users', { userid, email: `${userid}@example.com`, ...extra })
      assert.equal(made.status, 200, made.message)
      await app.jobs.runDue()
      return linkIn(mail)
    }
    const open = (path: string, address?: string): Promise<TestAnswer> =>
      app.request({ url: path, headers: { accept: 'text/html' }, ...(address === undefined ? {} : { address }) })
    const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      app.request({
        method: 'POST',
        url: path,
        headers: { ...FORM, accept: 'text/html', ...headers },
        body: new URLSearchParams(fields).toString(),
      })
    const signsIn = async (user: string, password: string): Promise<boolean> =>
      (await app.request({ url: '/ocs/v2.php/cloud/user', headers: OCS, as: [user, password] })).status === 200

    test('an account without a password is invited in its language, and chooses one, once', async () => {
      const path = await invite('paula', { language: 'de', displayName: 'Paula <i>' })
      const [letter] = mail.letters
      assert.ok(letter !== undefined)
      assert.deepEqual(letter.to, ['paula@example.com'])
      assert.match(textOf(letter), /Passwort wählen/)
      assert.match(textOf(letter), /Hallo Paula &lt;i&gt;/)
      assert.doesNotMatch(textOf(letter), /evil\.example/)
      const page = await open(path)
      assert.equal(page.status, 200)
      assert.match(page.text, /<strong>paula<\/strong>/)
      assert.match(String(page.headers['cache-control']), /no-store/)
      assert.equal(page.headers['referrer-policy'], 'no-referrer')
      // Opening it used nothing up: mail filters open every link.
      assert.equal((await open(path)).status, 200)
      assert.equal((await post(path, { password: PASSWORD, again: 'another-one' })).status, 400)
      assert.equal((await post(path, { password: 'short', again: 'short' })).status, 400)
      assert.equal((await post(path, { password: PASSWORD, again: PASSWORD })).status, 200)
      assert.equal(await signsIn('paula', PASSWORD), true)
      assert.equal((await open(path)).status, 404)
      assert.equal((await post(path, { password: 'stolen-password', again: 'stolen-password' })).status, 404)
      assert.equal(await signsIn('paula', PASSWORD), true)
    })

    test('of many that use a link at the same time, one sets the password (bug class: parallel use)', async () => {
      const path = await invite('quinn')
      const passwords = Array.from({ length: 6 }, (_each, index) => `password-number-${index}`)
      const answers = await Promise.all(passwords.map((password) => post(path, { password, again: password })))
      const winners = passwords.filter((_password, index) => answers[index]?.status === 200)
      assert.equal(winners.length, 1)
      assert.equal(await signsIn('quinn', winners[0] ?? ''), true)
    })

    test('a link ends after its time, with its account, and when the account is disabled', async () => {
      const late = await invite('rosa')
      app.clock.advance(7 * 24 * 3_600_000 + 1)
      assert.equal((await open(late)).status, 404)
      mail.letters.length = 0
      const disabled = await invite('sven')
      await app.features.accounts.setEnabled(await app.features.accounts.get('sven'), false, 'test')
      assert.equal((await open(disabled)).status, 404)
      assert.equal((await post(disabled, { password: PASSWORD, again: PASSWORD })).status, 404)
      mail.letters.length = 0
      const gone = await invite('tina')
      await app.features.accounts.remove(await app.features.accounts.get('tina'), 'test')
      await call('POST', 'users', { userid: 'tina', password: PASSWORD })
      assert.equal((await open(gone)).status, 404)
      assert.equal(await signsIn('tina', PASSWORD), true)
    })

    test('tokens are kept as digests alone, also while the letter waits', async () => {
      mail.refusals.push({ at: 'data', code: 451 })
      await call('POST', 'users', { userid: 'uma', email: 'uma@example.com' })
      await app.jobs.runDue()
      assert.equal(mail.letters.length, 0)
      app.clock.advance(60_000)
      await app.jobs.runDue()
      const token = linkIn(mail).split('/').at(-1) ?? ''
      const rows = await app.db.read.selectFrom('password_link').selectAll().execute()
      const waiting = await app.jobs.list(100)
      assert.ok(rows.length > 0)
      assert.doesNotMatch(JSON.stringify([rows, waiting]), new RegExp(token))
      assert.equal((await open(`/login/password/${token}`)).status, 200)
    })

    test('guesses are counted and stopped; what is right costs nothing', async () => {
      const path = await invite('vera')
      for (let count = 0; count < 15; count++) assert.equal((await open(path, '192.0.2.9')).status, 200)
      let stopped = 0
      for (let count = 0; count < 15; count++) {
        const { status } = await open(`/login/password/${'x'.repeat(43)}`, '192.0.2.9')
        if (status === 429) stopped += 1
      }
      assert.equal(stopped, 5)
      assert.equal((await open(path, '192.0.2.10')).status, 200)
    })

    test('whoever has forgotten the password gets a link; the answer never says whether there is an account (bug class: enumeration)', async () => {
      await call('POST', 'users', { userid: 'wanda', password: PASSWORD, email: 'wanda@example.com' })
      const known = await post('/login/forgotten', { user: 'wanda@example.com' })
      const unknown = await post('/login/forgotten', { user: 'nobody@example.com' })
      assert.deepEqual([known.status, known.text], [200, unknown.text])
      assert.equal(unknown.status, 200)
      await app.jobs.runDue()
      assert.deepEqual(
        mail.letters.map(({ to }) => to),
        [['wanda@example.com']],
      )
      const path = linkIn(mail)
      assert.equal(await signsIn('wanda', PASSWORD), true)
      assert.equal((await post(path, { password: 'new-password-1', again: 'new-password-1' })).status, 200)
      assert.deepEqual([await signsIn('wanda', PASSWORD), await signsIn('wanda', 'new-password-1')], [false, true])
    })

    test('nobody’s mailbox is filled, and no other site asks', async () => {
      await call('POST', 'users', { userid: 'xenia', password: PASSWORD, email: 'xenia@example.com' })
      for (let count = 0; count < 9; count++) {
        await post('/login/forgotten', { user: 'xenia' })
        await app.jobs.runDue()
      }
      assert.equal(mail.letters.length, 3)
      const foreign = await post('/login/forgotten', { user: 'xenia' }, { origin: 'https://evil.example' })
      assert.equal(foreign.status, 412)
      assert.ok(headersOf(mail.letters[0] as never).has('message-id'))
    })

    test('the welcome is mailed on request, with a link only where there is no password', async () => {
      await call('POST', 'users', { userid: 'yann', password: PASSWORD, email: 'yann@example.com', language: 'fr' })
      await app.jobs.runDue()
      assert.equal(mail.letters.length, 0)
      assert.equal((await call('POST', 'users/yann/welcome')).status, 200)
      await app.jobs.runDue()
      const text = textOf(mail.letters[0] as never)
      assert.match(text, /Bienvenue|bienvenue|Votre nom de connexion est yann/)
      assert.doesNotMatch(text, /login\/password/)
      await call('POST', 'users', { userid: 'zoe', password: PASSWORD })
      const without = await call('POST', 'users/zoe/welcome')
      assert.deepEqual([without.code, without.message], [101, 'Email address not available'])
      assert.equal((await call('POST', 'users/nobody/welcome')).code, 998)
      const nothing = await call('POST', 'users', { userid: 'nothing' })
      assert.deepEqual([nothing.code, nothing.message.includes('email')], [108, true])
    })
  })
}

test('without a mail server nothing of it is offered', async () => {
  const app = await createTestApp()
  try {
    const url = '/ocs/v2.php/cloud/users?format=json'
    const headers = { ...OCS, 'content-type': 'application/json' }
    const body = JSON.stringify({ userid: 'paula', email: 'paula@example.com' })
    const made = await app.request({ method: 'POST', url, headers, body, as: ADMIN })
    assert.equal(made.json().ocs.meta.statuscode, 108)
    assert.doesNotMatch((await app.request({ url: '/login', headers: { accept: 'text/html' } })).text, /forgotten/)
    assert.equal((await app.request({ url: '/login/forgotten', headers: { accept: 'text/html' } })).status, 404)
    assert.equal((await app.request({ url: `/login/password/${'x'.repeat(43)}` })).status, 404)
  } finally {
    await app.close()
  }
})

/** Path of the only link that was mailed. */
function linkIn({ letters }: TestMailServer): string {
  const [letter] = letters
  assert.ok(letter !== undefined && letters.length === 1, `${letters.length} letters`)
  const [, path = ''] = new RegExp(`${PUBLIC_URL}(/login/password/[\\w-]{43})`).exec(textOf(letter)) ?? []
  assert.ok(path !== '', 'a link')
  return path
}
