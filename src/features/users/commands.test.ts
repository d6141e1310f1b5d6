import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { runIn } from '../../../test/helpers/run-command.ts'
import { statementsDuring } from '../../../test/helpers/statements.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const MAIL = { CLOUDLET_SMTP_URL: 'smtp://127.0.0.1:9', CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' }

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`commands about accounts and groups on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database, env: MAIL })
      const { accounts, groups } = app.features
      for (const groupId of ['staff', 'readers']) await groups.add(groupId, `The ${groupId}`, 'test')
      await accounts.add({ userId: 'bob', displayName: 'Bob', groupIds: ['staff', 'readers'] }, 'test')
      await accounts.add({ userId: 'alice', email: 'alice@example.com', groupIds: ['staff'] }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })
    const run = async (name: string, ...args: string[]) => {
      const { code, out } = await runIn(app, name, ...args, '--output=json')
      return { code, data: code === 0 ? JSON.parse(out) : out }
    }

    test('user:list, with --info, --disabled, limit and offset', async () => {
      assert.deepEqual((await run('user:list')).data, { admin: 'admin', alice: 'alice', bob: 'Bob' })
      assert.deepEqual((await run('user:list', '--limit=1', '--offset=1')).data, { alice: 'alice' })
      await runIn(app, 'user:disable', 'bob')
      assert.deepEqual((await run('user:list', '--disabled')).data, { bob: 'Bob' })
      assert.equal((await run('user:list', '--info', '--search=bob')).data.bob.enabled, false)
      await runIn(app, 'user:enable', 'bob')
      assert.equal((await run('user:list', '--limit=x')).code, 2)
    })

    test('user:lastseen, of one and of all', async () => {
      await app.request({ url: '/ocs/v2.php/cloud/user', headers: OCS, as: ['admin', ADMIN_PASSWORD] })
      const { data } = await run('user:lastseen', '--all')
      assert.deepEqual(Object.keys(data), ['admin', 'alice', 'bob'])
      assert.equal(data.alice, null)
      assert.match((await runIn(app, 'user:lastseen', 'alice')).out, /alice has never signed in/)
      assert.equal((await run('user:lastseen')).code, 2)
      assert.equal((await run('user:lastseen', 'nobody')).code, 1)
    })

    test('user:report counts', async () => {
      const as = ['admin', ADMIN_PASSWORD] as const
      await app.request({ method: 'PUT', url: '/remote.php/dav/files/admin/a.txt', body: 'abc', as })
      const { data } = await run('user:report')
      assert.deepEqual(data, { total_users: 3, disabled_users: 0, users_with_files: 1, used_bytes: 3 })
    })

    test('user:profile reads, writes and empties a field by its rules', async () => {
      assert.equal((await run('user:profile', 'alice', 'website', 'https://example.com')).code, 0)
      assert.deepEqual((await run('user:profile', 'alice', 'website')).data, { website: 'https://example.com' })
      assert.equal((await run('user:profile', 'alice')).data.website, 'https://example.com')
      assert.deepEqual((await run('user:profile', 'alice', 'website', '--delete')).data, { website: '' })
      assert.equal((await run('user:profile', 'alice', 'website', 'no address')).code, 1)
      assert.equal((await run('user:profile', 'alice', 'shoe_size', '42')).code, 2)
      assert.equal((await run('user:profile', 'alice', 'website', 'x', '--delete')).code, 2)
    })

    test('group:list and group:info, in as many statements for many groups as for one', async () => {
      assert.deepEqual((await run('group:list')).data, { admin: ['admin'], readers: ['bob'], staff: ['alice', 'bob'] })
      assert.deepEqual((await run('group:list', '--info', '--offset=1', '--limit=1')).data, {
        readers: { displayName: 'The readers', backends: ['Database'], users: ['bob'] },
      })
      const few = await statementsDuring(() => run('group:list'))
      for (let index = 0; index < 20; index++) await app.features.groups.add(`more-${index}`, `more-${index}`, 'test')
      const many = await statementsDuring(() => run('group:list'))
      assert.equal(many.length, few.length, many.join('\n'))
      const info = (await run('group:info', 'staff')).data
      assert.deepEqual(info, { groupID: 'staff', displayName: 'The staff', backends: ['Database'], members: 2 })
      assert.equal((await run('group:info', 'nosuch')).code, 1)
    })

    test('user:welcome and user:add --generate-password leave the mail to the server', async () => {
      const waiting = async () =>
        (await app.jobs.count())
          .filter(({ kind }) => kind === 'password-links.on.account.welcome-wanted')
          .reduce((sum, { count }) => sum + Number(count), 0)
      assert.equal((await run('user:welcome', 'alice')).code, 0)
      assert.equal((await run('user:welcome', 'bob')).code, 1)
      assert.equal((await run('user:add', 'cleo', '--generate-password', '--email=cleo@example.com')).code, 0)
      assert.equal((await run('user:add', 'dirk', '--generate-password')).code, 1)
      assert.equal(await waiting(), 2)
      assert.equal((await app.features.accounts.get('cleo')).row.password_hash, null)
    })
  })
}
