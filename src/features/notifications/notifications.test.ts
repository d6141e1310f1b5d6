import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'
import { MAX_PER_ACCOUNT } from './service.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const ALICE = ['alice', 'alice-password'] as const
const API = '/ocs/v2.php/apps/notifications/api'
const LIST = `${API}/v2/notifications?format=json`
const JSON_TYPE = { 'content-type': 'application/json' }

for (const database of ['sqlite', 'postgres'] as const) {
  /** A test with an app of its own and the account alice, who knows no notification yet. */
  const withApp = (name: string, run: (app: TestApp) => Promise<void>): void => {
    test(name, async () => {
      const app = await createTestApp({ database })
      try {
        await app.features.accounts.add({ userId: 'alice', password: ALICE[1] }, 'test')
        await run(app)
      } finally {
        await app.close()
      }
    })
  }

  describe(`notifications on ${database}`, () => {
    after(stopSharedPostgres)

    withApp('what an administrator sends is on the list of its reader alone, newest first', async (app) => {
      for (const subject of ['One', 'Two']) await send(app, { subject })
      const list = await read(app)
      assert.deepEqual(
        list.map(({ subject }) => subject),
        ['Two', 'One'],
      )
      assert.deepEqual(await read(app, ADMIN), [])
    })

    withApp('an account has at most so many; the oldest make room', async (app) => {
      for (let count = 0; count <= MAX_PER_ACCOUNT; count++) await send(app, { subject: `Number ${count}` })
      const list = await read(app)
      assert.equal(list.length, MAX_PER_ACCOUNT)
      assert.equal(list.at(-1)?.subject, 'Number 1')
    })

    withApp('a list that has not changed is answered with 304 and without a statement', async (app) => {
      await send(app, { subject: 'One' })
      const first = await app.request({ url: LIST, headers: OCS, as: ALICE })
      const etag = String(first.headers['etag'])
      const again = await app.request({ url: LIST, headers: { ...OCS, 'if-none-match': etag }, as: ALICE })
      assert.deepEqual([again.status, again.text, again.headers['x-nextcloud-user-status']], [304, '', 'online'])
      await send(app, { subject: 'Two' })
      const changed = await app.request({ url: LIST, headers: { ...OCS, 'if-none-match': etag }, as: ALICE })
      assert.equal(changed.status, 200)
      assert.equal(changed.json().ocs.data.length, 2)
    })

    withApp('an app password that is made is told, and several in a short time become one', async (app) => {
      const { accountId } = await idOf(app)
      const { appPasswords } = app.features.auth
      await appPasswords.add(accountId, 'Phone', 'test')
      await app.jobs.runDue()
      const [one] = await read(app)
      assert.equal(one?.subject, 'A new device or app was connected: Phone')
      await appPasswords.add(accountId, 'Tablet', 'test')
      await app.jobs.runDue()
      const list = await read(app)
      assert.deepEqual(
        list.map(({ notification_id, subject }) => [notification_id, subject]),
        [[one.notification_id, '2 new devices or apps were connected, the last one: Tablet']],
      )
    })

    withApp('an account that is deleted leaves nothing behind (bug class: orphans)', async (app) => {
      const { accountId } = await idOf(app)
      await send(app, { subject: 'One' })
      await app.features.auth.appPasswords.add(accountId, 'Phone', 'test')
      await app.features.accounts.remove(await app.features.accounts.get('alice'), 'test')
      // The reaction to the app password comes when there is nobody any more.
      await app.jobs.runDue()
      assert.deepEqual(await app.jobs.list(10), [])
      const left = await app.db.read.selectFrom('notification').selectAll().execute()
      assert.deepEqual(left, [])
      await app.features.accounts.add({ userId: 'alice', password: ALICE[1] }, 'test')
      assert.deepEqual(await read(app), [])
    })
  })
}

async function send(app: TestApp, message: object): Promise<TestAnswer> {
  const answer = await app.request({
    method: 'POST',
    url: `${API}/v3/admin_notifications/alice?format=json`,
    headers: { ...OCS, ...JSON_TYPE },
    body: JSON.stringify(message),
    as: ADMIN,
  })
  assert.equal(answer.status, 200, answer.text)
  return answer
}

interface Entry {
  readonly notification_id: number
  readonly subject: string
}

async function read(app: TestApp, as: readonly [string, string] = ALICE): Promise<Entry[]> {
  const answer = await app.request({ url: LIST, headers: OCS, as })
  assert.equal(answer.status, 200, answer.text)
  return answer.json().ocs.data
}

async function idOf(app: TestApp): Promise<{ readonly accountId: number }> {
  return { accountId: (await app.features.accounts.get('alice')).row.id }
}
