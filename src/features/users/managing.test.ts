import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const CAROL = ['carol', 'carol-password-1'] as const
const PASSWORD = 'a-good-password-1'

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`managing accounts on ${database}`, () => {
    let app: TestApp
    const call = async (as: readonly [string, string], method: string, path: string, body?: object) => {
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
      app = await createTestApp({ database })
      for (const groupId of ['staff', 'readers']) await app.features.groups.add(groupId, groupId, 'test')
      const carol = { userId: CAROL[0], password: CAROL[1], groupIds: ['staff'] }
      const { row } = await app.features.accounts.add(carol, 'test')
      await app.features.groups.addAdmin('staff', row.id, 'test')
    })
    after(() => app.close())

    test('an account is made with everything at once, and nothing of it when something is wrong', async () => {
      const made = await call(ADMIN, 'POST', 'users', {
        userid: 'frank',
        password: PASSWORD,
        displayName: 'Frank',
        email: 'frank@example.com',
        groups: ['staff', 'readers'],
        subadmin: ['readers'],
        quota: '5 GB',
        language: 'de',
      })
      assert.deepEqual([made.status, made.data], [200, { id: 'frank' }])
      const { data } = await call(ADMIN, 'GET', 'users/frank')
      assert.deepEqual(
        [data.groups, data.subadmin, data.quota.quota],
        [['staff', 'readers'], ['readers'], 5 * 1024 ** 3],
      )
      const wrong = await call(ADMIN, 'POST', 'users', { userid: 'x', password: PASSWORD, groups: ['nosuch'] })
      assert.deepEqual([wrong.code, (await call(ADMIN, 'GET', 'users/x')).status], [104, 404])
    })

    test('unknown fields are refused (bug class: mass assignment)', async () => {
      const made = await call(ADMIN, 'POST', 'users', {
        userid: 'y',
        password: PASSWORD,
        isAdmin: true,
        enabled: false,
      })
      assert.equal(made.status, 400)
      assert.equal((await call(ADMIN, 'GET', 'users/y')).status, 404)
    })

    test('a group administrator stays inside the groups (bug class: a group administrator who is too powerful)', async () => {
      await call(ADMIN, 'POST', 'users', { userid: 'stranger', password: PASSWORD })
      const outside = { userid: 'z', password: PASSWORD, groups: ['readers'] }
      assert.equal((await call(CAROL, 'POST', 'users', outside)).code, 105)
      assert.equal((await call(CAROL, 'POST', 'users', { ...outside, groups: ['admin'] })).code, 105)
      assert.equal(
        (await call(CAROL, 'POST', 'users', { ...outside, groups: ['staff'], subadmin: ['readers'] })).code,
        105,
      )
      assert.equal(
        (await call(CAROL, 'POST', 'users', { userid: 'ivan', password: PASSWORD, groups: ['staff'] })).status,
        200,
      )
      for (const [method, path] of [
        ['DELETE', 'users/admin'],
        ['PUT', 'users/admin/disable'],
        ['POST', 'users/ivan/groups?groupid=admin'],
        ['POST', 'users/admin/groups?groupid=staff'],
        ['POST', 'users/stranger/groups?groupid=staff'],
        ['POST', 'users/ivan/subadmins?groupid=staff'],
        ['POST', 'groups?groupid=new'],
      ] as const) {
        const { status } = await call(CAROL, method, path)
        assert.ok(status >= 400, `${method} ${path} ${status}`)
      }
      const admin = await app.features.accounts.get('admin')
      assert.equal(admin.row.enabled, 1)
      assert.ok(admin.groupIds.includes('admin'))
      assert.equal((await call(CAROL, 'PUT', 'users/ivan/disable')).status, 200)
      assert.equal((await call(CAROL, 'DELETE', 'users/ivan')).status, 200)
    })

    test('nobody deletes or disables oneself, and the last administrator stays', async () => {
      assert.equal((await call(ADMIN, 'DELETE', 'users/admin')).code, 101)
      assert.equal((await call(ADMIN, 'PUT', 'users/admin/disable')).code, 101)
      assert.equal((await call(ADMIN, 'DELETE', 'users/admin/groups?groupid=admin')).code, 105)
    })

    test('an app password manages nobody', async () => {
      const { row } = await app.features.accounts.get('admin')
      const { secret } = await app.features.auth.appPasswords.add(row.id, 'script', 'test')
      const made = await call(['admin', secret], 'POST', 'users', { userid: 'w', password: PASSWORD })
      assert.equal(made.status, 403)
      assert.equal((await call(ADMIN, 'GET', 'users/w')).status, 404)
    })

    test('of a deleted account nothing comes back under the same name (bug class: orphans after deletion)', async () => {
      const again = { userid: 'ghost', password: PASSWORD, groups: ['staff'], subadmin: ['staff'] }
      await call(ADMIN, 'POST', 'users', again)
      const ghost = ['ghost', PASSWORD] as const
      await app.request({ method: 'PUT', url: '/remote.php/dav/files/ghost/secret.txt', body: 'x', as: [...ghost] })
      const { row } = await app.features.accounts.get('ghost')
      const { secret } = await app.features.auth.appPasswords.add(row.id, 'phone', 'test')
      await call(ADMIN, 'DELETE', 'users/ghost')
      await call(ADMIN, 'POST', 'users', { userid: 'ghost', password: PASSWORD })
      assert.equal((await call(['ghost', secret], 'GET', 'user')).status, 401)
      const own = await call(ghost, 'GET', 'user')
      assert.deepEqual([own.data.groups, own.data.subadmin, own.data.quota.used], [[], [], 0])
      const file = await app.request({ url: '/remote.php/dav/files/ghost/secret.txt', as: [...ghost] })
      assert.equal(file.status, 404)
    })

    test('lists name each account once, page by page, with what it uses', async () => {
      await app.request({
        method: 'PUT',
        url: '/remote.php/dav/files/frank/a.txt',
        body: 'x'.repeat(1_000),
        as: ['frank', PASSWORD],
      })
      const seen: string[] = []
      for (let offset = 0; ; offset += 2) {
        const { data } = await call(ADMIN, 'GET', `users/details?limit=2&offset=${offset}`)
        const page = Object.keys(data.users)
        if (page.length === 0) break
        seen.push(...page)
      }
      assert.deepEqual(seen, (await call(ADMIN, 'GET', 'users')).data.users)
      const { data } = await call(ADMIN, 'GET', 'users/details?search=frank')
      assert.equal(data.users.frank.quota.used, 1_000)
      const ofCarol = Object.keys((await call(CAROL, 'GET', 'users/details')).data.users)
      assert.deepEqual(ofCarol.toSorted(), ['carol', 'frank'])
      await call(ADMIN, 'PUT', 'users/frank/disable')
      assert.deepEqual(Object.keys((await call(ADMIN, 'GET', 'users/disabled')).data.users), ['frank'])
      const details = await call(ADMIN, 'GET', 'groups/details?search=readers')
      assert.deepEqual([details.data.groups[0].usercount, details.data.groups[0].disabled], [1, 1])
      await call(ADMIN, 'PUT', 'users/frank/enable')
      assert.equal((await call(['frank', PASSWORD], 'GET', 'user')).status, 200)
    })

    test('groups: members know each other, others do not; a new name keeps the id', async () => {
      assert.equal((await call(['frank', PASSWORD], 'GET', 'groups/staff/users')).status, 200)
      assert.equal((await call(CAROL, 'GET', 'groups/readers/users')).status, 403)
      assert.equal((await call(ADMIN, 'PUT', 'groups/readers', { key: 'displayname', value: 'Book club' })).status, 200)
      const { data } = await call(ADMIN, 'GET', 'groups/details?search=Book')
      assert.deepEqual([data.groups[0].id, data.groups[0].displayname], ['readers', 'Book club'])
      assert.deepEqual((await call(ADMIN, 'GET', 'groups/staff/subadmins')).data, ['carol'])
    })
  })
}
