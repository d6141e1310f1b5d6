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
