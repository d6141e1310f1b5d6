import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createPushStage, introduce, type Person, type PushStage, register, TALK } from '../../../test/helpers/push.ts'
import {
  createTestDevice,
  type KnownDevice,
  startPushProxy,
  type TestPushProxy,
} from '../../../test/helpers/push-proxy.ts'
import { listDevices } from './device-store.ts'

const phone = createTestDevice('the token of a phone')
const talk = createTestDevice('the token of Talk')

const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex')

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`pushing to devices on ${database}`, () => {
    let stage: PushStage
    let proxy: TestPushProxy
    let alice: Person
    let people = 0
    before(async () => {
      stage = await createPushStage(database)
    })
    beforeEach(async () => {
      people += 1
      proxy = await startPushProxy()
      alice = await stage.addPerson(`alice${people}`)
    })
    afterEach(() => proxy.close())
    after(async () => {
      await stage.close()
      await stopSharedPostgres()
    })

    const send = (): Promise<void> => stage.push.sender.sendDue()
    const nids = (device: KnownDevice): number[] => proxy.textsFor(device).map((text) => JSON.parse(text).nid)
    const addPhone = async (as: Person, userAgent?: string): Promise<KnownDevice> =>
      introduce(stage, as, userAgent === TALK ? talk : phone, proxy, userAgent)

    test('a notification arrives encrypted and signed, in the recorded form', async () => {
      const device = await addPhone(alice)
      const notification = { app: 'admin_notifications', objectType: 'admin_notifications', objectId: '6b03ff01' }
      await stage.tell(alice, 1_087, { ...notification, subject: 'Hello push' })
      await send()
      const [post] = proxy.posts
      assert.equal(post?.path, '/notifications')
      assert.equal(post?.headers['content-type'], 'application/x-www-form-urlencoded')
      assert.deepEqual(post?.names, ['notifications[0]'])
      const [push] = post?.pushes ?? []
      assert.deepEqual(push?.fieldNames, [
        'deviceIdentifier',
        'pushTokenHash',
        'subject',
        'signature',
        'priority',
        'type',
      ])
      assert.deepEqual([push?.priority, push?.type], ['normal', 'alert'])
      assert.deepEqual(proxy.textsFor(device), [
        '{"nid":1087,"app":"admin_notifications","subject":"Hello push","type":"admin_notifications","id":"6b03ff01"}',
      ])
    })

    test('a long subject is cut so that it fits into one block', async () => {
      const device = await addPhone(alice)
      await stage.tell(alice, 1, { subject: 'Ä long sübject '.repeat(99) })
      await send()
      const [text = ''] = proxy.textsFor(device)
      assert.ok(Buffer.byteLength(text) > 230 && Buffer.byteLength(text) <= 245)
      assert.match(JSON.parse(text).subject, /^Ä long sübject .*…$/)
    })

    test('what was told is taken back one by one, in silence, and all at once', async () => {
      const device = await addPhone(alice)
      for (const id of [1, 2, 3]) await stage.tell(alice, id)
      await send()
      await stage.forget(alice, 1, 2)
      await send()
      await stage.push.queue.addAllRemoved(alice.accountId)
      await send()
      const told = proxy.posts.flatMap(({ pushes }) => pushes).slice(3)
      assert.deepEqual(
        told.map(({ text, priority, type }) => [text, priority, type]),
        [
          ['{"nid":1,"delete":true}', 'normal', 'background'],
          ['{"nid":2,"delete":true}', 'normal', 'background'],
          ['{"delete-all":true}', 'normal', 'background'],
        ],
      )
      assert.equal(proxy.textsFor(device).length, 6)
    })

    test('what is gone before it was sent is not sent, and not taken back', async () => {
      const device = await addPhone(alice)
      await stage.tell(alice, 1)
      await stage.forget(alice, 1)
      await stage.tell(alice, 2)
      await send()
      assert.deepEqual(nids(device), [2])
      await stage.forget(alice, 2, 3)
      await send()
      assert.deepEqual(nids(device), [2, 2], 'and what it never heard of is not taken back')
    })

    test('the same event twice is told once (bug class: push exactly once)', async () => {
      const device = await addPhone(alice)
      await stage.tell(alice, 1)
      await stage.tell(alice, 1)
      await send()
      await stage.tell(alice, 1)
      await send()
      await stage.forget(alice, 1)
      await send()
      await stage.forget(alice, 1)
      await send()
      assert.equal(proxy.textsFor(device).length, 2)
    })

    test('Talk gets what is its own and nothing else; calls ring; removals come ten at a time', async () => {
      const device = await addPhone(alice)
      const { secret } = await stage.app.features.auth.appPasswords.add(alice.accountId, 'talk', 'test')
      const talking = await introduce(stage, { ...alice, credentials: [alice.userId, secret] }, talk, proxy, TALK)
      await stage.tell(alice, 1)
      await stage.tell(alice, 2, { app: 'spreed', objectType: 'chat' })
      await stage.tell(alice, 3, { app: 'spreed', objectType: 'call' })
      for (let id = 4; id < 14; id++) await stage.tell(alice, id, { app: 'spreed', objectType: 'chat' })
      await send()
      assert.deepEqual(nids(device), [1])
      const toTalk = proxy.posts.flatMap(({ pushes }) => pushes).filter((push) => push.device === talking)
      assert.deepEqual(
        toTalk.slice(0, 2).map(({ priority, type }) => [priority, type]),
        [
          ['high', 'alert'],
          ['high', 'voip'],
        ],
      )
      await stage.forget(alice, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
      await send()
      assert.deepEqual(proxy.textsFor(device).slice(1), ['{"nid":1,"delete":true}'])
      assert.deepEqual(
        proxy
          .textsFor(talking)
          .slice(12)
          .map((text) => JSON.parse(text))
          .toSorted((a, b) => (b.nids?.length ?? 1) - (a.nids?.length ?? 1)),
        [
          { nids: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 'delete-multiple': true },
          { nids: [12, 13], 'delete-multiple': true },
        ],
      )
    })

    test('without Talk its notifications go to the other apps', async () => {
      const device = await addPhone(alice)
      await stage.tell(alice, 1, { app: 'spreed', objectType: 'chat' })
      await send()
      assert.deepEqual(nids(device), [1])
    })

    test('many go in few requests, each small enough for its answer to name everybody', async () => {
      const owners = [alice, await stage.addPerson(`b${people}`), await stage.addPerson(`c${people}`)]
      for (const owner of owners) {
        for (let index = 0; index < 16; index++) {
          const { secret } = await stage.app.features.auth.appPasswords.add(owner.accountId, 'phone', 'test')
          const device = { ...phone, pushTokenHash: sha512(`${owner.accountId} ${index}`) }
          await introduce(stage, { ...owner, credentials: [owner.userId, secret] }, device, proxy)
        }
      }
      for (const owner of owners) await stage.tell(owner, 5_000 + owner.accountId)
      proxy.answer = ({ pushes }) => ({
        body: { unknown: pushes.map(({ device }) => device.deviceIdentifier), failed: 0 },
      })
      await send()
      assert.deepEqual(
        proxy.posts.map(({ pushes }) => pushes.length).toSorted((a, b) => b - a),
        [40, 8],
      )
      for (const { accountId } of owners) assert.deepEqual(await listDevices(stage.app.db.read, accountId), [])
    })

    test('devices that the proxy does not know are forgotten, with any status that is an answer', async () => {
      const unknown = (device: KnownDevice) => ({ unknown: [device.deviceIdentifier, 'somebody else'], failed: 1 })
      let id = 0
      for (const [status, body, isForgotten] of [
        [200, unknown, true],
        [400, unknown, true],
        [404, unknown, true],
        [500, unknown, false],
        [200, ({ deviceIdentifier }: KnownDevice) => ({ unknown: [deviceIdentifier] }), false],
        [200, () => ({ unknown: null, failed: 0 }), false],
        [200, () => 'an old proxy', false],
        [200, () => ({ unknown: 'nonsense', failed: [] }), false],
      ] as const) {
        id += 1
        const person = await stage.addPerson(`${alice.userId}-${id}`)
        const device = await introduce(stage, person, phone, proxy)
        proxy.answer = () => ({ status, body: body(device) })
        await stage.tell(person, 6_000 + id)
        await send()
        const left = await listDevices(stage.app.db.read, person.accountId)
        assert.equal(left.length, isForgotten ? 0 : 1, `${status} ${JSON.stringify(body(device))}`)
        // After a failure the proxy is left alone for a while.
        stage.app.clock.advance(60_000)
        await send()
      }
    })

    test('no proxy forgets a device that is registered at another one (bug class: push token theft)', async () => {
      const other = await startPushProxy()
      const device = await addPhone(alice)
      proxy.answer = async () => {
        // While this proxy thinks, the phone moves to the other one.
        const moved = await register(stage, alice.credentials, phone, `${other.url}/`)
        other.know(phone, moved.json().ocs.data)
        return { body: { unknown: [device.deviceIdentifier], failed: 0 } }
      }
      await stage.tell(alice, 1)
      await send()
      assert.equal((await listDevices(stage.app.db.read, alice.accountId)).length, 1)
      await stage.tell(alice, 2)
      await send()
      assert.deepEqual(
        other.posts.flatMap(({ pushes }) => pushes.map(({ text }) => JSON.parse(text).nid)),
        [2],
      )
      await other.close()
    })

    test('a proxy that asks for a pause gets it, and what waits is sent once it is over', async () => {
      const device = await addPhone(alice)
      proxy.answer = () => ({ status: 429, headers: { 'retry-after': '600' } })
      await stage.tell(alice, 1)
      await send()
      proxy.answer = () => ({})
      await stage.tell(alice, 2)
      await send()
      stage.app.clock.advance(599_000)
      await send()
      assert.equal(proxy.posts.length, 1)
      stage.app.clock.advance(2_000)
      await send()
      assert.deepEqual(nids(device), [1, 1, 2])
    })

    test('what fails is tried once more and then given up', async () => {
      const device = await addPhone(alice)
      proxy.answer = () => ({ status: 503 })
      await stage.tell(alice, 1)
      await send()
      assert.equal(proxy.posts.length, 1)
      stage.app.clock.advance(31_000)
      await send()
      assert.equal(proxy.posts.length, 2)
      stage.app.clock.advance(24 * 3_600_000)
      await send()
      assert.equal(proxy.posts.length, 2)
      assert.deepEqual(nids(device), [1, 1])
    })

    test('nobody there: once more later, and the news of a day is old', async () => {
      const gone = await startPushProxy()
      const device = await introduce(stage, alice, phone, gone)
      await gone.close()
      await stage.tell(alice, 1)
      await send()
      stage.app.clock.advance(25 * 3_600_000)
      await send()
      assert.deepEqual(proxy.posts, [])
      assert.equal(
        (await listDevices(stage.app.db.read, alice.accountId))[0]?.device_identifier,
        device.deviceIdentifier,
      )
    })

    test('what a proxy finds too large is sent in halves', async () => {
      const device = await addPhone(alice)
      proxy.answer = ({ pushes }) => (pushes.length > 2 ? { status: 413, body: '' } : {})
      for (const id of [1, 2, 3, 4, 5, 6, 7]) await stage.tell(alice, id)
      await send()
      const taken = proxy.posts.filter(({ pushes }) => pushes.length <= 2).flatMap(({ pushes }) => pushes)
      assert.deepEqual(
        taken.map(({ text }) => JSON.parse(text).nid),
        [1, 2, 3, 4, 5, 6, 7],
      )
      assert.equal(proxy.textsFor(device).length, 7 + 7 + 4 + 3, 'seven, four and three were too many')
    })

    test('a device to be wiped, and one of a disabled account, are told nothing', async () => {
      await addPhone(alice)
      await stage.tell(alice, 1)
      const { accounts, auth } = stage.app.features
      await accounts.setEnabled(await accounts.get(alice.userId), false, 'test')
      await send()
      await accounts.setEnabled(await accounts.get(alice.userId), true, 'test')
      await auth.appPasswords.askForWipe(alice.accountId, 'test')
      await stage.tell(alice, 2)
      await send()
      assert.deepEqual(proxy.posts, [])
    })

    test('a proxy that is not allowed any more is sent nothing', async () => {
      await addPhone(alice)
      await stage.tell(alice, 1)
      await stage.node(stage.app.db, { proxies: ['push.example.org'] }).sender.sendDue()
      await send()
      assert.deepEqual(proxy.posts, [])
    })

    test('whoever is not to be disturbed hears nothing, also not later, but for who waits at the door', async () => {
      const device = await addPhone(alice)
      stage.quiet.add(alice.accountId)
      await stage.tell(alice, 1)
      await stage.tell(alice, 2, { app: 'twofactor_nextcloud_notification' })
      await send()
      stage.quiet.delete(alice.accountId)
      await send()
      await stage.tell(alice, 3)
      await send()
      assert.deepEqual(nids(device), [2, 3])
      proxy.answer = () => ({ status: 503 })
      await stage.tell(alice, 4)
      await send()
      proxy.answer = () => ({})
      stage.quiet.add(alice.accountId)
      stage.app.clock.advance(60_000)
      await send()
      assert.deepEqual(nids(device), [2, 3, 4], 'nor what had to wait')
    })

    test('a phone in a drawer is told nothing', async () => {
      await addPhone(alice)
      stage.app.clock.advance(61 * 24 * 3_600_000)
      await stage.tell(alice, 1)
      await send()
      assert.deepEqual(proxy.posts, [])
    })

    test('so much waits for one account, and then the oldest is dropped', async () => {
      const device = await addPhone(alice)
      for (let id = 1; id <= 5; id++) await stage.tell(alice, id)
      // Some at once: all would wait for a connection longer than a slow machine lets them.
      for (let first = 6; first <= 500; first += 45) {
        await Promise.all(Array.from({ length: 45 }, (_, index) => stage.tell(alice, first + index)))
      }
      for (let id = 501; id <= 505; id++) await stage.tell(alice, id)
      await send()
      assert.equal(nids(device).length, 500)
      assert.equal(Math.min(...nids(device)), 6)
    })

    test('one who has much waiting holds up nobody else', async () => {
      const device = await addPhone(alice)
      const bob = await stage.addPerson(`bob${people}`)
      const other = await introduce(stage, bob, talk, proxy, 'something')
      for (let id = 1; id <= 100; id++) await stage.tell(alice, id)
      await stage.tell(bob, 999)
      await send()
      const first = proxy.posts[0]?.pushes.map(({ device: { deviceIdentifier } }) => deviceIdentifier) ?? []
      assert.ok(first.includes(other.deviceIdentifier) && first.includes(device.deviceIdentifier))
      assert.equal(nids(device).length, 100)
    })

    test('a redirect is not followed, and what the proxy says is told to nobody', async () => {
      await addPhone(alice)
      const elsewhere = await startPushProxy()
      proxy.answer = () => ({ status: 307, headers: { location: `${elsewhere.url}/notifications` } })
      await stage.tell(alice, 1)
      await send()
      assert.deepEqual(elsewhere.posts, [])
      await elsewhere.close()
    })

    test('what became of it all is in the metrics', async () => {
      await addPhone(alice)
      await stage.tell(alice, 1)
      const waiting = (await stage.metrics.write()).text
      assert.match(waiting, /^cloudlet_push_deliveries_waiting\{kind="device"\} 1$/m)
      await send()
      const { text } = await stage.metrics.write()
      assert.match(text, /^cloudlet_push_deliveries_waiting\{kind="device"\} 0$/m)
      const service = new URL(proxy.url).host
      assert.ok(text.includes(`cloudlet_push_deliveries_total{service="${service}",result="sent"} 1\n`), text)
    })
  })
}
