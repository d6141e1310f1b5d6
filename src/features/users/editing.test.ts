import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { statementsDuring } from '../../../test/helpers/statements.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const ALICE = ['alice', 'alice-password-1'] as const
const CAROL = ['carol', 'carol-password-1'] as const

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`editing accounts on ${database}`, () => {
    let app: TestApp
    const call = async (as: readonly [string, string], method: string, path: string, body?: object) => {
      // Nobody is held up by the limit of changes in ten minutes.
      app.clock.advance(60_000)
      const answer = await app.request({
        method,
        url: `/ocs/v2.php/cloud/${path}${path.includes('?') ? '&' : '?'}format=json`,
        headers: { ...OCS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        as,
      })
      const { meta, data } = answer.json().ocs
      return { status: answer.status, code: meta.statuscode as number, message: meta.message as string, data }
    }
    before(async () => {
      app = await createTestApp({ database, env: { CLOUDLET_PHONE_REGION: 'DE' } })
      const { groups, accounts } = app.features
      for (const groupId of ['staff', 'readers']) await groups.add(groupId, groupId, 'test')
      await accounts.add(
        { userId: 'alice', password: ALICE[1], email: 'alice@example.com', groupIds: ['staff'] },
        'test',
      )
      await accounts.add(
        { userId: 'carol', password: CAROL[1], groupIds: ['staff'], administeredGroupIds: ['staff'] },
        'test',
      )
      await accounts.add({ userId: 'erin', password: 'erin-password-1' }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    test('several fields change together, or none of them', async () => {
      const good = {
        displayName: 'Alice A.',
        email: 'new@example.com',
        quota: '2 GB',
        language: 'de',
        manager: 'carol',
        password: 'another-password-1',
        groups: ['readers'],
        subadminGroups: ['readers'],
      }
      const bad = { ...good, quota: 'lots', password: 'short', groups: ['nosuch'], subadminGroups: ['admin'] }
      const before = (await call(ADMIN, 'GET', 'users/alice')).data
      const refused = await call(ADMIN, 'PATCH', 'users/alice', bad)
      assert.equal(refused.status, 422)
      assert.deepEqual(refused.data.errors, {
        quota: 'Invalid quota value: lots',
        password: 'The password needs at least 8 characters',
        groups: 'Group nosuch does not exist',
        subadminGroups: 'Cannot create sub-admins for admin group',
      })
      const kept = (await call(ADMIN, 'GET', 'users/alice')).data
      assert.deepEqual(withoutTimes(kept), withoutTimes(before))
      assert.equal((await call(ALICE, 'GET', 'user')).status, 200)
      const { status, data } = await call(ADMIN, 'PATCH', 'users/alice', good)
      assert.equal(status, 200)
      const { displayname, email, quota, language, manager, groups, subadmin } = data
      assert.deepEqual(
        [displayname, email, quota.quota, language, manager, groups, subadmin],
        ['Alice A.', 'new@example.com', 2 * 1024 ** 3, 'de', 'carol', ['readers'], ['readers']],
      )
      assert.equal((await call(ALICE, 'GET', 'user')).status, 401)
      assert.equal((await call(['alice', 'another-password-1'], 'GET', 'user')).status, 200)
      const back = { password: ALICE[1], email: 'alice@example.com', language: 'en', groups: ['staff'], quota: null }
      assert.equal((await call(ADMIN, 'PATCH', 'users/alice', { ...back, subadminGroups: [] })).status, 200)
      const after = (await call(ADMIN, 'GET', 'users/alice')).data
      assert.deepEqual([after.groups, after.subadmin, after.quota.quota], [['staff'], [], 2 * 1024 ** 3])
      const empty = await call(ADMIN, 'PATCH', 'users/alice', { email: '', manager: '', displayName: null })
      assert.deepEqual([empty.data.email, empty.data.manager, empty.data.displayname], [null, '', 'Alice A.'])
      await call(ADMIN, 'PATCH', 'users/alice', { email: 'alice@example.com' })
    })

    test('nothing but the listed fields is taken (bug class: mass assignment)', async () => {
      for (const field of [{ enabled: false }, { isAdmin: true }, { user_id: 'x' }, { password_hash: 'x' }]) {
        assert.equal((await call(ADMIN, 'PATCH', 'users/alice', { displayName: 'No', ...field })).status, 400)
      }
      assert.equal((await call(ADMIN, 'GET', 'users/alice')).data.displayname, 'Alice A.')
      for (const key of ['enabled', 'user_id', 'password_hash', 'last_login_at_ms', '__proto__', 'constructor']) {
        assert.equal((await call(ADMIN, 'PUT', 'users/alice', { key, value: '1' })).code, 113, key)
      }
    })

    test('a group administrator patches members of the group, inside it (bug class: a group administrator who is too powerful)', async () => {
      const patch = (userId: string, body: object) => call(CAROL, 'PATCH', `users/${userId}`, body)
      assert.equal((await patch('alice', { displayName: 'By Carol' })).status, 200)
      assert.equal((await patch('erin', { displayName: 'x' })).status, 404)
      assert.equal((await patch('admin', { displayName: 'x' })).status, 404)
      for (const body of [
        { groups: ['staff', 'admin'] },
        { groups: ['staff', 'readers'] },
        { groups: [] },
        { subadminGroups: ['staff'] },
        { subadminGroups: ['readers'] },
      ]) {
        const { status } = await patch('alice', { displayName: 'Changed', ...body })
        assert.equal(status, 422, JSON.stringify(body))
      }
      assert.equal((await patch('carol', { groups: [] })).status, 422)
      const { data } = await call(ADMIN, 'GET', 'users/alice')
      assert.deepEqual([data.displayname, data.groups, data.subadmin], ['By Carol', ['staff'], []])
      // A group that Carol has no say in stays, whether she names it or not.
      await call(ADMIN, 'POST', 'users/alice/groups', { groupid: 'readers' })
      assert.equal((await patch('alice', { groups: ['staff'] })).status, 200)
      assert.deepEqual((await call(ADMIN, 'GET', 'users/alice')).data.groups.toSorted(), ['readers', 'staff'])
    })

    test('the last administrator stays one', async () => {
      const { status, data } = await call(ADMIN, 'PATCH', 'users/admin', { groups: [] })
      assert.deepEqual([status, Object.keys(data.errors)], [422, ['groups']])
      await app.features.accounts.add({ userId: 'second', password: 'second-password', groupIds: ['admin'] }, 'test')
      const second = ['second', 'second-password'] as const
      const both = await Promise.all([
        call(ADMIN, 'PATCH', 'users/second', { groups: [] }),
        call(second, 'PATCH', 'users/admin', { groups: [] }),
      ])
      assert.ok(both.some(({ status: one }) => one !== 200))
      const admins = await app.features.groups.listMemberAccountIds('admin')
      assert.equal(admins.length, 1)
      const [left] = await app.features.accounts.userIdsOf(admins)
      await app.features.groups.addMember('admin', (await app.features.accounts.get('admin')).row.id, 'test')
      assert.ok(left !== undefined)
      await call(ADMIN, 'DELETE', 'users/second')
    })

    test('further addresses: added side by side none is lost; renamed, taken away, each with a scope', async () => {
      const add = (value: string) => call(ADMIN, 'PUT', 'users/alice', { key: 'additional_mail', value })
      const wanted = ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com']
      const added = await Promise.all(wanted.map(add))
      assert.deepEqual(
        added.map(({ status }) => status),
        [200, 200, 200, 200],
      )
      assert.equal((await add('A@example.com')).status, 200)
      assert.equal((await add('alice@example.com')).code, 101)
      const own = async () => (await call(ALICE, 'GET', 'user')).data
      assert.deepEqual((await own()).additional_mail.toSorted(), wanted)
      const entry = (collection: string, key: string, value: string) =>
        call(ALICE, 'PUT', `users/alice/${collection}`, { key, value })
      await entry('additional_mailScope', 'b@example.com', 'v2-published')
      await entry('additional_mail', 'a@example.com', '')
      await entry('additional_mail', 'b@example.com', 'e@example.com')
      const { additional_mail, additional_mailScope } = await own()
      assert.deepEqual(additional_mail.toSorted(), ['c@example.com', 'd@example.com', 'e@example.com'])
      assert.equal(additional_mailScope[additional_mail.indexOf('e@example.com')], 'v2-published')
      assert.equal((await entry('additional_mailScope', 'c@example.com', 'everybody')).code, 102)
      assert.equal((await call(CAROL, 'PUT', 'users/alice/additional_mailScope', { key: 'c', value: '' })).code, 103)
      for (let count = 0; count < 20; count++) await add(`more-${count}@example.com`)
      assert.equal((await own()).additional_mail.length, 20)
      assert.equal((await add('too-many@example.com')).code, 101)
    })

    test('mail goes to an address of the account, and follows it', async () => {
      const set = (key: string, value: string) => call(ALICE, 'PUT', 'users/alice', { key, value })
      assert.equal((await set('notify_email', 'c@example.com')).code, 101)
      assert.equal((await set('notify_email', 'mallory@example.com')).code, 101)
      assert.equal((await set('notify_email', 'alice@example.com')).status, 200)
      assert.equal((await call(ALICE, 'GET', 'user')).data.notify_email, 'alice@example.com')
      await set('email', 'alice2@example.com')
      assert.equal((await call(ALICE, 'GET', 'user')).data.notify_email, null)
    })

    test('phone numbers are kept in one form; by it others find the account, in one statement', async () => {
      const set = async (value: string) => (await call(ALICE, 'PUT', 'users/alice', { key: 'phone', value })).code
      assert.deepEqual([await set('0711 / 123 45 678'), await set('12'), await set('+49 123')], [200, 101, 101])
      assert.equal((await call(ALICE, 'GET', 'user')).data.phone, '+4971112345678')
      const find = (location: string, search: object) =>
        call(['erin', 'erin-password-1'], 'POST', 'users/search/by-phone', { location, search })
      const book = { a: ['0711 12345678', 'nonsense'], b: ['+49 30 123456'], c: ['00497 1112345678'] }
      const { data } = await find('DE', book)
      assert.deepEqual(data, { a: 'alice@cloud.test', c: 'alice@cloud.test' })
      assert.deepEqual((await find('FR', { a: ['0711 12345678'] })).data, [])
      assert.equal((await find('xx', book)).status, 400)
      const many = Object.fromEntries(
        Array.from({ length: 500 }, (_each, index) => [`k${index}`, [`071190${1_000 + index}`]]),
      )
      const statements = await statementsDuring(() => find('DE', { ...many, ...book }))
      assert.equal(statements.filter((sql) => sql.includes('account_property')).length, 1, statements.join('\n'))
      const tooMany = { all: Array.from({ length: 5_001 }, (_each, index) => `0711${100_000 + index}`) }
      assert.equal((await find('DE', tooMany)).status, 400)
      await call(ADMIN, 'PUT', 'users/alice/disable')
      assert.deepEqual((await find('DE', book)).data, [])
      await call(ADMIN, 'PUT', 'users/alice/enable')
    })

    test('a number finds nobody whom the one who asks may not see (bug class: enumeration)', async () => {
      const hidden = await createTestApp()
      try {
        const { accounts, groups, appConfig } = hidden.features
        await appConfig.set('core', 'shareapi_restrict_user_enumeration_to_group', 'yes', 'test')
        await groups.add('staff', 'staff', 'test')
        for (const [userId, groupIds] of [
          ['alice', ['staff']],
          ['bob', ['staff']],
          ['mallory', []],
        ] as const) {
          await accounts.add({ userId, password: `${userId}-password-1`, groupIds }, 'test')
        }
        const ask = async (userId: string, method: 'PUT' | 'POST', path: string, body: object) => {
          const headers = { ...OCS, 'content-type': 'application/json' }
          const as = [userId, `${userId}-password-1`] as const
          const url = `/ocs/v2.php/cloud/users/${path}?format=json`
          return (await hidden.request({ method, url, headers, body: JSON.stringify(body), as })).json().ocs.data
        }
        await ask('alice', 'PUT', 'alice', { key: 'phone', value: '+49 711 12345678' })
        const book = { location: 'DE', search: { a: ['0711 12345678'] } }
        assert.deepEqual(await ask('bob', 'POST', 'search/by-phone', book), { a: 'alice@cloud.test' })
        assert.deepEqual(await ask('mallory', 'POST', 'search/by-phone', book), [])
      } finally {
        await hidden.close()
      }
    })

    test('whoever tries numbers in a row is stopped', async () => {
      const find = () =>
        app.request({
          method: 'POST',
          url: '/ocs/v2.php/cloud/users/search/by-phone',
          headers: { ...OCS, 'content-type': 'application/json' },
          body: JSON.stringify({ location: 'DE', search: { a: ['0711 12345678'] } }),
          as: ALICE,
        })
      const answers: number[] = []
      for (let count = 0; count < 12; count++) answers.push((await find()).status)
      assert.deepEqual(answers.slice(-2), [429, 429])
    })
  })
}

function withoutTimes(record: Record<string, unknown>): object {
  const { lastLogin, lastLoginTimestamp, firstLoginTimestamp, ...rest } = record
  return rest
}
