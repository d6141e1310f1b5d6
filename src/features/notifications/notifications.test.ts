import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { statementsDuring } from '../../../test/helpers/statements.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'

type As = readonly [string, string]

const ADMIN: As = ['admin', ADMIN_PASSWORD]
const ALICE: As = ['alice', 'alice-password']
const API = '/ocs/v2.php/apps/notifications/api'
const LIST = `${API}/v2/notifications?format=json`

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
      assert.deepEqual(await subjects(app), ['Two', 'One'])
      assert.deepEqual(await subjects(app, ADMIN), [])
    })

    withApp('a list costs one statement however long it is, and none while nothing has changed', async (app) => {
      await send(app, { subject: 'First' })
      await subjects(app)
      for (let count = 0; count < 20; count++) await send(app, { subject: `Number ${count}` })
      const first = await statementsDuring(() => subjects(app))
      assert.equal(first.length, 1, first.join('\n'))
      assert.match(first[0] ?? '', /from notification /)
      // On PostgreSQL the word of the change comes a moment after it; the test runner's limit ends a wait for ever.
      while ((await statementsDuring(() => subjects(app))).length > 0) await new Promise(setImmediate)
    })

    withApp('a list that has not changed is answered with 304 from memory; any change ends that', async (app) => {
      await send(app, { subject: 'One' })
      const first = await app.request({ url: LIST, headers: OCS, as: ALICE })
      const etag = String(first.headers['etag'])
      const again = (): Promise<TestAnswer> =>
        app.request({ url: LIST, headers: { ...OCS, 'if-none-match': etag }, as: ALICE })
      const { status, text, headers } = await again()
      assert.deepEqual([status, text, headers['x-nextcloud-user-status']], [304, '', 'online'])
      while ((await statementsDuring(again)).length > 0) await new Promise(setImmediate)
      await send(app, { subject: 'Two' })
      const changed = await again()
      assert.equal(changed.status, 200)
      assert.notEqual(changed.headers['etag'], etag)
      await app.request({ method: 'DELETE', url: LIST, headers: OCS, as: ALICE })
      assert.equal((await again()).status, 200)
    })

    withApp('each reader gets the language of the account, else the one their program asks for', async (app) => {
      await app.request({ method: 'POST', url: `${API}/v3/test/self`, headers: OCS, as: ALICE })
      const said = async (headers: Record<string, string> = {}): Promise<string> => {
        const answer = await app.request({ url: LIST, headers: { ...OCS, ...headers }, as: ALICE })
        return answer.json().ocs.data[0].subject
      }
      const [english, german, french] = [
        await said(),
        await said({ 'accept-language': 'ru, de;q=0.8, en;q=0.1' }),
        await said({ 'accept-language': 'fr-CA' }),
      ]
      assert.equal(english, 'Testing push notifications')
      assert.equal(german, 'Test der Push-Benachrichtigungen')
      assert.equal(french, 'Test des notifications push')
      await edit(app, 'language', 'fr')
      assert.equal(await said({ 'accept-language': 'de' }), french)
    })

    withApp('an app password that is made is told', async (app) => {
      const { accountId } = await idOf(app)
      await app.features.auth.appPasswords.add(accountId, 'Phone', 'test')
      await app.jobs.runDue()
      assert.deepEqual(await subjects(app), ['A new device or app was connected: Phone'])
    })

    withApp('a sign-in is told when its program or network is new to the account, but not the first', async (app) => {
      const [firefox, newer, chrome] = [
        'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0',
        'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36',
      ]
      const from = async (userAgent: string, address: string): Promise<string[]> => {
        // A new password is verified again; a remembered one would be no sign-in.
        await app.features.accounts.setPassword(await app.features.accounts.get('alice'), ALICE[1], 'test')
        const headers = { ...OCS, 'user-agent': userAgent }
        const signedIn = await app.request({ url: LIST, headers, as: ALICE, address })
        assert.equal(signedIn.status, 200)
        await app.jobs.runDue()
        return subjects(app)
      }
      assert.deepEqual(await from(firefox, '203.0.113.7'), [])
      assert.deepEqual(await from(newer, '203.0.200.1'), [], 'an update on another line of the same network')
      assert.deepEqual(await from(chrome, '203.0.113.7'), ['New sign-in to your account: Chrome, Windows'])
      const [last] = await from(firefox, '198.51.100.1')
      assert.equal(last, '2 new sign-ins to your account, the last one: Firefox, Linux')
      await app.request({
        method: 'POST',
        url: '/ocs/v2.php/person/check',
        headers: { ...OCS, 'user-agent': 'curl/8', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ login: 'alice', password: ALICE[1] }).toString(),
      })
      await app.jobs.runDue()
      assert.deepEqual(await subjects(app), ['3 new sign-ins to your account, the last one: curl'])
    })

    withApp('the quota is told once when it comes close, and again after it was not', async (app) => {
      await limit(app, '1000')
      const steps: [string, number, number][] = [
        ['one', 800, 0],
        ['two', 99, 0],
        ['three', 1, 1],
        ['four', 50, 1],
      ]
      for (const [name, bytes, notifications] of steps) {
        await put(app, name, bytes)
        await app.jobs.runDue()
        assert.equal((await subjects(app)).length, notifications, name)
      }
      const [before] = await read(app)
      assert.equal(before?.subject, 'Your storage is 90 % full')
      await app.request({ method: 'DELETE', url: '/remote.php/dav/files/alice/one', as: ALICE })
      app.clock.advance(3_600_000)
      await put(app, 'one', 800)
      await app.jobs.runDue()
      const list = await read(app)
      assert.equal(list.length, 1, 'in place of the older one')
      assert.notEqual(list[0]?.notification_id, before?.notification_id)
    })

    withApp('a quota that is lowered to what is there is told, too', async (app) => {
      await put(app, 'one', 950)
      await limit(app, '2000')
      await app.jobs.runDue()
      assert.deepEqual(await subjects(app), [])
      await limit(app, '1000')
      await app.jobs.runDue()
      assert.deepEqual(await subjects(app), ['Your storage is 95 % full'])
    })

    withApp('direct links are told of only when the account has asked', async (app) => {
      await put(app, 'film.mp4', 10)
      const open = async (): Promise<void> => {
        const link = await makeLink(app, 'film.mp4')
        for (let count = 0; count < 3; count++) assert.equal((await app.request({ url: link })).status, 200)
        await app.jobs.runDue()
      }
      await open()
      assert.deepEqual(await subjects(app), [])
      await ask(app, 'PUT')
      await open()
      assert.deepEqual(await subjects(app), ['A direct link to film.mp4 was opened'])
      await open()
      assert.deepEqual(await subjects(app), ['2 direct links to film.mp4 were opened'])
      await ask(app, 'DELETE')
      await open()
      assert.deepEqual(await subjects(app), ['2 direct links to film.mp4 were opened'])
    })

    withApp('a direct link that is about to expire is told of once, before it does', async (app) => {
      await put(app, 'film.mp4', 10)
      await ask(app, 'PUT')
      await makeLink(app, 'film.mp4')
      const sweepAndRead = async (): Promise<string[]> => {
        for (const feature of app.features.list) await feature.sweep?.()
        await app.jobs.runDue()
        return subjects(app)
      }
      assert.deepEqual(await sweepAndRead(), [])
      app.clock.advance(22.5 * 3_600_000)
      const told = ['A direct link to film.mp4 expires within two hours']
      assert.deepEqual(await sweepAndRead(), told)
      app.clock.advance(3_600_000)
      assert.deepEqual(await sweepAndRead(), told)
    })

    withApp('an account that is deleted leaves nothing behind (bug class: orphans)', async (app) => {
      const { accountId } = await idOf(app)
      await send(app, { subject: 'One' })
      await ask(app, 'PUT')
      await settle(app, { batchSetting: 0, soundNotification: 'no', soundTalk: 'no' })
      await app.features.auth.appPasswords.add(accountId, 'Phone', 'test')
      await app.features.accounts.remove(await app.features.accounts.get('alice'), 'test')
      // The reaction to the app password comes when there is nobody any more.
      await app.jobs.runDue()
      assert.deepEqual(await app.jobs.list(10), [])
      for (const table of ['notification', 'notification_setting', 'notification_topic', 'known_client'] as const) {
        const rows = await app.db.read.selectFrom(table).selectAll().where('account_id', '=', accountId).execute()
        assert.deepEqual(rows, [], table)
      }
      await app.features.accounts.add({ userId: 'alice', password: ALICE[1] }, 'test')
      assert.deepEqual(await subjects(app), [])
      assert.deepEqual((await get(app, 'v3/topics')).json().ocs.data, [{ id: 'direct-links', wanted: false }])
    })

    withApp('settings are kept for the account, and wrong ones refused', async (app) => {
      const chosen = { batchSetting: 3, soundNotification: 'no', soundTalk: 'yes' }
      assert.equal((await settle(app, chosen)).status, 200)
      assert.deepEqual((await get(app, 'v2/settings')).json().ocs.data, chosen)
      const wrong = [{ batchSetting: 5 }, { batchSetting: -1 }, { soundTalk: 'on' }, { soundNotification: '' }]
      for (const change of wrong) assert.equal((await settle(app, { ...chosen, ...change })).status, 400)
      assert.deepEqual((await get(app, 'v2/settings')).json().ocs.data, chosen)
      const unknown = await app.request({ method: 'PUT', url: `${API}/v3/topics/nothing`, headers: OCS, as: ALICE })
      assert.equal(unknown.status, 404)
    })

    withApp('the administrator settles for all who have chosen nothing', async (app) => {
      const defaults = { batchSetting: 2, soundNotification: 'no', soundTalk: 'yes' }
      const webPush = { webpushEnabled: 'yes', webpushBrowsersEnabled: 'yes' }
      const change = (body: object, as: As): Promise<TestAnswer> =>
        app.request({
          method: 'POST',
          url: `${API}/v2/settings/admin?format=json`,
          headers: { ...OCS, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          as,
        })
      assert.equal((await change({ ...defaults, ...webPush }, ALICE)).status, 403)
      const off = await change({ ...defaults, webpushEnabled: 'no', webpushBrowsersEnabled: 'no' }, ADMIN)
      assert.equal(off.status, 409)
      assert.match(off.text, /CLOUDLET_WEB_PUSH/)
      assert.equal((await change({ ...defaults, ...webPush }, ADMIN)).status, 200)
      assert.deepEqual((await get(app, 'v2/settings')).json().ocs.data, defaults)
      const own = { batchSetting: 0, soundNotification: 'yes', soundTalk: 'no' }
      await settle(app, own)
      assert.deepEqual((await get(app, 'v2/settings')).json().ocs.data, own)
    })

    withApp('in XML the list is the same, and names from outside stay text (bug class 26: injection)', async (app) => {
      const name = '<b>&"</b>\u202e{count}\u0000'
      const { accountId } = await idOf(app)
      await app.features.auth.appPasswords.add(accountId, name, 'test')
      await app.jobs.runDue()
      const [entry] = await read(app)
      assert.equal(entry?.subject, 'A new device or app was connected: <b>&"</b> {count}')
      const xml = (await app.request({ url: LIST.replace('json', 'xml'), headers: OCS, as: ALICE })).text
      assert.match(
        xml,
        /<subject>A new device or app was connected: &lt;b&gt;&amp;&quot;&lt;\/b&gt; \{count\}<\/subject>/,
      )
      assert.match(xml, /<subjectRich>A new device or app was connected: \{name\}<\/subjectRich>/)
    })
  })
}

async function send(app: TestApp, message: object): Promise<void> {
  const answer = await app.request({
    method: 'POST',
    url: `${API}/v3/admin_notifications/alice?format=json`,
    headers: { ...OCS, 'content-type': 'application/json' },
    body: JSON.stringify(message),
    as: ADMIN,
  })
  assert.equal(answer.status, 200, answer.text)
}

function get(app: TestApp, path: string): Promise<TestAnswer> {
  return app.request({ url: `${API}/${path}?format=json`, headers: OCS, as: ALICE })
}

interface Entry {
  readonly notification_id: number
  readonly subject: string
}

async function read(app: TestApp, as: As = ALICE): Promise<Entry[]> {
  const answer = await app.request({ url: LIST, headers: OCS, as })
  assert.equal(answer.status, 200, answer.text)
  return answer.json().ocs.data
}

async function subjects(app: TestApp, as: As = ALICE): Promise<string[]> {
  return (await read(app, as)).map(({ subject }) => subject)
}

async function idOf(app: TestApp): Promise<{ readonly accountId: number }> {
  return { accountId: (await app.features.accounts.get('alice')).row.id }
}

async function edit(app: TestApp, key: string, value: string, as: As = ALICE): Promise<void> {
  const answer = await app.request({
    method: 'PUT',
    url: '/ocs/v2.php/cloud/users/alice',
    headers: { ...OCS, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ key, value }).toString(),
    as,
  })
  assert.equal(answer.status, 200, answer.text)
}

const limit = (app: TestApp, bytes: string): Promise<void> => edit(app, 'quota', bytes, ADMIN)

async function put(app: TestApp, name: string, bytes: number): Promise<void> {
  const url = `/remote.php/dav/files/alice/${name}`
  const answer = await app.request({ method: 'PUT', url, body: 'x'.repeat(bytes), as: ALICE })
  assert.ok([201, 204].includes(answer.status), answer.text)
}

/** Resolves to the link's path. */
async function makeLink(app: TestApp, name: string): Promise<string> {
  const node = await app.features.files.files.find((await idOf(app)).accountId, [name])
  const answer = await app.request({
    method: 'POST',
    url: '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
    headers: { ...OCS, 'content-type': 'application/json' },
    body: JSON.stringify({ fileId: String(node?.id) }),
    as: ALICE,
  })
  return new URL(answer.json().ocs.data.url).pathname
}

async function ask(app: TestApp, method: 'PUT' | 'DELETE'): Promise<void> {
  const answer = await app.request({ method, url: `${API}/v3/topics/direct-links`, headers: OCS, as: ALICE })
  assert.equal(answer.status, 200, answer.text)
}

function settle(app: TestApp, settings: object): Promise<TestAnswer> {
  return app.request({
    method: 'POST',
    url: `${API}/v2/settings?format=json`,
    headers: { ...OCS, 'content-type': 'application/json' },
    body: JSON.stringify(settings),
    as: ALICE,
  })
}
