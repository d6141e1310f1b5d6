import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'
import { MAX_GUESSES } from './throttle.ts'

const USER = '/ocs/v2.php/cloud/user?format=json'

async function withAlice(app: TestApp): Promise<{ accountId: number; secret: string }> {
  const record = await app.features.accounts.add({ userId: 'alice', password: 'alice-password' }, 'test')
  const { secret } = await app.features.auth.appPasswords.add(record.row.id, 'phone', 'test')
  return { accountId: record.row.id, secret }
}

const ask = async (app: TestApp, secret: string, address = '192.0.2.1') =>
  (await app.request({ url: USER, headers: OCS, as: ['alice', secret], address })).status

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`who is asking, on ${database}`, () => {
    after(stopSharedPostgres)

    test('parallel guesses cannot beat the limit, and a valid app password is never throttled', async () => {
      const app = await createTestApp({ database })
      const { secret } = await withAlice(app)
      const statuses = await Promise.all(Array.from({ length: 60 }, (_, index) => ask(app, `guess ${index}`)))
      assert.equal(statuses.filter((status) => status === 401).length, MAX_GUESSES)
      assert.equal(statuses.filter((status) => status === 429).length, 60 - MAX_GUESSES)
      assert.equal(await ask(app, 'alice-password'), 429, 'even the right password waits')
      assert.equal(await ask(app, secret), 200)
      assert.equal(await ask(app, 'alice-password', '198.51.100.7'), 200, 'another network is not locked out')
      app.clock.advance(16 * 60_000)
      assert.equal(await ask(app, 'alice-password'), 200)
      await app.close()
    })

    test('a disabled account, a deleted app password and a changed password stop at once', async () => {
      const app = await createTestApp({ database })
      const { accountId, secret } = await withAlice(app)
      const { accounts, auth } = app.features
      assert.equal(await ask(app, 'alice-password'), 200)
      await accounts.setPassword(await accounts.get('alice'), 'another-password', 'test')
      assert.equal(await ask(app, 'alice-password'), 401)
      assert.equal(await ask(app, 'another-password'), 200)
      assert.equal(await ask(app, secret), 200)
      await accounts.setEnabled(await accounts.get('alice'), false, 'test')
      assert.equal(await ask(app, secret), 401)
      assert.equal(await ask(app, 'another-password'), 401)
      await accounts.setEnabled(await accounts.get('alice'), true, 'test')
      assert.equal(await ask(app, secret), 200)
      const [token] = await auth.appPasswords.list(accountId)
      await auth.appPasswords.remove(accountId, token?.id ?? 0, 'test')
      assert.equal(await ask(app, secret), 401)
      await app.close()
    })

    test('an unknown account, a wrong password and another one’s app password look the same', async () => {
      const app = await createTestApp({ database })
      const { secret } = await withAlice(app)
      const answers = await Promise.all(
        [
          ['nobody', 'x'],
          ['alice', 'x'],
          ['admin', secret],
        ].map(([name = '', word = '']) => app.request({ url: USER, headers: OCS, as: [name, word] })),
      )
      assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1)
      assert.equal(answers[0]?.status, 401)
      await app.close()
    })

    test('an app password cannot make another, nor change the account', async () => {
      const app = await createTestApp({ database })
      const { secret } = await withAlice(app)
      const made = await app.request({ url: '/ocs/v2.php/core/getapppassword', headers: OCS, as: ['alice', secret] })
      assert.equal(made.status, 403)
      const form = { ...OCS, 'content-type': 'application/x-www-form-urlencoded' }
      const edit = {
        method: 'PUT',
        url: '/ocs/v2.php/cloud/users/alice',
        headers: form,
        body: 'key=email&value=a%40b.example',
      }
      assert.equal((await app.request({ ...edit, as: ['alice', secret] })).status, 403)
      await app.close()
    })
  })
}

async function signIn(app: TestApp, cookie: string | undefined, fields: Record<string, string> = {}) {
  const visit = await app.request({ url: '/login', headers: cookie === undefined ? {} : { cookie } })
  const visitor = cookie ?? String(visit.headers['set-cookie']).split(';')[0] ?? ''
  const token = /name="requesttoken" value="([^"]+)"/.exec(visit.text)?.[1] ?? ''
  const body = new URLSearchParams({
    user: 'admin',
    password: ADMIN_PASSWORD,
    requesttoken: token,
    ...fields,
  }).toString()
  const headers = { cookie: visitor, 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await app.request({ method: 'POST', url: '/login', headers, body })
  return { visitor, answer, session: String(answer.headers['set-cookie'] ?? '').split(';')[0] ?? '' }
}

test('a login always gets a new session, and the old cookie means nobody', async () => {
  const app = await createTestApp()
  const { visitor, answer, session } = await signIn(app, 'cloudlet_session=chosen-by-somebody-else')
  assert.equal(answer.status, 303)
  assert.notEqual(session, visitor)
  const mine = await app.request({ url: USER, headers: { ...OCS, cookie: session } })
  assert.equal(mine.json().ocs.data.id, 'admin')
  assert.equal((await app.request({ url: USER, headers: { ...OCS, cookie: visitor } })).status, 401)
  await app.close()
})

test('a form from another site cannot sign anybody in', async () => {
  const app = await createTestApp()
  const { answer } = await signIn(app, undefined, { requesttoken: 'made-up' })
  assert.match(String(answer.headers['location']), /^\/login\?direct=1/)
  await app.close()
})

test('a login leads to a path of this server only', async () => {
  const app = await createTestApp()
  for (const target of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
    const { answer } = await signIn(app, undefined, { redirect_url: target })
    assert.equal(answer.headers['location'], 'http://cloud.test/')
  }
  const { answer } = await signIn(app, undefined, { redirect_url: '/apps/theming/manifest?x=1' })
  assert.equal(answer.headers['location'], 'http://cloud.test/apps/theming/manifest?x=1')
  await app.close()
})

test('behind https the cookie is secure and bound to the host', async () => {
  const app = await createTestApp({ env: { CLOUDLET_PUBLIC_URL: 'https://cloud.test' } })
  const cookie = String((await app.request({ url: '/login' })).headers['set-cookie'])
  assert.match(cookie, /^__Host-cloudlet_session=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  await app.close()
})

test('a session that was left alone ends, and so does every session when the password changes', async () => {
  const app = await createTestApp()
  const { session } = await signIn(app, undefined)
  const status = async () => (await app.request({ url: USER, headers: { ...OCS, cookie: session } })).status
  assert.equal(await status(), 200)
  app.clock.advance(1_000)
  const { accounts } = app.features
  await accounts.setPassword(await accounts.get('admin'), 'changed-password', 'test')
  assert.equal(await status(), 401)
  await app.close()
})

test('no secret is in the database file', async () => {
  const app = await createTestApp()
  const { secret } = await withAlice(app)
  const { session } = await signIn(app, undefined)
  const bytes = ['cloudlet.db', 'cloudlet.db-wal']
    .map((name) => readFileSync(join(app.dataFolder, name), 'latin1'))
    .join('')
  for (const word of [secret, session.split('=')[1] ?? 'none', ADMIN_PASSWORD]) assert.ok(!bytes.includes(word))
  await app.close()
})
