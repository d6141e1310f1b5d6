import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { statementsDuring } from '../../../test/helpers/statements.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'
import { createUserStatuses } from './service.ts'

const API = '/apps/user_status/api/v1'
const QUARTER_MS = 15 * 60_000

type As = readonly [string, string]

for (const database of ['sqlite', 'postgres'] as const)
  describe(`user status on ${database}`, () => {
    let app: TestApp
    let alice: As
    let bob: As
    let people = 0
    before(async () => {
      app = await createTestApp({ database })
    })
    beforeEach(async () => {
      people += 1
      alice = await addPerson(app, `alice${people}`)
      bob = await addPerson(app, `bob${people}`)
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })
    const idOf = async ([userId]: As): Promise<number> => (await app.features.accounts.get(userId)).row.id
    const typeOf = async (who: As): Promise<unknown> => dataOf(await get(app, who, '/user_status'))['status']
    const seenBy = async (reader: As, who: As): Promise<unknown> =>
      dataOf(await get(app, reader, `/statuses/${who[0]}`))['status']

    test('whoever never had a status has none, and nothing but setting one makes it', async () => {
      assert.equal((await get(app, alice, '/user_status')).status, 404)
      assert.equal((await put(app, alice, '/user_status/message/custom', { message: '' })).status, 404)
      assert.deepEqual((await remove(app, alice, '/user_status/message')).json().ocs.data, [])
      assert.deepEqual((await remove(app, alice, '/user_status/revert/meeting')).json().ocs.data, [])
      assert.equal((await get(app, alice, '/user_status')).status, 404)
      assert.equal((await put(app, alice, '/user_status/message/custom', { message: 'Hello' })).status, 200)
      const { message, status, statusIsUserDefined } = dataOf(await get(app, alice, '/user_status'))
      assert.deepEqual([message, status, statusIsUserDefined], ['Hello', 'offline', false])
    })

    test('a client that is there makes it online, and its silence offline, at once for everybody', async () => {
      const beat = await put(app, alice, '/heartbeat', { status: 'online' })
      assert.deepEqual([dataOf(beat)['status'], dataOf(beat)['statusIsUserDefined']], ['online', false])
      app.clock.advance(QUARTER_MS - 1)
      assert.deepEqual([await typeOf(alice), await seenBy(bob, alice)], ['online', 'online'])
      app.clock.advance(1)
      assert.deepEqual([await typeOf(alice), await seenBy(bob, alice)], ['offline', 'offline'])
      await sweep(app)
      const row = await app.db.read
        .selectFrom('user_status')
        .select('type')
        .where('account_id', '=', await idOf(alice))
        .executeTakeFirst()
      assert.equal(row?.type, 'offline', 'and so it is written down')
    })

    test('what was chosen stays; a client is told that it has nothing to say', async () => {
      await put(app, alice, '/user_status/status', { statusType: 'dnd' })
      const beat = await put(app, alice, '/heartbeat', { status: 'online' })
      assert.deepEqual([beat.status, beat.text], [204, ''])
      app.clock.advance(99 * QUARTER_MS)
      await sweep(app)
      assert.equal(await typeOf(alice), 'dnd')
    })

    test('clients that say the same all the time write nothing', async () => {
      await put(app, alice, '/heartbeat', { status: 'online' })
      await get(app, alice, '/user_status')
      const sent = await statementsDuring(async () => {
        for (let beat = 0; beat < 5; beat++) await put(app, alice, '/heartbeat', { status: 'online' })
      })
      assert.deepEqual(
        sent.filter((sql) => /^(?:insert|update|delete)/.test(sql)),
        [],
      )
    })

    test('a message ends at its time, also before anybody has swept', async () => {
      const clearAt = Math.floor(app.clock.nowMs() / 1_000) + 60
      const made = await put(app, alice, '/user_status/message/custom', { statusIcon: '🎉', message: 'Party', clearAt })
      assert.deepEqual([dataOf(made)['icon'], dataOf(made)['clearAt']], ['🎉', clearAt])
      app.clock.advance(60_000)
      const seen = dataOf(await get(app, bob, `/statuses/${alice[0]}`))
      assert.deepEqual([seen['message'], seen['icon'], seen['clearAt']], [null, null, null])
      await sweep(app)
      const row = await app.db.read
        .selectFrom('user_status')
        .select(['message', 'clear_at_ms'])
        .where('account_id', '=', await idOf(alice))
        .executeTakeFirst()
      assert.deepEqual({ ...row }, { message: null, clear_at_ms: null })
    })

    test('a predefined message is read in the language of whoever reads it', async () => {
      await put(app, alice, '/user_status/message/predefined', { messageId: 'vacationing' })
      const url = `/statuses/${alice[0]}`
      const texts = await Promise.all(
        ['en', 'de-DE', 'fr', 'xx'].map(async (language) => {
          const { message, icon } = dataOf(await get(app, bob, url, { 'accept-language': language }))
          return [message, icon]
        }),
      )
      assert.deepEqual(texts, [
        ['Vacationing', '🌴'],
        ['Im Urlaub', '🌴'],
        ['En vacances', '🌴'],
        ['Vacationing', '🌴'],
      ])
      const own = dataOf(await get(app, alice, '/user_status'))
      assert.deepEqual(
        [own['message'], own['messageId'], own['messageIsPredefined']],
        ['Vacationing', 'vacationing', true],
      )
      const list = await get(app, bob, '/predefined_statuses', { 'accept-language': 'de' })
      assert.equal(list.json().ocs.data[0].message, 'In einer Besprechung')
    })

    test('one that the server sets is for nobody to choose', async () => {
      const answer = await put(app, alice, '/user_status/message/predefined', { messageId: 'out-of-office' })
      assert.deepEqual(
        [answer.status, answer.json().ocs.meta.message],
        [400, 'Message-Id "out-of-office" is not supported'],
      )
    })

    test('an automatic status can be brought back by hand, and only then', async () => {
      await put(app, alice, '/user_status/status', { statusType: 'busy' })
      const { statuses } = app.features
      const untilMs = app.clock.nowMs() + 60_000
      const accountId = await idOf(alice)
      const absence = { type: 'dnd', messageId: 'out-of-office', message: 'On leave', untilMs } as const
      await app.db.write((tx) => statuses.beginAutomatic(tx, accountId, absence))
      const during = dataOf(await get(app, bob, `/statuses/${alice[0]}`))
      assert.deepEqual([during['status'], during['message'], during['icon']], ['dnd', 'On leave', '🛑'])
      assert.deepEqual(dataOf(await remove(app, alice, '/user_status/revert/meeting')), [])
      assert.equal(dataOf(await remove(app, alice, '/user_status/revert/out-of-office'))['status'], 'busy')
      assert.deepEqual(dataOf(await remove(app, alice, '/user_status/revert/out-of-office')), [])
      await app.db.write((tx) => statuses.beginAutomatic(tx, accountId, absence))
      app.clock.advance(60_000)
      assert.equal(await typeOf(alice), 'busy', 'and it ends by itself')
      await sweep(app)
      const row = await app.db.read
        .selectFrom('user_status')
        .select(['type', 'replaced'])
        .where('account_id', '=', accountId)
        .executeTakeFirst()
      assert.deepEqual({ ...row }, { type: 'busy', replaced: null })
    })

    test('the list of notifications says at once who is not to be disturbed', async () => {
      const list = (headers: Record<string, string> = {}) =>
        app.request({
          url: '/ocs/v2.php/apps/notifications/api/v2/notifications?format=json',
          headers: { ...OCS, ...headers },
          as: alice,
        })
      const word = 'x-nextcloud-user-status'
      const first = await list()
      assert.equal(first.headers[word], 'online')
      for (const statusType of ['dnd', 'invisible', 'online']) {
        await put(app, alice, '/user_status/status', { statusType })
        const answer = await list()
        assert.deepEqual([answer.headers[word], answer.headers['etag']], [statusType, first.headers['etag']])
        const again = await list({ 'if-none-match': String(first.headers['etag']) })
        assert.deepEqual([again.status, again.headers[word]], [304, statusType])
      }
      app.clock.advance(QUARTER_MS)
      assert.equal((await list()).headers[word], 'offline')
    })

    test('a list of statuses costs the same however long it is, and leaves out who is disabled', async () => {
      const cost = async (limit: number): Promise<number> =>
        (await statementsDuring(() => get(app, bob, `/statuses?limit=${limit}`))).length
      const crowd: As[] = []
      for (let index = 0; index < 12; index++) {
        const member = await addPerson(app, `crowd${people}-${index}`)
        await put(app, member, '/user_status/status', { statusType: 'away' })
        crowd.push(member)
      }
      await get(app, bob, '/statuses')
      assert.equal(await cost(12), await cost(2))
      const idsOf = async (query: string): Promise<string[]> =>
        (await get(app, bob, `/statuses${query}`)).json().ocs.data.map(({ userId }: { userId: string }) => userId)
      const all = await idsOf('')
      for (const [userId] of crowd) assert.ok(all.includes(userId))
      assert.deepEqual([...(await idsOf('?limit=5')), ...(await idsOf('?limit=500&offset=5'))], all)
      assert.deepEqual(await idsOf('?offset=100000'), [])
      const [gone = alice] = crowd
      await app.features.accounts.setEnabled(await app.features.accounts.get(gone[0]), false, 'test')
      assert.ok(!(await idsOf('')).includes(gone[0]))
      assert.equal((await get(app, bob, `/statuses/${gone[0]}`)).status, 404)
    })

    test('an account that is deleted leaves nothing, and one of the same name begins anew (bug class: orphans after deletion)', async () => {
      await put(app, alice, '/user_status/message/custom', { message: 'Hello' })
      const accountId = await idOf(alice)
      await app.features.accounts.remove(await app.features.accounts.get(alice[0]), 'test')
      const left = await app.db.read.selectFrom('user_status').selectAll().where('account_id', '=', accountId).execute()
      assert.deepEqual(left, [])
      assert.equal((await get(app, bob, `/statuses/${alice[0]}`)).status, 404)
      await addPerson(app, alice[0])
      assert.equal((await get(app, alice, '/user_status')).status, 404)
    })

    test('what is none of the parameters is refused, and nothing changes', async () => {
      await put(app, alice, '/user_status/status', { statusType: 'busy' })
      const wrong: readonly [string, unknown][] = [
        ['/user_status/status', { statusType: ['online'] }],
        ['/user_status/status', { statusType: 'online', userId: bob[0] }],
        ['/user_status/status', { statusType: 'constructor' }],
        ['/user_status/message/predefined', { messageId: '__proto__' }],
        ['/user_status/message/predefined', { messageId: 'meeting', clearAt: 'tomorrow' }],
        ['/user_status/message/predefined', { messageId: 'meeting', clearAt: 1e300 }],
        ['/user_status/message/custom', { message: { text: 'x' } }],
        ['/user_status/message/custom', { message: 'a\u0000b' }],
        ['/user_status/message/custom', { message: 'x', clearAt: -5 }],
        ['/user_status/message/custom', { statusIcon: '🎉🎉' }],
        ['/heartbeat', { status: 'dnd' }],
        ['/heartbeat', {}],
      ]
      for (const [path, body] of wrong) {
        const answer = await put(app, alice, path, body)
        assert.equal(answer.status, 400, `${path} ${JSON.stringify(body)}: ${answer.text}`)
      }
      for (const query of ['?limit=0', '?limit=-1', '?limit=x', '?offset=-1', '?offset=1e30']) {
        assert.equal((await get(app, alice, `/statuses${query}`)).status, 400, query)
      }
      const { status, message } = dataOf(await get(app, alice, '/user_status'))
      assert.deepEqual([status, message], ['busy', null])
    })

    test('an app password with limits reads, or not even that, and changes nothing (bug class: scope of a token)', async () => {
      await put(app, alice, '/user_status/status', { statusType: 'busy' })
      const { appPasswords } = app.features.auth
      const accountId = await idOf(alice)
      const reading = await appPasswords.add(accountId, 'reads', 'test', { isReadOnly: true })
      const reader = [alice[0], reading.secret] as const
      assert.equal((await get(app, reader, '/user_status')).status, 200)
      assert.equal((await get(app, reader, `/statuses/${bob[0]}`)).status, 404)
      for (const [path, body] of [
        ['/user_status/status', { statusType: 'dnd' }],
        ['/user_status/message/custom', { message: 'x' }],
        ['/user_status/message/predefined', { messageId: 'meeting' }],
        ['/heartbeat', { status: 'online' }],
      ] as const) {
        assert.equal((await put(app, reader, path, body)).status, 403, path)
      }
      assert.equal((await remove(app, reader, '/user_status/message')).status, 403)
      assert.equal((await remove(app, reader, '/user_status/revert/meeting')).status, 403)
      assert.equal(await typeOf(alice), 'busy')
    })

    test('two nodes change one status at once, and neither change is lost', async () => {
      const db = await app.openAgain()
      const accountId = await idOf(alice)
      const here = app.features.statuses
      const there = createUserStatuses({ db, clock: app.clock })
      for (let round = 0; round < 10; round++) {
        const message = { icon: undefined, message: `Round ${round}`, clearAt: undefined }
        await Promise.all([
          here.chooseType(accountId, round % 2 === 0 ? 'busy' : 'away'),
          there.chooseMessage(accountId, message),
        ])
        const row = await db.read
          .selectFrom('user_status')
          .select(['type', 'message'])
          .where('account_id', '=', accountId)
          .executeTakeFirst()
        assert.deepEqual({ ...row }, { type: round % 2 === 0 ? 'busy' : 'away', message: `Round ${round}` })
      }
      await there.chooseType(accountId, 'dnd')
      for (let look = 0; look < 500 && (await here.find(accountId))?.type !== 'dnd'; look++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      assert.equal((await here.find(accountId))?.type, 'dnd', 'what one has in memory is not older than the other')
      await db.close()
    })

    test('how many there are of each type is in the metrics', async () => {
      await put(app, alice, '/user_status/status', { statusType: 'invisible' })
      assert.match((await app.metrics.write()).text, /^cloudlet_user_statuses\{type="invisible"\} [1-9]/m)
    })
  })

for (const database of ['sqlite', 'postgres'] as const)
  for (const [setting, seen, settings] of [
    ['all', ['near', 'far'], []],
    [
      'groups',
      ['near'],
      [
        ['restrict_user_enumeration_to_group', 'yes'],
        ['restrict_user_enumeration_full_match', 'no'],
      ],
    ],
    [
      'none',
      [],
      [
        ['allow_share_dialog_user_enumeration', 'no'],
        ['restrict_user_enumeration_full_match', 'no'],
      ],
    ],
  ] as const) {
    test(`who sees whom on ${database} when accounts come across ${setting} (bug class: user enumeration)`, async (t) => {
      const app = await createTestApp({ database })
      t.after(async () => {
        await app.close()
        await stopSharedPostgres()
      })
      for (const [name, value] of settings) await app.features.appConfig.set('core', `shareapi_${name}`, value, 'test')
      await app.features.groups.add('staff', 'staff', 'test')
      const reader = await addPerson(app, 'reader', ['staff'])
      const leader = await addPerson(app, 'leader')
      for (const person of [await addPerson(app, 'near', ['staff']), await addPerson(app, 'far'), reader]) {
        await put(app, person, '/user_status/status', { statusType: 'away' })
      }
      await app.features.groups.addAdmin('staff', (await app.features.accounts.get('leader')).row.id, 'test')
      const unknown = await get(app, reader, '/statuses/nobody')
      for (const userId of ['near', 'far']) {
        const answer = await get(app, reader, `/statuses/${userId}`)
        if ((seen as readonly string[]).includes(userId)) assert.equal(dataOf(answer)['status'], 'away')
        else assert.deepEqual([answer.status, answer.text], [404, unknown.text], userId)
      }
      const listed = async (as: As): Promise<string[]> =>
        (await get(app, as, '/statuses')).json().ocs.data.map(({ userId }: { userId: string }) => userId)
      assert.deepEqual((await listed(reader)).toSorted(), [...seen, 'reader'].toSorted())
      assert.equal(dataOf(await get(app, reader, '/statuses/reader'))['status'], 'away')
      assert.equal((await listed(['admin', ADMIN_PASSWORD])).length, 3)
      assert.equal((await get(app, leader, '/statuses/near')).status, 200, 'who administers a group sees its members')
    })
  }

async function addPerson(app: TestApp, userId: string, groupIds: readonly string[] = []): Promise<As> {
  const password = `${userId}-password-1`
  await app.features.accounts.add({ userId, password, groupIds }, 'test')
  return [userId, password]
}

function get(app: TestApp, as: As, path: string, headers: Record<string, string> = {}): Promise<TestAnswer> {
  const url = `/ocs/v2.php${API}${path}${path.includes('?') ? '&' : '?'}format=json`
  return app.request({ url, headers: { ...OCS, ...headers }, as })
}

function put(app: TestApp, as: As, path: string, body: unknown): Promise<TestAnswer> {
  const url = `/ocs/v2.php${API}${path}?format=json`
  const headers = { ...OCS, 'content-type': 'application/json' }
  return app.request({ method: 'PUT', url, headers, as, body: JSON.stringify(body) })
}

function remove(app: TestApp, as: As, path: string): Promise<TestAnswer> {
  return app.request({ method: 'DELETE', url: `/ocs/v2.php${API}${path}?format=json`, headers: OCS, as })
}

async function sweep(app: TestApp): Promise<void> {
  await app.features.statuses.sweep()
}

function dataOf(answer: TestAnswer): Record<string, unknown> {
  assert.equal(answer.status, 200, answer.text)
  return answer.json().ocs.data
}
