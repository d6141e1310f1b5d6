import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { basic, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'

const PAGE = '/settings/user/password'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const OLD = 'alice-password'
const NEW = 'another-password'

const tokenOf = ({ text }: TestAnswer): string => /name="requesttoken" value="([^"]+)"/.exec(text)?.[1] ?? ''
const cookieOf = ({ headers }: TestAnswer): string =>
  /cloudlet_session=[^;]+/.exec([headers['set-cookie'] ?? []].flat().join('\n'))?.[0] ?? ''

async function signIn(app: TestApp, password: string): Promise<string> {
  const form = await app.request({ url: '/login' })
  const cookie = cookieOf(form)
  const body = new URLSearchParams({ user: 'alice', password, requesttoken: tokenOf(form) }).toString()
  return cookieOf(await app.request({ method: 'POST', url: '/login', headers: { ...FORM, cookie }, body }))
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`the page for the own password on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      await app.features.accounts.add({ userId: 'alice', password: OLD }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    const change = async (cookie: string, fields: Record<string, string>, address?: string): Promise<TestAnswer> => {
      const page = await app.request({ url: PAGE, headers: { cookie } })
      const body = new URLSearchParams({ requesttoken: tokenOf(page), ...fields }).toString()
      const from = address === undefined ? {} : { address }
      return app.request({ method: 'POST', url: PAGE, headers: { ...FORM, cookie }, body, ...from })
    }

    test('password managers find it, and it is for people with a browser alone', async () => {
      const found = await app.request({ url: '/.well-known/change-password' })
      assert.deepEqual([found.status, found.headers['location']], [303, `http://cloud.test${PAGE}`])
      const visit = await app.request({ url: PAGE, headers: { accept: 'text/html' } })
      assert.match(String(visit.headers['location']), /^\/login\?redirect_url=/)
      assert.equal((await app.request({ url: PAGE, as: ['alice', OLD] })).status, 403)
    })

    test('it wants the present password, a new one twice, and means what was sent (bug class: CSRF)', async () => {
      const cookie = await signIn(app, OLD)
      const good = { current: OLD, wanted: NEW, again: NEW }
      const tried = [
        [403, { ...good, current: 'guessed' }],
        [400, { ...good, again: 'different-password' }],
        [400, { ...good, wanted: 'short', again: 'short' }],
        [412, { ...good, requesttoken: 'made-up' }],
      ] as const
      for (const [status, fields] of tried) {
        assert.equal((await change(cookie, fields)).status, status, JSON.stringify(fields))
      }
      assert.equal((await app.request({ url: PAGE, headers: { cookie } })).status, 200, 'still signed in')
    })

    test('every browser is signed out by it, and apps stay', async () => {
      const url = '/ocs/v2.php/core/getapppassword?format=json'
      const { apppassword } = (await app.request({ url, headers: OCS, as: ['alice', OLD] })).json().ocs.data
      const [cookie, other] = [await signIn(app, OLD), await signIn(app, OLD)]
      app.clock.advance(1_000)
      const changed = await change(cookie, { current: OLD, wanted: NEW, again: NEW })
      assert.equal(changed.status, 200)
      assert.match(changed.text, /Your password is changed/)
      for (const ended of [cookie, other]) {
        assert.notEqual((await app.request({ url: PAGE, headers: { cookie: ended } })).status, 200)
      }
      const own = (secret: string) =>
        app.request({
          url: '/ocs/v2.php/cloud/user?format=json',
          headers: { ...OCS, authorization: basic('alice', secret) },
        })
      assert.equal((await own(apppassword)).status, 200)
      assert.equal((await own(OLD)).status, 401)
      assert.equal((await own(NEW)).status, 200)
    })

    test('guesses are counted (bug class: no limit on one surface)', async () => {
      const cookie = await signIn(app, NEW)
      const statuses = new Set<number>()
      for (let guess = 0; guess < 30; guess++) {
        const fields = { current: `guess-${guess}`, wanted: OLD, again: OLD }
        statuses.add((await change(cookie, fields, '198.51.100.7')).status)
      }
      assert.deepEqual([...statuses], [403, 429])
    })
  })
}
