import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createPushStage, introduce, type Person, type PushStage } from '../../../test/helpers/push.ts'
import {
  createTestDevice,
  type KnownDevice,
  startPushProxy,
  type TestPushProxy,
} from '../../../test/helpers/push-proxy.ts'
import { claimDeliveries } from './delivery-store.ts'

const phone = createTestDevice('the token of a phone')

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`senders on ${database}`, () => {
    let stage: PushStage
    let proxy: TestPushProxy
    let alice: Person
    let device: KnownDevice
    let people = 0
    before(async () => {
      stage = await createPushStage(database)
    })
    beforeEach(async () => {
      people += 1
      proxy = await startPushProxy()
      alice = await stage.addPerson(`alice${people}`)
      device = await introduce(stage, alice, phone, proxy)
    })
    afterEach(() => proxy.close())
    after(async () => {
      await stage.close()
      await stopSharedPostgres()
    })
    /** Waits until what is at work is leased for a while to come. */
    const renewed = async (): Promise<void> => {
      for (let look = 0; look < 1_000; look++) {
        const row = await stage.app.db.read
          .selectFrom('push_delivery')
          .select('leased_until_ms')
          .where('done_at_ms', 'is', null)
          .executeTakeFirst()
        if ((row?.leased_until_ms ?? 0) > stage.app.clock.nowMs() + 10_000) return
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      assert.fail('the lease was not renewed')
    }
    const nids = (): number[] => proxy.textsFor(device).map((text) => JSON.parse(text).nid)

    test('of two nodes never send the same (bug class: push exactly once)', async () => {
      const db = await stage.app.openAgain()
      const other = stage.node(db)
      const ids = Array.from({ length: 60 }, (_, index) => index + 1)
      await Promise.all(ids.map((id) => stage.tell(alice, id)))
      await Promise.all([stage.push.sender.sendDue(), other.sender.sendDue(), stage.push.sender.sendDue()])
      assert.deepEqual(
        nids().toSorted((a, b) => a - b),
        ids,
      )
      await db.close()
    })

    test('that die leave their messages to others when the lease is over', async () => {
      await stage.tell(alice, 1)
      const nowMs = stage.app.clock.nowMs()
      const claim = { nowMs, untilMs: nowMs + 180_000, limit: 10, limitPerAccount: 10, busyAccountIds: [] }
      assert.equal((await stage.app.db.write((tx) => claimDeliveries(tx, claim))).length, 1)
      await stage.push.sender.sendDue()
      assert.deepEqual(nids(), [], 'its owner may still be at work')
      stage.app.clock.advance(180_000)
      await stage.push.sender.sendDue()
      assert.deepEqual(nids(), [1])
    })

    test('that are at it keep their messages, however slow everybody is (bug class: push exactly once)', async (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] })
      const gate = Promise.withResolvers<void>()
      const arrived = Promise.withResolvers<void>()
      proxy.answer = async () => {
        arrived.resolve()
        await gate.promise
        return {}
      }
      await stage.tell(alice, 1)
      const sending = stage.push.sender.sendDue()
      await arrived.promise
      const other = stage.node(stage.app.db)
      for (let turn = 0; turn < 4; turn++) {
        stage.app.clock.advance(10_000)
        t.mock.timers.tick(4_000)
        await renewed()
        await other.sender.sendDue()
      }
      gate.resolve()
      await sending
      assert.deepEqual(nids(), [1])
    })

    test('begin by themselves as soon as something waits, and finish what they have begun', async () => {
      const gate = Promise.withResolvers<void>()
      const arrived = Promise.withResolvers<void>()
      proxy.answer = async () => {
        arrived.resolve()
        await gate.promise
        return {}
      }
      await stage.push.sender.start()
      await stage.tell(alice, 1)
      await arrived.promise
      const stopping = stage.push.sender.stop()
      gate.resolve()
      await stopping
      await stage.tell(alice, 2)
      proxy.answer = () => ({})
      await stage.push.sender.sendDue()
      assert.deepEqual(nids(), [1, 2])
    })
  })
}
