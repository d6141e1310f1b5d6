import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { bytesOf } from './operations.ts'
import { assertSwept, assertWhole, createScene, type Scene } from './scene.ts'

/** Where the sweeper is killed: while it removes files, and before and after it forgets them. */
export const SWEEP_POINTS: readonly string[] = ['blob.removed', 'blob.removed:3', 'transaction.begun:2', '*:5', '*:9']

/** Blobs that nothing refers to any more, and a file that stays. */
async function makeGarbage(scene: Scene, count: number): Promise<void> {
  const client = scene.client()
  await scene.start()
  await client.send('MKCOL', 'gone')
  for (let index = 0; index <= count; index++) {
    const path = index === 0 ? 'stays' : `gone/${index}`
    assert.equal((await client.send('PUT', path, { body: bytesOf(40_000, path) })).status, 201)
  }
  await client.send('DELETE', 'gone')
  await scene.stop()
}

export function crashWhileSweeping(database: DatabaseKind): void {
  describe(`a sweeper that is killed on ${database}`, () => {
    after(stopSharedPostgres)

    test('by command: the next one finishes its work, and nothing that is in use is gone', async (t) => {
      const scene = await createScene(t, database)
      await makeGarbage(scene, 8)
      for (const at of SWEEP_POINTS) {
        const killed = await scene.command(['files:cleanup', '--now'], { TEST_CRASH_AT: at })
        assert.equal(killed.code, null, `${at}: ${killed.out}${killed.err}`)
        await assertWhole(scene)
      }
      await assertSwept(scene)
      assert.equal(scene.storedKeys().length, 1)
    })

    test('in the server: the next start finishes its work', async (t) => {
      const scene = await createScene(t, database)
      await makeGarbage(scene, 3)
      await scene.beside(({ db }) =>
        db.write(async (tx) => {
          await tx.updateTable('blob_garbage').set({ since_ms: 0 }).execute()
        }),
      )
      await scene.startToDie('blob.removed:2')
      assert.equal(scene.storedKeys().length, 2)
      await scene.start()
      await until(() => scene.storedKeys().length === 1)
      await assertWhole(scene)
      await scene.stop()
      await assertSwept(scene)
    })
  })
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail('It never came true')
}
