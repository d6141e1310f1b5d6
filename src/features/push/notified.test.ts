import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createPushStage, introduce, type Person, type PushStage, subscribe } from '../../../test/helpers/push.ts'
import {
  createTestDevice,
  type KnownDevice,
  startPushProxy,
  type TestPushProxy,
} from '../../../test/helpers/push-proxy.ts'
import { startPushService, type TestPushService, type TestSubscriber } from '../../../test/helpers/push-service.ts'
import { ADMIN_PASSWORD, OCS } from '../../../test/helpers/test-app.ts'

/** From the notification to the phone and the browser, with nothing put in between. */
for (const database of ['sqlite', 'postgres'] as const) {
  describe(`notifications are pushed on ${database}`, () => {
    let stage: PushStage
    let proxy: TestPushProxy
    let service: TestPushService
    let alice: Person
    let device: KnownDevice
    let browser: TestSubscriber
    before(async () => {
      stage = await createPushStage(database)
      proxy = await startPushProxy()
      service = await startPushService()
      alice = await stage.addPerson('alice')
      device = await introduce(stage, alice, createTestDevice('the token of a phone'), proxy)
      browser = service.subscribe('browser')
      const cookie = await stage.app.features.auth.appPasswords.add(alice.accountId, 'browser', 'test')
      await subscribe(stage, { ...alice, credentials: ['alice', cookie.secret] }, browser)
      await settle()
      proxy.posts.length = 0
      browser.texts.length = 0
    })
    after(async () => {
      await stage.close()
      await proxy.close()
      await service.close()
      await stopSharedPostgres()
    })

    const settle = async (): Promise<void> => {
      await stage.app.jobs.runDue()
      await stage.app.features.push.sender.sendDue()
    }
    const call = (method: string, path: string, as: readonly [string, string], body?: object) =>
      stage.app.request({
        method,
        url: `/ocs/v2.php/apps/notifications/api/${path}?format=json`,
        headers: { ...OCS, 'content-type': 'application/json' },
        as,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    const generate = async (subject: string): Promise<number> => {
      const parameters = { user: { type: 'user', id: 'bob', name: 'Bob Example' } }
      const body = { subject, message: 'The long message', subjectParameters: parameters }
      const answer = await call('POST', 'v3/admin_notifications/alice', ['admin', ADMIN_PASSWORD], body)
      return answer.json().ocs.data.id
    }

    test('as plain text, with the id under which the rest is fetched', async () => {
      const nid = await generate('Hello {user}')
      await settle()
      const expected = { nid, app: 'admin_notifications', subject: 'Hello @Bob Example', type: 'admin_notifications' }
      for (const texts of [proxy.textsFor(device), browser.texts]) {
        assert.equal(texts.length, 1)
        const { id, ...said } = JSON.parse(texts[0] ?? '')
        assert.deepEqual(said, expected)
        assert.match(id, /^[0-9a-f]{8}$/)
      }
    })

    test('and taken back when they are dismissed, one or all', async () => {
      const nid = await generate('One')
      await settle()
      await call('DELETE', `v2/notifications/${nid}`, alice.credentials)
      await settle()
      const removed = JSON.stringify({ nid, delete: true })
      assert.equal(proxy.textsFor(device).at(-1), removed)
      assert.equal(browser.texts.at(-1), removed)
      await generate('Two')
      await settle()
      await call('DELETE', 'v2/notifications', alice.credentials)
      await settle()
      assert.equal(proxy.textsFor(device).at(-1), '{"delete-all":true}')
      assert.equal(browser.texts.at(-1), '{"delete-all":true}')
      const count = proxy.posts.length
      await call('DELETE', 'v2/notifications', alice.credentials)
      await settle()
      assert.equal(proxy.posts.length, count, 'when nothing is there, nobody is told')
    })

    test('not when the notification is gone before it was sent', async () => {
      const count = proxy.posts.length
      const nid = await generate('Gone')
      await stage.app.jobs.runDue()
      await call('DELETE', `v2/notifications/${nid}`, alice.credentials)
      await stage.app.features.push.sender.sendDue()
      await settle()
      assert.equal(proxy.posts.length, count)
    })

    const testPush = async (userId: string): Promise<string[]> => {
      const lines: string[] = []
      const commands = stage.app.features.list.flatMap(({ commands: own }) => own ?? [])
      const command = commands.find(({ name }) => name === 'notification:test-push')
      const out = {
        line: (text: string) => lines.push(text),
        result: (_value: unknown, shown: readonly string[] = []) => lines.push(...shown),
        warn: (text: string) => lines.push(text),
        progress() {},
      }
      const prompt = { env: {}, secret: () => Promise.reject(new Error('nobody to ask')) }
      await command?.run({ args: { 'user-id': userId }, rest: [], options: {} }, out, prompt)
      return lines
    }

    test('at once by an administrator who tries it, who is told of each step', async () => {
      const before = [proxy.textsFor(device).length, browser.texts.length]
      const lines = await testPush('alice')
      assert.match(lines.join('\n'), /allowed \(CLOUDLET_PUSH_PROXIES\): localhost\n/)
      assert.match(lines.join('\n'), /Notification \d+ is on the list/)
      assert.match(lines.at(-2) ?? '', /device \(files\) of app password \d+ at localhost:\d+: sent$/)
      assert.match(lines.at(-1) ?? '', /web push \(all\) of app password \d+ at localhost:\d+: sent$/)
      await settle()
      assert.deepEqual(
        [proxy.textsFor(device).length, browser.texts.length],
        before.map((count) => count + 1),
        'and the event of it changes nothing',
      )
      service.answer = () => ({ status: 403 })
      assert.match((await testPush('alice')).at(-1) ?? '', /refused: status 403$/)
      service.answer = () => ({ status: 201 })
      await stage.addPerson('bob')
      assert.match((await testPush('bob')).at(-1) ?? '', /^No device is registered/)
      await assert.rejects(testPush('nobody'), /User does not exist/)
    })

    test('at once to oneself; what anybody has answered is not said', async () => {
      service.answer = () => ({ status: 418 })
      const answer = await call('POST', 'v3/test/self', alice.credentials)
      service.answer = () => ({ status: 201 })
      const { message, nid } = answer.json().ocs.data
      assert.match(
        message,
        /^Found 2 devices registered for push notifications\ndevice \(files\) at localhost:\d+: sent\n/,
      )
      assert.match(message, /web-push \(all\) at localhost:\d+: not taken\n$/)
      assert.doesNotMatch(message, /418/)
      assert.equal(JSON.parse(proxy.textsFor(device).at(-1) ?? '').nid, nid)
      const subject = JSON.parse(proxy.textsFor(device).at(-1) ?? '').subject
      assert.equal(subject, 'Testing push notifications')
    })

    test('not to one who is not to be disturbed: it is on the list, and comes to nobody later (recording notifications-push)', async () => {
      const setStatus = (statusType: string) =>
        stage.app.request({
          method: 'PUT',
          url: '/ocs/v2.php/apps/user_status/api/v1/user_status/status',
          headers: { ...OCS, 'content-type': 'application/json' },
          as: alice.credentials,
          body: JSON.stringify({ statusType }),
        })
      const before = [proxy.posts.length, browser.texts.length]
      assert.equal((await setStatus('dnd')).status, 200)
      const nid = await generate('Quiet')
      await settle()
      const list = await call('GET', 'v2/notifications', alice.credentials)
      assert.ok(list.json().ocs.data.some((entry: { notification_id: number }) => entry.notification_id === nid))
      assert.equal(list.headers['x-nextcloud-user-status'], 'dnd')
      await setStatus('online')
      await settle()
      assert.deepEqual([proxy.posts.length, browser.texts.length], before)
      await call('DELETE', `v2/notifications/${nid}`, alice.credentials)
      await settle()
      assert.deepEqual([proxy.posts.length, browser.texts.length], before, 'nor that it is gone')
      await setStatus('dnd')
      assert.match((await testPush('alice')).at(-1) ?? '', /the account is not to be disturbed$/)
      await setStatus('online')
      await settle()
    })

    test('in the language of the reader', async () => {
      const edit = { key: 'language', value: 'de' }
      const answer = await stage.app.request({
        method: 'PUT',
        url: '/ocs/v2.php/cloud/users/alice',
        headers: { ...OCS, 'content-type': 'application/json' },
        as: ['alice', 'alice-password'],
        body: JSON.stringify(edit),
      })
      assert.equal(answer.status, 200)
      await stage.app.features.auth.appPasswords.add(alice.accountId, 'Küche', 'test')
      await stage.app.jobs.runDue()
      await settle()
      assert.match(proxy.textsFor(device).at(-1) ?? '', /Küche/)
      assert.match(JSON.parse(proxy.textsFor(device).at(-1) ?? '').subject, /neues Gerät/)
    })
  })
}
