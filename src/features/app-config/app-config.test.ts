import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedStub } from '../../../test/helpers/blob-stores.ts'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { runIn } from '../../../test/helpers/run-command.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const ALICE = ['alice', 'alice-password'] as const
const PATH = '/ocs/v2.php/apps/provisioning_api/api/v1/config/apps'

const call = async (
  app: TestApp,
  method: string,
  path: string,
  value?: string,
  as: readonly [string, string] = ADMIN,
) => {
  const answer = await app.request({
    method,
    url: `${PATH}${path}${path.includes('?') ? '&' : '?'}format=json`,
    headers: { ...OCS, ...(value === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) },
    ...(value === undefined ? {} : { body: new URLSearchParams({ value }).toString() }),
    as,
  })
  const { meta, data } = answer.json().ocs
  return { status: answer.status, message: meta.message as string, value: data?.data as unknown }
}

const quotaOf = async (app: TestApp, as: readonly [string, string]): Promise<number> => {
  const answer = await app.request({ url: '/ocs/v2.php/cloud/user?format=json', headers: OCS, as })
  return answer.json().ocs.data.quota.quota
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`settings of apps on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      await app.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    test('scripts keep values of apps that only they know', async () => {
      assert.equal((await call(app, 'POST', '/my-app/my_key', 'ümlaut & <tag>')).status, 200)
      assert.equal((await call(app, 'GET', '/my-app/my_key')).value, 'ümlaut & <tag>')
      assert.deepEqual((await call(app, 'GET', '/my-app')).value, ['my_key'])
      assert.ok(((await call(app, 'GET', '')).value as string[]).includes('my-app'))
      await call(app, 'DELETE', '/my-app/my_key')
      assert.equal((await call(app, 'GET', '/my-app/my_key?defaultValue=none')).value, 'none')
      assert.ok(!((await call(app, 'GET', '')).value as string[]).includes('my-app'))
    })

    test('the default quota holds for every account without one of its own, at once', async () => {
      assert.equal(await quotaOf(app, ALICE), -3)
      assert.equal((await call(app, 'POST', '/files/default_quota', '5 GB')).status, 200)
      assert.equal(await quotaOf(app, ALICE), 5 * 1024 ** 3)
      await call(app, 'POST', '/files/default_quota', '10')
      const put = { method: 'PUT', url: '/remote.php/dav/files/alice/large.txt', as: ALICE }
      assert.equal((await app.request({ ...put, body: 'x'.repeat(11) })).status, 507)
      assert.equal((await app.request({ ...put, body: 'x'.repeat(10) })).status, 201)
      await runIn(app, 'user:setting', 'alice', 'files', 'quota', 'none')
      assert.equal(await quotaOf(app, ALICE), -3)
      await runIn(app, 'user:setting', 'alice', 'files', 'quota', 'default')
      assert.equal(await quotaOf(app, ALICE), 10)
      await call(app, 'DELETE', '/files/default_quota')
      assert.equal(await quotaOf(app, ALICE), -3)
      for (const wrong of ['default', 'much', '-1', '']) {
        const refused = await call(app, 'POST', '/files/default_quota', wrong)
        assert.equal(refused.status, 400, wrong)
        assert.notEqual(refused.message, '')
      }
      assert.equal(await quotaOf(app, ALICE), -3)
    })

    test('values of the theme are the theme', async () => {
      assert.equal((await call(app, 'POST', '/theming/name', 'Our Cloud')).status, 200)
      assert.equal((await app.features.theming.theme()).values['name'], 'Our Cloud')
      assert.equal((await call(app, 'GET', '/theming/name')).value, 'Our Cloud')
      assert.equal((await call(app, 'POST', '/theming/color', 'red')).status, 400)
      await call(app, 'DELETE', '/theming/name')
      assert.equal((await app.features.theming.theme()).values['name'], 'Cloudlet')
    })

    test('what the server says of itself cannot be set, and only administrators set anything', async () => {
      for (const guarded of ['/files/enabled', '/core/installed_version', '/theming/types', '/core/remote_files']) {
        const refused = await call(app, 'POST', guarded, 'x')
        assert.equal(refused.status, 403, guarded)
        assert.deepEqual(refused.value, { message: 'The given key can not be set' })
        assert.equal((await call(app, 'DELETE', guarded)).status, 403, guarded)
      }
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/files'],
        ['GET', '/files/default_quota'],
        ['DELETE', '/files/default_quota'],
      ] as const) {
        assert.equal((await call(app, method, path, undefined, ALICE)).status, 403)
      }
      assert.equal((await call(app, 'POST', '/files/default_quota', 'none', ALICE)).status, 403)
    })

    test('names, lengths and numbers are limited (bug class: unbounded fields)', async () => {
      for (const path of [`/${'a'.repeat(33)}/key`, `/app/${'k'.repeat(65)}`, '/app/with%20blank', '/app/%00']) {
        assert.equal((await call(app, 'POST', path, 'x')).status, 400, path)
      }
      assert.equal((await call(app, 'POST', '/app/long', 'x'.repeat(16_385))).status, 400)
      const { appConfig } = app.features
      const before = (await appConfig.values()).size
      for (let index = before; index < 2_000; index++) await appConfig.set('many', `key-${index}`, 'x', 'test')
      assert.equal((await call(app, 'POST', '/many/one-more', 'x')).status, 409)
      assert.equal((await call(app, 'POST', '/many/key-1999', 'again')).status, 200)
      assert.equal((await appConfig.values()).size, 2_000)
      for (let index = before; index < 2_000; index++) await appConfig.remove('many', `key-${index}`, 'test')
    })

    test('the command line speaks like occ', async () => {
      assert.equal((await runIn(app, 'config:app:get', 'files', 'nothing')).code, 1)
      assert.match((await runIn(app, 'config:app:get', 'files', 'nothing', '--default-value', 'x')).out, /^x$/m)
      assert.equal((await runIn(app, 'config:app:set', 'my-app', 'a', '--value', '1', '--update-only')).code, 0)
      assert.equal((await runIn(app, 'config:app:get', 'my-app', 'a')).code, 1)
      assert.equal((await runIn(app, 'config:app:set', 'my-app', 'a', '--value', '1')).code, 0)
      assert.match((await runIn(app, 'config:app:get', 'my-app', 'a')).out, /^1$/m)
      assert.match((await runIn(app, 'config:app:list')).out, /my-app a: 1[\s\S]*files default_quota/)
      assert.equal((await runIn(app, 'config:app:set', 'my-app', 'a')).code, 1)
      assert.equal((await runIn(app, 'config:app:delete', 'my-app', 'a', '--error-if-not-exists')).code, 0)
      assert.equal((await runIn(app, 'config:app:delete', 'my-app', 'a', '--error-if-not-exists')).code, 1)
      assert.equal((await runIn(app, 'config:app:delete', 'my-app', 'a')).code, 0)
    })
  })
}

test('another node follows a change of the settings', async () => {
  const one = await createTestApp({ database: 'postgres', blobs: 's3' })
  const other = await createTestApp({ beside: one })
  try {
    await one.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
    assert.equal(await quotaOf(other, ALICE), -3)
    await call(one, 'POST', '/files/default_quota', '1 GB')
    for (let turn = 0; turn < 300 && (await quotaOf(other, ALICE)) === -3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.equal(await quotaOf(other, ALICE), 1024 ** 3)
  } finally {
    await other.close()
    await one.close()
    await stopSharedPostgres()
    await stopSharedStub()
  }
})
