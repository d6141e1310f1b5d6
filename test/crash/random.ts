import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { DatabaseKind } from '../../src/db/database.ts'
import { type BlobStoreKind, stopSharedStub } from '../helpers/blob-stores.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { type BusyClient, createBusyClient } from './busy-client.ts'
import { assertSwept, assertWhole, createScene, IS_LONG } from './scene.ts'

const ROUNDS = IS_LONG ? 60 : 6
/** Of one account, and of another one: they wait for each other, or they do not. */
const CLIENTS = [4, 2]
const SEED = Number(process.env['TEST_CRASH_SEED'] ?? 20_261_125)

/** Several clients change things at once over connections that stay open, and the server is killed at some moment. */
export function crashUnderLoad(database: DatabaseKind, blobs: BlobStoreKind = 'disk'): void {
  describe(`a busy server that is killed at any moment on ${database} and ${blobs}`, () => {
    after(stopSharedPostgres)
    after(stopSharedStub)
    test('keeps what it has answered, and has done the rest wholly or not at all', async (t) => {
      const random = createRandom(SEED)
      const scene = await createScene(t, database, { blobs })
      const accounts = [scene.client(), await scene.newcomer()]
      const clients = accounts.flatMap((account, index) =>
        Array.from({ length: CLIENTS[index] ?? 0 }, (_, number): BusyClient => {
          return createBusyClient({ client: account, top: `w${number}`, random: createRandom(random() * 2 ** 32) })
        }),
      )
      let answered = 0
      for (let round = 0; round < ROUNDS; round++) {
        const server = await scene.start()
        for (const client of clients) await client.assertKept()
        await assertWhole(scene)
        const working = Promise.all(clients.map((client) => client.work()))
        const killing = setTimeout(100 + random() * 700).then(() => server.kill('SIGKILL'))
        const counts = await working
        await killing
        await scene.killed()
        answered += counts.reduce((sum, count) => sum + count, 0)
      }
      await scene.start()
      for (const client of clients) await client.assertKept()
      await assertWhole(scene)
      await scene.stop()
      await assertSwept(scene)
      assert.ok(answered > ROUNDS * clients.length, `only ${answered} requests were answered`)
      t.diagnostic(`${ROUNDS} kills, ${answered} requests answered before; TEST_CRASH_SEED=${SEED}`)
    })
  })
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
