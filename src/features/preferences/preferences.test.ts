import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedStub } from '../../../test/helpers/blob-stores.ts'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { runIn } from '../../../test/helpers/run-command.ts'
import { createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'
import { preferenceKey } from './index.ts'

const ALICE = ['alice', 'alice-password'] as const
const BOB = ['bob', 'bob-password'] as const
const PATH = '/ocs/v2.php/apps/provisioning_api/api/v1/config/users'

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`preferences on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      for (const [userId, password] of [ALICE, BOB]) await app.features.accounts.add({ userId, password }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    const call = async (method: string, path: string, body?: object, as: readonly [string, string] = ALICE) => {
      const answer = await app.request({
        method,
        url: `${PATH}/${path}${path.includes('?') ? '&' : '?'}format=json`,
        headers: { ...OCS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        as,
      })
      return { status: answer.status, message: answer.json().ocs.meta.message as string }
    }
    const kept = async (userId = 'alice'): Promise<Record<string, string>> => {
      const { row } = await app.features.accounts.get(userId)
      return Object.fromEntries(await app.features.preferences.of(row.id))
    }
    const color = async (as: readonly [string, string]): Promise<unknown> => {
      const answer = await app.request({ url: '/ocs/v2.php/cloud/capabilities?format=json', headers: OCS, as })
      return answer.json().ocs.data.capabilities.theming.color
    }

    test('several are set together or not at all', async () => {
      const both = { shortcuts_disabled: 'yes', primary_color: '#445566' }
      assert.equal((await call('POST', 'theming', { configs: both })).status, 200)
      assert.deepEqual(await kept(), { 'theming primary_color': '#445566', 'theming shortcuts_disabled': 'yes' })
      const half = { primary_color: '#112233', shortcuts_disabled: 'perhaps' }
      const refused = await call('POST', 'theming', { configs: half })
      assert.equal(refused.status, 400)
      assert.match(refused.message, /theming shortcuts_disabled/)
      assert.equal((await kept())['theming primary_color'], '#445566')
      const keys = 'configKeys[]=primary_color&configKeys[]=shortcuts_disabled'
      assert.equal((await call('DELETE', `theming?${keys}&configKeys[]=nothing`)).status, 400)
      assert.notDeepEqual(await kept(), {})
      assert.equal((await call('DELETE', `theming?${keys}`)).status, 200)
      assert.deepEqual(await kept(), {})
    })

    test('a colour of one’s own is what clients paint with, for its owner alone, until it is taken back', async () => {
      const usual = await color(ALICE)
      await call('POST', 'theming/primary_color', { configValue: '#aa3355' })
      assert.equal(await color(ALICE), '#aa3355')
      assert.equal(await color(BOB), usual)
      await call('DELETE', 'theming/primary_color')
      assert.equal(await color(ALICE), usual)
    })

    test('the administrator’s word is stronger than a colour of one’s own', async () => {
      const usual = await color(ALICE)
      await call('POST', 'theming/primary_color', { configValue: '#aa3355' })
      await app.features.theming.set('disable-user-theming', 'yes', 'test')
      assert.equal(await color(ALICE), usual)
      await app.features.theming.reset('disable-user-theming', 'test')
      assert.equal(await color(ALICE), '#aa3355')
    })

    test('nobody fills the database with keys of their own (bug class: mass assignment, unbounded fields)', async () => {
      const before = await kept()
      for (const path of ['theming/is_admin', 'core/lang', 'files/quota', '__proto__/x', 'theming/__proto__']) {
        assert.equal((await call('POST', path, { configValue: '1' })).status, 400, path)
      }
      const many = Object.fromEntries(Array.from({ length: 500 }, (_none, index) => [`key-${index}`, 'x']))
      assert.equal((await call('POST', 'theming', { configs: many })).status, 400)
      assert.equal((await call('POST', 'theming/primary_color', { configValue: '#'.repeat(5_000) })).status, 400)
      assert.equal((await call('POST', `theming/${'k'.repeat(400)}`, { configValue: 'x' })).status, 400)
      assert.equal((await call('POST', 'theming/primary_color', { configValue: '#aa3355', userId: 'bob' })).status, 400)
      assert.deepEqual(await kept(), before)
      assert.deepEqual(await kept('bob'), {})
    })

    test('nothing of them is left for who gets the name later (bug class: orphaned rows after deletion)', async () => {
      const erin = { userId: 'erin', password: 'erin-password' }
      const as = [erin.userId, erin.password] as const
      await app.features.accounts.add(erin, 'test')
      await call('POST', 'theming/primary_color', { configValue: '#aa3355' }, as)
      await app.features.accounts.remove(await app.features.accounts.get('erin'), 'test')
      await app.features.accounts.add(erin, 'test')
      assert.deepEqual(await kept('erin'), {})
      const { row } = await app.features.accounts.get('erin')
      await app.features.accounts.remove(await app.features.accounts.get('erin'), 'test')
      await assert.rejects(app.features.preferences.set(row.id, 'theming', { primary_color: '#aa3355' }), {
        kind: 'not-found',
      })
    })

    test('the command line reads them, sets them and takes them back', async () => {
      await call('DELETE', 'theming/primary_color')
      const setting = (...args: string[]) => runIn(app, 'user:setting', 'alice', ...args)
      assert.equal((await setting('theming', 'primary_color', '#0a0b0c')).code, 0)
      assert.equal((await kept())[preferenceKey('theming', 'primary_color')], '#0a0b0c')
      assert.match((await setting()).out, /theming primary_color: #0a0b0c/)
      assert.match((await setting('theming', 'primary_color')).out, /^#0a0b0c$/m)
      assert.equal((await setting('theming', 'primary_color', 'red')).code, 1)
      assert.equal((await setting('theming', 'primary_color', '--delete')).code, 0)
      assert.deepEqual(await kept(), {})
      assert.equal((await setting('theming', 'nothing', 'x')).code, 1)
      assert.equal((await setting('core', 'lang', '--delete')).code, 1)
    })
  })
}

test('another node sees a preference when it has changed', async () => {
  const one = await createTestApp({ database: 'postgres', blobs: 's3' })
  const other = await createTestApp({ beside: one })
  try {
    const { row } = await one.features.accounts.add({ userId: 'alice', password: 'alice-password' }, 'test')
    assert.equal((await other.features.preferences.of(row.id)).size, 0)
    await one.features.preferences.set(row.id, 'theming', { primary_color: '#0a0b0c' })
    for (let turn = 0; turn < 300 && (await other.features.preferences.of(row.id)).size === 0; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.equal((await other.features.preferences.of(row.id)).get('theming primary_color'), '#0a0b0c')
  } finally {
    await other.close()
    await one.close()
    await stopSharedPostgres()
    await stopSharedStub()
  }
})
