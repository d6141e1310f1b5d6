import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createPushStage, introduce, type Person, type PushStage, subscribe } from '../../../test/helpers/push.ts'
import {
  createTestDevice,
  type KnownDevice,
  startPushProxy,
  type TestPushProxy,
} from '../../../test/helpers/push-proxy.ts'
import { startPushService } from '../../../test/helpers/push-service.ts'
import { listDevices } from './device-store.ts'
import { loadSubscriptions } from './web/subscription-store.ts'

const phone = createTestDevice('the token of a phone')

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`keys that are none any more on ${database}`, () => {
    let stage: PushStage
    let proxy: TestPushProxy
    let alice: Person
    let bob: Person
    let people = 0
    before(async () => {
      stage = await createPushStage(database)
    })
    beforeEach(async () => {
      people += 1
      proxy = await startPushProxy()
      alice = await stage.addPerson(`alice${people}`)
      bob = await stage.addPerson(`bob${people}`)
    })
    afterEach(() => proxy.close())
    after(async () => {
      await stage.close()
      await stopSharedPostgres()
    })
    const send = (): Promise<void> => stage.push.sender.sendDue()
    const nids = (device: KnownDevice): number[] =>
      proxy.posts
        .flatMap(({ pushes }) => pushes)
        .filter((push) => push.device === device)
        .map(({ text }) => JSON.parse(text).nid)
    const devicesOf = ({ accountId }: Person) => listDevices(stage.app.db.read, accountId)

    test('a device whose key is none is forgotten, and the others of its batch hear at once', async () => {
      await introduce(stage, alice, phone, proxy)
      const good = await introduce(stage, bob, phone, proxy)
      const broken = { device_key: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' }
      await stage.app.db.write((tx) =>
        tx.updateTable('push_device').set(broken).where('account_id', '=', alice.accountId).execute(),
      )
      await stage.tell(alice, 1)
      await stage.tell(bob, 2)
      await send()
      assert.deepEqual(nids(good), [2])
      assert.equal(proxy.posts.length, 1)
      assert.deepEqual(await devicesOf(alice), [])
      assert.equal((await devicesOf(bob)).length, 1)
      const { text } = await stage.metrics.write()
      const service = new URL(proxy.url).host
      assert.ok(text.includes(`cloudlet_push_deliveries_total{service="${service}",result="refused"} 1\n`), text)
      const again = await introduce(stage, alice, phone, proxy)
      await stage.tell(alice, 3)
      await send()
      assert.deepEqual(nids(again), [3], 'and it may come back')
    })

    test('only broken ones: the proxy is not called at all', async () => {
      await introduce(stage, alice, phone, proxy)
      await stage.app.db.write((tx) => tx.updateTable('push_device').set({ device_key: '' }).execute())
      await stage.tell(alice, 1)
      await send()
      assert.deepEqual(proxy.posts, [])
      assert.deepEqual(await devicesOf(alice), [])
    })

    test('an account whose own key cannot be read holds up nobody else, and is tried again', async () => {
      const first = await introduce(stage, alice, phone, proxy)
      const good = await introduce(stage, bob, phone, proxy)
      const { private_key } = await stage.app.db.read
        .selectFrom('push_key')
        .select('private_key')
        .where('account_id', '=', alice.accountId)
        .executeTakeFirstOrThrow()
      const change = (text: string) =>
        stage.app.db.write((tx) =>
          tx.updateTable('push_key').set({ private_key: text }).where('account_id', '=', alice.accountId).execute(),
        )
      await change('nothing')
      // Another node, which has not read the key before.
      const node = stage.node(stage.app.db)
      await stage.tell(alice, 1)
      await stage.tell(bob, 2)
      await node.sender.sendDue()
      assert.deepEqual([nids(first), nids(good)], [[], [2]])
      await change(private_key)
      stage.app.clock.advance(31_000)
      await node.sender.sendDue()
      assert.deepEqual(nids(first), [1])
      assert.equal((await devicesOf(alice)).length, 1)
    })

    test('a subscription for web push whose keys are none is forgotten', async (t) => {
      const service = await startPushService()
      t.after(() => service.close())
      await subscribe(stage, alice, service.subscribe('one'))
      const rows = await stage.app.db.read.selectFrom('push_subscription').select('id').execute()
      await stage.app.db.write((tx) => tx.updateTable('push_subscription').set({ p256dh: 'AAAA' }).execute())
      await stage.tell(alice, 1)
      await stage.tell(alice, 2)
      await send()
      assert.equal(service.messages.length, 1, 'the activation')
      const left = await loadSubscriptions(
        stage.app.db.read,
        rows.map(({ id }) => id),
      )
      assert.equal(left.size, 0)
    })
  })
}
