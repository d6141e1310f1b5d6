import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'
import { ABOUT } from './about.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const ALICE = ['alice', 'alice-password-1'] as const

describe('apps', () => {
  let app: TestApp
  before(async () => {
    app = await createTestApp()
    await app.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
  })
  after(() => app.close())

  const call = async (method: string, path: string, as: readonly [string, string] = ADMIN) => {
    const url = `/ocs/v2.php/cloud/${path}${path.includes('?') ? '&' : '?'}format=json`
    const answer = await app.request({ method, url, headers: OCS, as })
    const { meta, data } = answer.json().ocs
    return { status: answer.status, code: meta.statuscode as number, message: meta.message as string, data }
  }

  test('every app has a name and says what it is', async () => {
    const { apps } = (await call('GET', 'apps')).data
    assert.ok(apps.length > 3)
    for (const id of apps as string[]) {
      assert.ok(ABOUT[id] !== undefined, id)
      const { data } = await call('GET', `apps/${id}`)
      assert.deepEqual([data.id, data.name, data.summary], [id, ABOUT[id].name, ABOUT[id].summary])
    }
    assert.deepEqual((await call('GET', 'user/apps')).data.apps, apps)
    assert.equal((await call('GET', 'user/apps', ALICE)).status, 403)
  })

  test('lists by their state; all are on', async () => {
    const all = (await call('GET', 'apps')).data
    assert.deepEqual((await call('GET', 'apps?filter=enabled')).data, all)
    assert.deepEqual((await call('GET', 'apps?filter=disabled')).data, { apps: [] })
    const wrong = await call('GET', 'apps?filter=whatever')
    assert.deepEqual([wrong.status, wrong.code, wrong.message], [400, 101, 'Invalid filter'])
  })

  test('a part of the server cannot be switched off, and the answer says so', async () => {
    assert.equal((await call('POST', 'apps/files')).status, 200)
    const refused = await call('DELETE', 'apps/files')
    assert.deepEqual([refused.status, refused.code], [400, 101])
    assert.match(refused.message, /cannot be disabled/)
    assert.ok((await call('GET', 'apps')).data.apps.includes('files'))
    assert.equal((await call('DELETE', 'apps/nosuchapp')).status, 200)
    for (const method of ['GET', 'POST']) assert.equal((await call(method, 'apps/nosuchapp')).code, 998)
  })

  test('only administrators, and not with an app password where something would change', async () => {
    for (const [method, path] of [
      ['GET', 'apps'],
      ['GET', 'apps/files'],
      ['POST', 'apps/files'],
      ['DELETE', 'apps/files'],
    ] as const) {
      assert.equal((await call(method, path, ALICE)).status, 403)
    }
    const { row } = await app.features.accounts.get('admin')
    const { secret } = await app.features.auth.appPasswords.add(row.id, 'script', 'test')
    assert.equal((await call('DELETE', 'apps/nosuchapp', ['admin', secret])).status, 403)
    assert.equal((await call('GET', 'apps', ['admin', secret])).status, 200)
  })
})
