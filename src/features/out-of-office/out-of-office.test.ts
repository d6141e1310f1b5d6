import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createTestApp, OCS, type TestAnswer, type TestApp } from '../../../test/helpers/test-app.ts'

type As = readonly [string, string]

const DAY_MS = 24 * 3_600_000
const LEAVE = { firstDay: '2026-11-20', lastDay: '2099-12-31', status: 'On leave', message: 'Back some day' }

for (const database of ['sqlite', 'postgres'] as const)
  describe(`out of office on ${database}`, () => {
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

    const statusOf = async (who: As): Promise<unknown[]> => {
      const url = `/ocs/v2.php/apps/user_status/api/v1/statuses/${who[0]}?format=json`
      const answer = await app.request({ url, headers: OCS, as: bob })
      const { status, message } = answer.json().ocs.data
      return [status, message]
    }
    const setStatus = async (who: As, path: string, body: unknown): Promise<void> => {
      const url = `/ocs/v2.php/apps/user_status/api/v1/user_status${path}?format=json`
      const headers = { ...OCS, 'content-type': 'application/json' }
      const answer = await app.request({ method: 'PUT', url, headers, as: who, body: JSON.stringify(body) })
      assert.equal(answer.status, 200, answer.text)
    }
    const dayFromNow = (days: number): string => new Date(app.clock.nowMs() + days * DAY_MS).toISOString().slice(0, 10)
    const toMidnight = (): void => app.clock.advance(DAY_MS - (app.clock.nowMs() % DAY_MS))
    const rowsOf = async (): Promise<number> =>
      (await app.db.read.selectFrom('out_of_office').selectAll().execute()).length

    test('the status says so while it lasts, and the one of before comes back', async () => {
      await setStatus(alice, '/status', { statusType: 'busy' })
      await setStatus(alice, '/message/custom', { message: 'Writing' })
      await announce(app, alice, { ...LEAVE, firstDay: dayFromNow(1), lastDay: dayFromNow(2) })
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['busy', 'Writing'], 'not yet')
      assert.equal((await get(app, bob, alice, '/now')).status, 404)
      toMidnight()
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['dnd', 'On leave'])
      assert.equal((await get(app, bob, alice, '/now')).json().ocs.data.shortMessage, 'On leave')
      toMidnight()
      assert.deepEqual(await statusOf(alice), ['dnd', 'On leave'], 'the last day is one of it')
      toMidnight()
      assert.deepEqual(await statusOf(alice), ['busy', 'Writing'], 'before any job')
      assert.equal((await get(app, bob, alice, '/now')).status, 404)
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['busy', 'Writing'])
      assert.equal((await get(app, bob, alice)).json().ocs.data.status, 'On leave', 'what was announced can be read')
    })

    test('taken back, the status of before is there at once', async () => {
      await setStatus(alice, '/status', { statusType: 'away' })
      await announce(app, alice, LEAVE)
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['dnd', 'On leave'])
      assert.deepEqual((await clear(app, alice)).json().ocs.data, null)
      assert.deepEqual(await statusOf(alice), ['away', null])
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['away', null])
    })

    test('announced anew it is the other one, and still brings back what was before', async () => {
      await setStatus(alice, '/status', { statusType: 'away' })
      const first = await announce(app, alice, LEAVE)
      await app.jobs.runDue()
      const second = await announce(app, alice, { ...LEAVE, status: '' })
      assert.equal(second['id'], first['id'])
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['dnd', 'Out of office'])
      await announce(app, alice, { ...LEAVE, firstDay: '2027-01-01' })
      await app.jobs.runDue()
      assert.deepEqual(await statusOf(alice), ['away', null], 'it begins later now')
    })

    test('what the account chooses meanwhile stays, however often the work is repeated', async () => {
      await announce(app, alice, LEAVE)
      await app.jobs.runDue()
      await setStatus(alice, '/status', { statusType: 'online' })
      await sweep(app)
      await app.jobs.runDue()
      assert.deepEqual((await statusOf(alice))[0], 'online')
      await clear(app, alice)
      assert.deepEqual(await statusOf(alice), ['online', null])
    })

    test('days are those of the account’s time zone', async () => {
      await app.request({
        method: 'PUT',
        url: `/ocs/v2.php/cloud/users/${alice[0]}`,
        headers: { ...OCS, 'content-type': 'application/json' },
        body: JSON.stringify({ key: 'timezone', value: 'Pacific/Kiritimati' }),
        as: alice,
      })
      // It is tomorrow there already, fourteen hours ahead.
      const { firstDay } = await announce(app, alice, { ...LEAVE, firstDay: dayFromNow(1) })
      assert.equal(firstDay, dayFromNow(1))
      const begins = Date.parse(`${firstDay}T00:00:00Z`) - 14 * 3_600_000
      assert.equal((await get(app, alice, alice, '/now')).status, begins <= app.clock.nowMs() ? 200 : 404)
      app.clock.advance(Math.max(0, begins - app.clock.nowMs()))
      const { startDate } = (await get(app, alice, alice, '/now')).json().ocs.data
      assert.equal(startDate * 1_000, begins)
    })

    test('what jobs did not do the sweep does', async () => {
      await announce(app, alice, LEAVE)
      await app.db.write((tx) => tx.deleteFrom('job').execute())
      await sweep(app)
      assert.deepEqual(await statusOf(alice), ['dnd', 'On leave'])
    })

    test('who stands in is somebody; who is gone stands in for nobody (bug class: orphans after deletion)', async () => {
      const made = await announce(app, alice, { ...LEAVE, replacementUserId: bob[0] })
      assert.deepEqual([made['replacementUserId'], made['replacementUserDisplayName']], [bob[0], bob[0]])
      for (const replacementUserId of ['nobody', `${bob[0]}x`, '__proto__']) {
        const answer = await post(app, alice, { ...LEAVE, replacementUserId })
        assert.deepEqual([answer.status, answer.json().ocs.data], [404, null])
      }
      const { accounts } = app.features
      await accounts.setEnabled(await accounts.get(bob[0]), false, 'test')
      assert.equal((await post(app, alice, { ...LEAVE, replacementUserId: bob[0] })).status, 404)
      assert.equal((await get(app, alice, alice)).json().ocs.data.replacementUserId, null)
      await accounts.remove(await accounts.get(bob[0]), 'test')
      assert.equal((await get(app, alice, alice)).json().ocs.data.replacementUserId, null)
      const before = await rowsOf()
      await app.jobs.runDue()
      await accounts.remove(await accounts.get(alice[0]), 'test')
      assert.equal(await rowsOf(), before - 1)
      await app.jobs.runDue()
      await addPerson(app, alice[0])
      assert.equal((await get(app, alice, alice)).status, 404)
    })

    test('what cannot be is refused, and what was announced stays', async () => {
      await announce(app, alice, LEAVE)
      const wrong: readonly [unknown, unknown][] = [
        [{ ...LEAVE, firstDay: '2027-01-02', lastDay: '2027-01-01' }, { error: 'firstDay' }],
        [{ ...LEAVE, status: 's'.repeat(101) }, { error: 'statusLength' }],
        [{ ...LEAVE, message: 'm'.repeat(10_001) }, []],
        [{ ...LEAVE, message: 'a\u0000b' }, []],
        [{ ...LEAVE, firstDay: '2026-02-29' }, []],
        [{ ...LEAVE, lastDay: '20991231' }, []],
        [{ ...LEAVE, lastDay: ['2099-12-31'] }, []],
        [{ ...LEAVE, userId: bob[0] }, []],
        [{ firstDay: '2026-11-20' }, []],
      ]
      for (const [body, data] of wrong) {
        const answer = await post(app, alice, body)
        assert.deepEqual([answer.status, answer.json().ocs.data], [400, data], JSON.stringify(body).slice(0, 100))
      }
      assert.equal((await get(app, alice, alice)).json().ocs.data.message, 'Back some day')
    })

    test('nobody announces for others, whatever the path says (bug class: another account by its path)', async () => {
      const url = `/ocs/v2.php/apps/dav/api/v1/outOfOffice/${alice[0]}?format=json`
      const headers = { ...OCS, 'content-type': 'application/json' }
      const made = await app.request({ method: 'POST', url, headers, as: bob, body: JSON.stringify(LEAVE) })
      assert.equal(made.json().ocs.data.userId, bob[0])
      assert.equal((await get(app, bob, alice)).status, 404)
      await announce(app, alice, LEAVE)
      await app.request({ method: 'DELETE', url, headers: OCS, as: bob })
      assert.equal((await get(app, bob, alice)).status, 200)
      assert.equal((await get(app, bob, bob)).status, 404)
    })

    test('how many are away is in the metrics', async () => {
      await announce(app, alice, LEAVE)
      await app.jobs.runDue()
      assert.match((await app.metrics.write()).text, /^cloudlet_absences [1-9]/m)
    })
  })

for (const database of ['sqlite', 'postgres'] as const)
  test(`whoever may not see an account sees no absence of it on ${database} (bug class: user enumeration)`, async (t) => {
    const app = await createTestApp({ database })
    for (const [name, value] of [
      ['allow_share_dialog_user_enumeration', 'no'],
      ['restrict_user_enumeration_full_match', 'no'],
    ] as const) {
      await app.features.appConfig.set('core', `shareapi_${name}`, value, 'test')
    }
    t.after(async () => {
      await app.close()
      await stopSharedPostgres()
    })
    const [alice, bob] = [await addPerson(app, 'alice'), await addPerson(app, 'bob')]
    await announce(app, alice, LEAVE)
    for (const path of ['', '/now']) {
      const hidden = await get(app, bob, alice, path)
      const unknown = await get(app, bob, ['nobody', ''], path)
      assert.deepEqual([hidden.status, hidden.text], [404, unknown.text])
      assert.equal((await get(app, alice, alice, path)).status, 200)
    }
    const standIn = await post(app, alice, { ...LEAVE, replacementUserId: 'bob' })
    assert.equal(standIn.text, (await post(app, alice, { ...LEAVE, replacementUserId: 'nobody' })).text)
  })

async function addPerson(app: TestApp, userId: string): Promise<As> {
  const password = `${userId}-password-1`
  await app.features.accounts.add({ userId, password }, 'test')
  return [userId, password]
}

function get(app: TestApp, as: As, [userId]: As, path = ''): Promise<TestAnswer> {
  return app.request({ url: `/ocs/v2.php/apps/dav/api/v1/outOfOffice/${userId}${path}?format=json`, headers: OCS, as })
}

function post(app: TestApp, as: As, body: unknown): Promise<TestAnswer> {
  const url = `/ocs/v2.php/apps/dav/api/v1/outOfOffice/${as[0]}?format=json`
  const headers = { ...OCS, 'content-type': 'application/json' }
  return app.request({ method: 'POST', url, headers, as, body: JSON.stringify(body) })
}

async function announce(app: TestApp, as: As, body: unknown): Promise<Record<string, unknown>> {
  const answer = await post(app, as, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.json().ocs.data
}

function clear(app: TestApp, as: As): Promise<TestAnswer> {
  return app.request({
    method: 'DELETE',
    url: `/ocs/v2.php/apps/dav/api/v1/outOfOffice/${as[0]}?format=json`,
    headers: OCS,
    as,
  })
}

async function sweep(app: TestApp): Promise<void> {
  for (const { name, sweep: run } of app.features.list) if (name === 'out-of-office') await run?.()
}
