import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'
import type { FaultKind } from '../../lib/fault.ts'
import { Fault } from '../../lib/fault.ts'

type As = readonly [string, string]
const ADMIN: As = ['admin', ADMIN_PASSWORD]
const signIn = (userId: string): As => [userId, `${userId}-password`]

const isFault =
  (kind: FaultKind, reason?: string) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.kind === kind && (reason === undefined || error.detail.reason === reason)

/** Accounts alice and bob in the group `staff`, lead who administers it, and carol outside. */
async function withStaff(app: TestApp): Promise<void> {
  const { accounts, groups } = app.features
  await groups.add('staff', 'Staff', 'test')
  for (const userId of ['alice', 'bob']) {
    await accounts.add({ userId, password: `${userId}-password`, groupIds: ['staff'] }, 'test')
  }
  for (const userId of ['lead', 'carol']) await accounts.add({ userId, password: `${userId}-password` }, 'test')
  await groups.addAdmin('staff', (await accounts.get('lead')).row.id, 'test')
}

const get = (app: TestApp, path: string, as: As): Promise<TestAnswer> =>
  app.request({ url: `/ocs/v2.php${path}${path.includes('?') ? '&' : '?'}format=json`, headers: OCS, as })

const put = (app: TestApp, userId: string, fields: Record<string, string>, as: As): Promise<TestAnswer> =>
  app.request({
    method: 'PUT',
    url: `/ocs/v2.php/cloud/users/${userId}?format=json`,
    headers: { ...OCS, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    as,
  })

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`accounts on ${database}`, () => {
    after(stopSharedPostgres)

    test('who sees whom: everybody themselves, a group administrator their group, an administrator all', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const seen: Record<string, string[]> = {}
      for (const viewer of ['alice', 'lead', 'admin']) {
        const as = viewer === 'admin' ? ADMIN : signIn(viewer)
        seen[viewer] = []
        for (const userId of ['admin', 'alice', 'bob', 'carol', 'lead']) {
          const answer = await get(app, `/cloud/users/${userId}`, as)
          if (answer.status === 200) {
            assert.equal(answer.json().ocs.data.id, userId)
            seen[viewer]?.push(userId)
          } else {
            assert.equal(answer.json().ocs.meta.statuscode, 998)
            assert.deepEqual(answer.json().ocs.data, [])
          }
        }
      }
      assert.deepEqual(seen, {
        alice: ['alice'],
        lead: ['alice', 'bob', 'lead'],
        admin: ['admin', 'alice', 'bob', 'carol', 'lead'],
      })
      await app.close()
    })

    test('lists hold only what the viewer administers', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const users = async (as: As, query = '') => (await get(app, `/cloud/users${query}`, as)).json().ocs.data.users
      assert.deepEqual(await users(signIn('lead')), ['alice', 'bob'])
      assert.deepEqual(await users(ADMIN), ['admin', 'alice', 'bob', 'carol', 'lead'])
      assert.deepEqual(await users(ADMIN, '?search=AR'), ['carol'])
      assert.deepEqual(await users(ADMIN, '?search=%25'), ['admin', 'alice', 'bob', 'carol', 'lead'])
      assert.deepEqual(await users(ADMIN, '?limit=2&offset=1'), ['alice', 'bob'])
      assert.equal((await get(app, '/cloud/users', signIn('alice'))).status, 403)
      await app.close()
    })

    test('only an administrator is told where the data is, only oneself who sees a field', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const own = (await get(app, '/cloud/user', signIn('alice'))).json().ocs.data
      const asAdmin = (await get(app, '/cloud/users/alice', ADMIN)).json().ocs.data
      const asLead = (await get(app, '/cloud/users/alice', signIn('lead'))).json().ocs.data
      assert.deepEqual(
        [own, asAdmin, asLead].map((data) => 'storageLocation' in data),
        [false, true, false],
      )
      assert.deepEqual(
        [own, asAdmin, asLead].map((data) => 'emailScope' in data),
        [true, false, false],
      )
      assert.equal(own.webpage, own.website)
      await app.close()
    })

    test('a field is changed by those who may, and by nobody else', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const statusOf = async (key: string, value: string, as: As) =>
        (await put(app, 'alice', { key, value }, as)).status
      assert.equal(await statusOf('email', 'alice@example.org', signIn('alice')), 200)
      assert.equal(await statusOf('quota', '1 TB', signIn('alice')), 400, 'nobody gives themselves space')
      assert.equal(await statusOf('quota', '5 GB', signIn('lead')), 200)
      assert.equal(await statusOf('email', 'mine@example.org', signIn('bob')), 404)
      assert.equal(await statusOf('displayname', 'Alice Example', ADMIN), 200)
      assert.equal(await statusOf('emailScope', 'v2-local', signIn('alice')), 200)
      assert.equal(await statusOf('emailScope', 'v2-private', signIn('alice')), 400)
      assert.equal(await statusOf('phone', 'call me', signIn('alice')), 400)
      const data = (await get(app, '/cloud/user', signIn('alice'))).json().ocs.data
      assert.deepEqual(
        [data.email, data.displayname, data.quota.quota, data.emailScope, data.phone],
        ['alice@example.org', 'Alice Example', 5 * 1024 ** 3, 'v2-local', ''],
      )
      await app.close()
    })

    test('fields that are none cannot be set (bug class: mass assignment)', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const before = (await get(app, '/cloud/users/alice', ADMIN)).json().ocs.data
      const names = 'id enabled is_admin password_hash groups backend constructor __proto__ toString constructorScope'
      for (const key of [...names.split(' '), 'user_key', 'last_login_at_ms', 'subadmin', 'x'.repeat(65)]) {
        for (const as of [signIn('alice'), ADMIN]) {
          const { status } = await put(app, 'alice', { key, value: '1' }, as)
          assert.equal(status, 400, `${key} as ${as[0]}`)
        }
      }
      const extra = await put(app, 'alice', { key: 'email', value: 'a@example.org', isAdmin: '1' }, signIn('alice'))
      assert.ok([200, 400].includes(extra.status))
      const after = (await get(app, '/cloud/users/alice', ADMIN)).json().ocs.data
      for (const data of [before, after])
        for (const name of ['email', 'lastLogin', 'lastLoginTimestamp', 'firstLoginTimestamp']) delete data[name]
      assert.deepEqual(after, before)
      await app.close()
    })

    test('a group administrator has no say over administrators, themselves a member or not', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const { accounts, groups } = app.features
      await groups.addMember('staff', (await accounts.get('admin')).row.id, 'test')
      assert.equal((await put(app, 'admin', { key: 'password', value: 'taken over now' }, signIn('lead'))).status, 404)
      assert.equal((await put(app, 'admin', { key: 'email', value: 'x@example.org' }, signIn('lead'))).status, 404)
      assert.equal((await get(app, '/cloud/user', ADMIN)).status, 200)
      await app.close()
    })

    test('the last administrator stays: deleted, disabled or taken out of the group', async () => {
      const app = await createTestApp({ database })
      const { accounts } = app.features
      const admin = await accounts.get('admin')
      const isLast = isFault('forbidden', 'last-admin')
      await assert.rejects(accounts.remove(admin, 'test'), isLast)
      await assert.rejects(accounts.setEnabled(admin, false, 'test'), isLast)
      await assert.rejects(accounts.leaveGroup(admin, 'admin', 'test'), isLast)
      const second = await accounts.add({ userId: 'second', password: 'second-password', groupIds: ['admin'] }, 'test')
      await accounts.setEnabled(second, false, 'test')
      await assert.rejects(accounts.remove(admin, 'test'), isLast, 'a disabled administrator is no administrator')
      await accounts.setEnabled(second, true, 'test')
      await accounts.leaveGroup(admin, 'admin', 'test')
      assert.deepEqual((await accounts.get('admin')).groupIds, [])
      await app.close()
    })

    test('two administrators that end each other at the same time: one of them stays', async () => {
      const app = await createTestApp({ database })
      const { accounts } = app.features
      for (let turn = 0; turn < 5; turn++) {
        const first = await accounts.add({ userId: `first${turn}`, groupIds: ['admin'] }, 'test')
        const admin = await accounts.get('admin')
        const results = await Promise.allSettled([
          accounts.setEnabled(first, false, 'test'),
          accounts.setEnabled(admin, false, 'test'),
        ])
        assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
        await accounts.setEnabled(admin, true, 'test')
        await accounts.setEnabled(first, true, 'test')
        await accounts.remove(first, 'test')
      }
      await app.close()
    })

    test('an id once deleted and made again inherits nothing (bug class: orphans)', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const { accounts, auth, groups } = app.features
      const alice = await accounts.get('alice')
      const { secret } = await auth.appPasswords.add(alice.row.id, 'phone', 'test')
      await put(app, 'alice', { key: 'phone', value: '+4930123456' }, signIn('alice'))
      await groups.addAdmin('staff', alice.row.id, 'test')
      await accounts.remove(alice, 'test')
      assert.equal((await get(app, '/cloud/user', ['alice', secret])).status, 401)
      await accounts.add({ userId: 'Alice', password: 'alice-password' }, 'test')
      assert.equal((await get(app, '/cloud/user', ['alice', secret])).status, 401)
      const data = (await get(app, '/cloud/user', signIn('alice'))).json().ocs.data
      assert.deepEqual([data.id, data.phone, data.groups, data.subadmin], ['Alice', '', [], []])
      await app.close()
    })

    test('the same id in another letter case is the same account', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const { accounts } = app.features
      await assert.rejects(accounts.add({ userId: 'ALICE' }, 'test'), isFault('exists'))
      assert.equal((await get(app, '/cloud/user', ['ALICE', 'alice-password'])).json().ocs.data.id, 'alice')
      const made = await Promise.allSettled(
        Array.from({ length: 6 }, () => accounts.add({ userId: 'dora', password: 'dora-password' }, 'test')),
      )
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
      await app.close()
    })
  })

  describe(`groups on ${database}`, () => {
    after(stopSharedPostgres)

    test('a deleted group takes its rights along', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      assert.equal((await get(app, '/cloud/users/alice', signIn('lead'))).status, 200)
      await app.features.groups.remove('staff', 'test')
      assert.equal((await get(app, '/cloud/users/alice', signIn('lead'))).status, 404)
      assert.deepEqual((await app.features.accounts.get('alice')).groupIds, [])
      await app.close()
    })

    test('a member that leaves is out of sight at once', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const alice = await app.features.accounts.get('alice')
      await app.features.accounts.leaveGroup(alice, 'staff', 'test')
      assert.equal((await get(app, '/cloud/users/alice', signIn('lead'))).status, 404)
      await app.close()
    })

    test('the administrators’ group stays, and has no group administrators', async () => {
      const app = await createTestApp({ database })
      await withStaff(app)
      const { groups, accounts } = app.features
      const { id } = (await accounts.get('lead')).row
      await assert.rejects(groups.remove('admin', 'test'), isFault('forbidden'))
      await assert.rejects(groups.addAdmin('admin', id, 'test'), isFault('forbidden'))
      await assert.rejects(groups.add('staff', 'Staff', 'test'), isFault('exists'))
      await assert.rejects(groups.addMember('none', id, 'test'), isFault('not-found'))
      await assert.rejects(groups.addMember('staff', 987_654, 'test'), isFault('not-found'))
      for (const name of ['', '  ', 'a\nb', 'x'.repeat(256)]) {
        await assert.rejects(groups.add(name, name, 'test'), isFault('bad-request'))
      }
      await app.close()
    })
  })
}

describe('account ids and values', () => {
  test('ids, passwords and addresses that cannot be are refused', async () => {
    const app = await createTestApp()
    const { accounts } = app.features
    for (const userId of ['', ' ', ' a', 'a ', '..', '.', 'a/b', 'a\\b', 'ä', 'a\n', 'uploads', 'x'.repeat(65)]) {
      await assert.rejects(accounts.add({ userId }, 'test'), isFault('bad-request'), JSON.stringify(userId))
    }
    for (const account of [
      { userId: 'ok', password: 'short' },
      { userId: 'ok', password: 'x'.repeat(470) },
      { userId: 'ok', email: 'no address' },
      { userId: 'ok', displayName: 'x'.repeat(65) },
      { userId: 'ok', displayName: 'a\u0000b' },
      { userId: 'ok', quota: 'much' },
      { userId: 'ok', language: 'xx-klingon' },
    ]) {
      await assert.rejects(accounts.add(account, 'test'), isFault('bad-request'), JSON.stringify(account))
    }
    await assert.rejects(accounts.add({ userId: 'ok', groupIds: ['none'] }, 'test'), isFault('not-found'))
    await assert.rejects(accounts.get('ok'), isFault('not-found'))
    await app.close()
  })
})
