import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { DatabaseKind } from '../../src/db/database.ts'
import { type BlobStoreKind, stopSharedStub } from '../helpers/blob-stores.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import type { Client, Entry, Snapshot } from './client.ts'
import { assertChanged, assertSizes } from './expected.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import { type Cut, cutsOf } from './plan.ts'
import { assertSwept, assertWhole, createScene, IS_LONG, type Scene } from './scene.ts'

/** What crashes have left is swept, and checked as a whole, after this many of them. */
const SWEEP_EVERY = IS_LONG ? 4 : 24
/** More than any operation passes. */
const MAX_POINTS = 80

export function crashAtEveryPoint(database: DatabaseKind, blobs: BlobStoreKind = 'disk'): void {
  describe(`a server that is killed on ${database} and ${blobs}`, () => {
    after(stopSharedPostgres)
    after(stopSharedStub)
    test('keeps what it has answered, and does the rest wholly or not at all', async (t) => {
      const crashes = createCrashes(await createScene(t, database, { blobs }))
      if (IS_LONG) {
        for (const name of Object.keys(OPERATIONS)) {
          for (let turn = 1; await crashes.cut({ name, at: `*:${turn}` }); turn++) assert.ok(turn < MAX_POINTS, name)
        }
      } else {
        for (const one of cutsOf(database, blobs))
          assert.ok(await crashes.cut(one), `${one.name} never comes to ${one.at}`)
      }
      await crashes.end()
      t.diagnostic(`${crashes.count()} crashes`)
    })
  })
}

interface Crashes {
  /** Cuts an operation off. Resolves to whether it came to the point; else it was done. */
  cut(one: Cut): Promise<boolean>
  end(): Promise<void>
  count(): number
}

/** One crash after the other on the same data. The server that looks at the last crash is the one that dies next. */
function createCrashes(scene: Scene): Crashes {
  let count = 0
  let lookAtLast = async (): Promise<void> => {}
  return {
    count: () => count,
    async cut({ name, at }) {
      const operation = OPERATIONS[name]
      assert.ok(operation !== undefined, name)
      const label = `${name} at ${at}`
      const base = `s${count}`
      if (count % SWEEP_EVERY === 0) await assertSwept(scene)
      const client = operation.isFirst === true ? await scene.newcomer() : scene.client()
      await scene.start(at)
      await lookAtLast()
      await operation.prepare(client, base)
      const before = operation.isFirst === true ? NOTHING : await client.snapshot(base)
      const chunks = await client.chunks(base)
      scene.arm()
      const answer = await operation.run(client, base).catch(() => undefined)
      const hasDied = answer === undefined
      if (hasDied) await scene.killed()
      else await scene.stop()
      count += 1
      lookAtLast = async () => {
        try {
          await assertOldOrNew(client, operation, { base, before, chunks, isNew: isNewAt(operation, at) })
          await assertWhole(scene)
        } catch (error) {
          throw new Error(`After the crash of: ${label}`, { cause: error })
        }
      }
      return hasDied
    },
    async end() {
      await assertSwept(scene)
      await scene.start()
      await lookAtLast()
      await scene.stop()
      await assertSwept(scene)
    },
  }
}

/** All that is known of an account that has never looked: there will be a root. */
const NOTHING: Snapshot = new Map([['', { isFolder: true } as Entry]])

/** Whether the operation must have happened when it was cut off there; undefined where that cannot be told. */
function isNewAt({ isFirst }: Operation, at: string): boolean | undefined {
  const [point] = at.split(':')
  // A first file takes a transaction for its tree and another one for itself.
  if (point === '*' || isFirst === true) return undefined
  return point === 'transaction.committed' || point === 'transaction.durable'
}

interface Last {
  readonly base: string
  readonly before: Snapshot
  readonly chunks: Readonly<Record<string, number>> | undefined
  readonly isNew: boolean | undefined
}

async function assertOldOrNew(client: Client, operation: Operation, last: Last): Promise<void> {
  const { base, before } = last
  const change = operation.change(base)
  const after = await client.snapshot(base)
  const chunks = await client.chunks(base)
  const assertNew = async (): Promise<void> => {
    if ('chunks' in change) assert.deepEqual(await client.chunks(base), change.chunks)
    assertChanged(before, await client.snapshot(base), change)
  }
  let isNew = last.isNew
  if (isNew === undefined) {
    isNew =
      !isDeepStrictEqual([after, chunks], [before, last.chunks]) && !(operation.isFirst === true && after.size === 1)
  }
  if (isNew) await assertNew()
  else if (operation.isFirst === true) assert.deepEqual([...after.keys()], [''])
  else assert.deepEqual([after, chunks], [before, last.chunks])
  assertSizes(after)
  const { status } = await operation.run(client, base)
  assert.equal(status, isNew ? operation.repeated.done : operation.repeated.fresh, 'the answer to the repeated request')
  await assertNew()
}
