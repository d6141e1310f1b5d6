import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import decodeQR from 'qr/decode.js'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { runIn } from '../../../test/helpers/run-command.ts'
import { signInAs } from '../../../test/helpers/sign-in.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const USER = '/ocs/v2.php/cloud/user?format=json'
const ONE_TIME = '/ocs/v2.php/core/getapppassword-onetime?format=json'
const PAGE = '/settings/user/security'

const statusOf = async (app: TestApp, secret: string): Promise<number> =>
  (await app.request({ url: USER, headers: OCS, as: ['admin', secret] })).status

const listed = async (app: TestApp) =>
  app.features.auth.appPasswords.list((await app.features.accounts.get('admin')).row.id)

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`devices and app passwords, on ${database}`, () => {
    after(stopSharedPostgres)

    test('one that ends by itself stops at that time, and nobody is counted as guessing', async () => {
      const app = await createTestApp({ database })
      const { row } = await app.features.accounts.get('admin')
      const endsAtMs = app.clock.nowMs() + 60_000
      const { secret } = await app.features.auth.appPasswords.add(row.id, 'guest', 'test', { endsAtMs })
      assert.equal(await statusOf(app, secret), 200)
      app.clock.advance(60_000)
      for (let attempt = 0; attempt < 20; attempt++) assert.equal(await statusOf(app, secret), 401)
      assert.equal(await statusOf(app, ADMIN_PASSWORD), 200, 'the owner is not locked out by an old device')
      assert.equal((await listed(app)).length, 1, 'it is still shown')
      app.clock.advance(31 * 24 * 3_600_000)
      for (const feature of app.features.list) await feature.sweep?.()
      assert.equal((await listed(app)).length, 0)
      const late = app.features.auth.appPasswords.add(row.id, 'late', 'test', { endsAtMs: app.clock.nowMs() })
      await assert.rejects(late, /must end in the future/)
      await app.close()
    })

    test('a rotated one keeps its limits and its end (bug class: token that widens its own scope)', async () => {
      const app = await createTestApp({ database })
      const { row } = await app.features.accounts.get('admin')
      const endsAtMs = app.clock.nowMs() + 60_000
      const limits = { isReadOnly: true, endsAtMs }
      const { secret } = await app.features.auth.appPasswords.add(row.id, 'script', 'test', limits)
      const url = '/ocs/v2.php/core/apppassword/rotate?format=json'
      const rotated = await app.request({ method: 'POST', url, headers: OCS, as: ['admin', secret] })
      const { apppassword } = rotated.json().ocs.data
      assert.equal(await statusOf(app, secret), 401)
      assert.equal(await statusOf(app, apppassword), 200)
      const put = { method: 'PUT', url: '/remote.php/webdav/x.txt', body: 'x' }
      assert.equal((await app.request({ ...put, as: ['admin', apppassword] })).status, 403)
      app.clock.advance(60_000)
      assert.equal(await statusOf(app, apppassword), 401)
      await app.close()
    })

    test('a one-time password is turned into an app password once, by the quickest of many, and opens nothing', async () => {
      const app = await createTestApp({ database })
      const { row } = await app.features.accounts.get('admin')
      const { secret } = await app.features.auth.appPasswords.addOneTime(row.id, 'test')
      const redeem = () =>
        app.request({ url: ONE_TIME, headers: { ...OCS, 'user-agent': 'Phone' }, as: ['admin', secret] })
      for (const url of ['/remote.php/webdav/', '/remote.php/dav/files/admin/']) {
        assert.equal((await app.request({ method: 'PROPFIND', url, as: ['admin', secret] })).status, 404)
      }
      const rotate = { method: 'POST', url: '/ocs/v2.php/core/apppassword/rotate', headers: OCS }
      assert.equal((await app.request({ ...rotate, as: ['admin', secret] })).status, 403)
      const answers = await Promise.all(Array.from({ length: 8 }, redeem))
      const made = answers.filter(({ status }) => status === 200)
      assert.equal(made.length, 1)
      assert.equal((await redeem()).status, 401)
      assert.equal(await statusOf(app, made[0]?.json().ocs.data.apppassword), 200)
      assert.deepEqual(
        (await listed(app)).map(({ name }) => name),
        ['Phone'],
      )
      const old = await app.features.auth.appPasswords.addOneTime(row.id, 'test')
      app.clock.advance(5 * 60_000)
      assert.equal((await app.request({ url: ONE_TIME, headers: OCS, as: ['admin', old.secret] })).status, 401)
      await app.close()
    })

    test('a device is wiped: it alone, it is told, its app password is gone, the account is told', async () => {
      const app = await createTestApp({ database })
      const { row } = await app.features.accounts.get('admin')
      const { appPasswords } = app.features.auth
      const lost = await appPasswords.add(row.id, 'lost phone', 'test')
      const kept = await appPasswords.add(row.id, 'laptop', 'test')
      const post = (path: string, token: string) =>
        app.request({
          method: 'POST',
          url: `/index.php/core/wipe/${path}`,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ token }),
        })
      assert.equal(await appPasswords.askForWipe(row.id, 'test', lost.id), 1)
      assert.equal(await statusOf(app, lost.secret), 401)
      assert.equal(await statusOf(app, kept.secret), 200)
      assert.equal((await post('check', kept.secret)).status, 404)
      for (let time = 0; time < 2; time++) assert.deepEqual((await post('check', lost.secret)).json(), { wipe: true })
      assert.equal((await post('success', lost.secret)).status, 200)
      assert.equal((await post('check', lost.secret)).status, 404)
      assert.deepEqual(
        (await listed(app)).map(({ name }) => name),
        ['laptop'],
      )
      await app.jobs.runDue()
      const url = '/ocs/v2.php/apps/notifications/api/v2/notifications?format=json'
      const told = (await app.request({ url, headers: OCS, as: ['admin', ADMIN_PASSWORD] })).json().ocs.data
      const subjects = told.map(({ subject }: { subject: string }) => subject)
      assert.ok(subjects.includes('lost phone has begun to delete its data'), subjects.join('\n'))
      assert.ok(subjects.includes('lost phone has deleted its data'), subjects.join('\n'))
      await app.close()
    })

    test('the commands make, list, rename, wipe and delete', async () => {
      const app = await createTestApp({ database })
      const json = async (name: string, ...args: string[]) =>
        JSON.parse((await runIn(app, name, ...args, '--output=json')).out)
      const put = { method: 'MKCOL', url: '/remote.php/webdav/Photos', as: ['admin', ADMIN_PASSWORD] as const }
      assert.equal((await app.request(put)).status, 201)
      const add = ['admin', '--name=tv', '--read-only', '--folder=/Photos', '--expires=2027-01-31']
      const made = await json('user:auth-tokens:add', ...add)
      assert.equal(await statusOf(app, made.app_password), 200)
      const [entry] = await json('user:auth-tokens:list', 'admin')
      assert.deepEqual(
        { read_only: entry.read_only, folder: entry.folder, expires: entry.expires, name: entry.name },
        { read_only: true, folder: '/Photos', expires: '2027-02-01T00:00:00.000Z', name: 'tv' },
      )
      await json('user:auth-tokens:rename', 'admin', String(made.id), 'Television')
      assert.match(
        (await runIn(app, 'user:auth-tokens:list', 'admin')).out,
        /Television .*read only, \/Photos, 2027-02/,
      )
      for (const wrong of ['--folder=/Nowhere', '--expires=soon', '--expires=2020-01-01']) {
        assert.equal((await runIn(app, 'user:auth-tokens:add', 'admin', wrong)).code, 1, wrong)
      }
      assert.equal((await runIn(app, 'user:auth-tokens:wipe', 'admin', String(made.id))).code, 0)
      assert.equal(await statusOf(app, made.app_password), 401)
      assert.equal((await runIn(app, 'user:auth-tokens:wipe', 'admin', '999')).code, 1)
      assert.equal((await runIn(app, 'user:auth-tokens:delete', 'admin', String(made.id))).code, 0)
      await json('user:auth-tokens:add', 'admin', '--name=old')
      app.clock.advance(10 * 24 * 3_600_000)
      const kept = await json('user:auth-tokens:add', 'admin', '--name=new')
      const before = new Date(app.clock.nowMs() - 1_000).toISOString()
      const gone = await json('user:auth-tokens:delete', 'admin', `--last-used-before=${before}`)
      assert.deepEqual(gone, { deleted: 1 })
      assert.deepEqual(
        (await json('user:auth-tokens:list', 'admin')).map(({ id }: { id: number }) => id),
        [kept.id],
      )
      await app.close()
    })

    test('the page makes one with limits, and only for whoever types the password when it is long ago', async () => {
      const app = await createTestApp({ database })
      const browser = await signInAs(app, 'admin', ADMIN_PASSWORD)
      const made = await browser.post(PAGE, {
        action: 'add',
        name: 'Reader <b>',
        read_only: '1',
        expires: '2027-01-31',
      })
      assert.equal(made.status, 200)
      assert.equal(made.headers['cache-control'], 'no-store')
      const secret = /<code>([A-Za-z0-9]{72})<\/code>/.exec(made.text)?.[1] ?? ''
      assert.equal(await statusOf(app, secret), 200)
      const shown = await browser.get(PAGE)
      assert.match(shown.text, /Reader &lt;b&gt;/)
      assert.ok(!shown.text.includes(secret) && !shown.text.includes('<b>Reader'))
      assert.match(shown.text, /Read only/)
      const refusals: [Record<string, string>, number, RegExp][] = [
        [{ folder: '/Nowhere' }, 404, /no such folder/],
        [{ folder: '/a/../b' }, 404, /no such folder/],
        [{ expires: 'soon' }, 400, /no date/],
        [{ expires: '2020-01-01' }, 400, /passed already/],
      ]
      for (const [fields, status, text] of refusals) {
        const answer = await browser.post(PAGE, { action: 'add', name: 'x', ...fields })
        assert.deepEqual([answer.status, text.test(answer.text)], [status, true], answer.text)
      }
      app.clock.advance(31 * 60_000)
      const stale = await browser.post(PAGE, { action: 'add', name: 'thief' })
      assert.equal(stale.status, 403, 'a stolen session mints no app password (bug class)')
      assert.match(stale.text, /password is not right/)
      assert.equal((await browser.post(PAGE, { action: 'code' })).status, 403)
      const again = await browser.post(PAGE, { action: 'add', name: 'mine', password: ADMIN_PASSWORD })
      assert.equal(again.status, 200)
      assert.equal((await listed(app)).length, 2)
      await app.close()
    })

    test('a form of another page, another account’s id and an app password change nothing', async () => {
      const app = await createTestApp({ database })
      const { row } = await app.features.accounts.add({ userId: 'bob', password: 'bobs-password' }, 'test')
      const bobs = await app.features.auth.appPasswords.add(row.id, 'of bob', 'test')
      const browser = await signInAs(app, 'admin', ADMIN_PASSWORD)
      for (const action of ['revoke', 'rename', 'wipe']) {
        const answer = await browser.post(PAGE, { action, id: String(bobs.id), name: 'taken' })
        assert.equal(answer.status, 404)
      }
      assert.equal((await browser.post(PAGE, { action: 'revoke', id: 'x' })).status, 400)
      assert.equal((await browser.post(PAGE, { action: 'add', name: 'x', requesttoken: 'wrong' })).status, 412)
      const own = { origin: 'https://evil.example' }
      assert.equal((await browser.post(PAGE, { action: 'add', name: 'x' }, own)).status, 412)
      const byApp = await app.request({ url: PAGE, as: ['bob', bobs.secret] })
      assert.equal(byApp.status, 403)
      assert.deepEqual(
        (await app.features.auth.appPasswords.list(row.id)).map(({ name, isWipeWanted }) => [name, isWipeWanted]),
        [['of bob', false]],
      )
      assert.equal((await listed(app)).length, 0)
      await app.close()
    })

    test('the code for a phone is read by a camera, and lets the phone in', async () => {
      const app = await createTestApp({ database })
      const browser = await signInAs(app, 'admin', ADMIN_PASSWORD)
      const { text } = await browser.post(PAGE, { action: 'code' })
      const address = readCode(Buffer.from(/base64,([^"]+)"/.exec(text)?.[1] ?? '', 'base64').toString())
      const [, user = '', password = '', server = ''] =
        /^nc:\/\/onetime-login\/user:([^&]+)&password:([^&]+)&server:(.+)$/.exec(address) ?? []
      assert.deepEqual([user, server], ['admin', 'http://cloud.test'])
      const answer = await app.request({ url: ONE_TIME, headers: OCS, as: [user, password] })
      assert.equal(await statusOf(app, answer.json().ocs.data.apppassword), 200)
      await app.close()
    })
  })
}

/** Draws the path of the picture, as a browser does, and reads what comes out. */
function readCode(svg: string): string {
  const size = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1])
  const scale = 6
  const width = size * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  const fill = (left: number, top: number): void => {
    for (let y = top * scale; y < (top + 1) * scale; y++) {
      for (let x = left * scale; x < (left + 1) * scale; x++) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  let [left, top] = [0, 0]
  for (const [, move, x, y] of svg.matchAll(/(m)(-?\d+) ?(-?\d+)/gi)) {
    const isRelative = move === 'm'
    left = Number(x) + (isRelative ? left : 0)
    top = Number(y) + (isRelative ? top : 0)
    fill(left, top)
  }
  return decodeQR({ width, height: width, data })
}
