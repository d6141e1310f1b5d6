import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../src/db/database.ts'
import { createEvents } from '../../src/events/events.ts'
import { createJobs, type Job, type Jobs } from '../../src/jobs/jobs.ts'
import { jobsMigration } from '../../src/jobs/migrations/20261127-jobs.ts'
import { silentLog } from '../../src/lib/log.ts'
import { forEachDatabase } from '../helpers/databases.ts'
import { createTestClock, type TestClock } from '../helpers/test-app.ts'

declare module '../../src/events/catalogue.ts' {
  interface EventTypes {
    'test.happened': { readonly number: number }
  }
}

/** Resolves when `isSo` holds; the test runner's own limit ends a wait that never does. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

interface Recorder {
  readonly ran: unknown[]
  readonly job: Job
}

/** A job that writes down what it was given, and throws as often as it is told to. */
function recorder(kind: string, { failures = 0, maxAttempts = 10 } = {}): Recorder {
  const ran: unknown[] = []
  let left = failures
  return {
    ran,
    job: {
      kind,
      maxAttempts,
      async run(payload) {
        ran.push(payload)
        left -= 1
        if (left >= 0) throw new Error('not today')
      },
    },
  }
}

function jobsOn(db: Database, clock: TestClock, ...recorders: readonly Recorder[]): Jobs {
  const jobs = createJobs({ db, clock, log: silentLog })
  jobs.register(recorders.map(({ job }) => job))
  return jobs
}

forEachDatabase('jobs', ({ kind, open }) => {
  test('run once, in the order in which they are due, and only when their transaction was committed', async () => {
    const { db, close } = await open([jobsMigration])
    const clock = createTestClock()
    const note = recorder('note')
    const jobs = jobsOn(db, clock, note)
    await db.write(async (tx) => {
      await jobs.add(tx, 'note', 'later', { runAtMs: clock.nowMs() + 1_000 })
      await jobs.add(tx, 'note', 'first')
      await jobs.add(tx, 'note', 'second')
    })
    await assert.rejects(
      db.write(async (tx) => {
        await jobs.add(tx, 'note', 'never')
        throw new Error('changed my mind')
      }),
    )
    await jobs.runDue()
    assert.deepEqual(note.ran, ['first', 'second'])
    clock.advance(1_000)
    await jobs.runDue()
    assert.deepEqual(note.ran, ['first', 'second', 'later'])
    assert.deepEqual(await jobs.list(10), [])
    await close()
  })

  test('one that fails is tried again after growing pauses, and given up in the end with its last error', async () => {
    const { db, close } = await open([jobsMigration])
    const clock = createTestClock()
    const note = recorder('note', { failures: 3, maxAttempts: 3 })
    const jobs = jobsOn(db, clock, note)
    await db.write((tx) => jobs.add(tx, 'note', 1))
    await jobs.runDue()
    await jobs.runDue()
    assert.equal(note.ran.length, 1, 'not before its pause is over')
    clock.advance(5_000)
    await jobs.runDue()
    clock.advance(5_000)
    await jobs.runDue()
    assert.equal(note.ran.length, 2, 'the second pause is longer')
    clock.advance(15_000)
    await jobs.runDue()
    clock.advance(24 * 3_600_000)
    await jobs.runDue()
    assert.equal(note.ran.length, 3)
    assert.deepEqual(await jobs.count(), [{ kind: 'note', state: 'failed', count: 1 }])
    assert.match((await jobs.list(10))[0]?.last_error ?? '', /not today/)
    assert.equal(await jobs.retryFailed(), 1)
    await jobs.runDue()
    assert.equal(note.ran.length, 4)
    assert.deepEqual(await jobs.list(10), [])
    await close()
  })

  test('with a key one waits at a time; one that runs already does not stand for what comes after', async () => {
    const { db, close } = await open([jobsMigration])
    const clock = createTestClock()
    const ran: unknown[] = []
    const jobs = createJobs({ db, clock, log: silentLog })
    const again = { key: 'alice', runAtMs: clock.nowMs() }
    jobs.register([
      {
        kind: 'flush',
        async run(payload) {
          ran.push(payload)
          if (ran.length === 1) await db.write((tx) => jobs.add(tx, 'flush', 'came meanwhile', again))
        },
      },
    ])
    await db.write(async (tx) => {
      await jobs.add(tx, 'flush', 'one', { key: 'alice', runAtMs: clock.nowMs() + 60_000 })
      await jobs.add(tx, 'flush', 'two', again)
      await jobs.add(tx, 'flush', 'three', { key: 'bob' })
    })
    await jobs.runDue()
    assert.deepEqual(ran.toSorted(), ['came meanwhile', 'one', 'three'])
    await close()
  })

  test('two processes never run the same one', async () => {
    const { db, reopen, close } = await open([jobsMigration])
    const clock = createTestClock()
    const [mine, theirs] = [recorder('note'), recorder('note')]
    const jobs = jobsOn(db, clock, mine)
    const others = jobsOn(await reopen(), clock, theirs)
    const numbers = Array.from({ length: 60 }, (_, index) => index)
    await db.write(async (tx) => {
      for (const number of numbers) await jobs.add(tx, 'note', number)
    })
    await Promise.all([jobs.runDue(), others.runDue()])
    const ran = [...mine.ran, ...theirs.ran] as number[]
    assert.deepEqual(
      ran.toSorted((a, b) => a - b),
      numbers,
    )
    await close()
  })

  test('one whose process died is run by another when its lease is over', async () => {
    const { db, reopen, close } = await open([jobsMigration])
    const clock = createTestClock()
    const dying = createJobs({ db, clock, log: silentLog })
    let hasBegun = false
    dying.register([
      {
        kind: 'note',
        run() {
          hasBegun = true
          return new Promise(() => {})
        },
      },
    ])
    await db.write((tx) => dying.add(tx, 'note', 'kept'))
    dying.runDue().catch(() => {})
    await until(() => hasBegun)
    const note = recorder('note')
    const jobs = jobsOn(await reopen(), clock, note)
    await jobs.runDue()
    assert.deepEqual(note.ran, [], 'its owner may still be at work')
    clock.advance(30_000)
    await jobs.runDue()
    assert.deepEqual(note.ran, ['kept'])
    await close()
  })

  test('a worker begins as soon as the transaction is committed, and a kind it does not know stays', async () => {
    const { db, close } = await open([jobsMigration])
    const note = recorder('note')
    const jobs = jobsOn(db, createTestClock(), note)
    await jobs.start()
    await db.write(async (tx) => {
      await jobs.add(tx, 'note', 1)
      await jobs.add(tx, 'of another version', 2)
    })
    await until(() => note.ran.length === 1)
    await jobs.stop()
    assert.deepEqual(await jobs.count(), [{ kind: 'of another version', state: 'waiting', count: 1 }])
    await close()
  })

  test('events: each reaction is done for each event, and again alone when it fails', async () => {
    const { db, close } = await open([jobsMigration])
    const clock = createTestClock()
    const jobs = createJobs({ db, clock, log: silentLog })
    const events = createEvents({ db, jobs, log: silentLog })
    const seen: string[] = []
    let isBroken = true
    events.connect(
      [
        { name: 'one', on: { 'test.happened': async ({ number }) => void seen.push(`one ${number}`) } },
        {
          name: 'two',
          on: {
            async 'test.happened'({ number }) {
              if (isBroken) throw new Error('not today')
              seen.push(`two ${number}`)
            },
          },
        },
      ],
      { isServing: true },
    )
    await db.write((tx) => events.add(tx, 'test.happened', { number: 7 }))
    await jobs.runDue()
    assert.deepEqual(seen, ['one 7'])
    isBroken = false
    clock.advance(5_000)
    await jobs.runDue()
    assert.deepEqual(seen, ['one 7', 'two 7'])
    await close()
  })

  test('live events come after the commit, when what they tell of can be read, and not for what failed', async () => {
    const { db, close } = await open([jobsMigration])
    const jobs = createJobs({ db, clock: createTestClock(), log: silentLog })
    const events = createEvents({ db, jobs, log: silentLog })
    const seen: number[] = []
    events.connect([{ name: 'live', live: { 'test.happened': ({ number }) => void seen.push(number) } }], {
      isServing: true,
    })
    await assert.rejects(
      db.write(async (tx) => {
        await events.add(tx, 'test.happened', { number: 1 })
        throw new Error('changed my mind')
      }),
    )
    await db.write(async (tx) => {
      await events.add(tx, 'test.happened', { number: 2 })
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.deepEqual(seen, [])
    })
    await until(() => seen.length > 0)
    assert.deepEqual(seen, [2])
    assert.deepEqual(await jobs.list(10), [], 'without a lasting reaction nothing is written')
    await close()
  })

  test('what a command does is heard by the server', async () => {
    const { db, reopen, close } = await open([jobsMigration])
    const clock = createTestClock()
    const seen: number[] = []
    const process = (own: Database, isServing: boolean) => {
      const jobs = createJobs({ db: own, clock, log: silentLog })
      const events = createEvents({ db: own, jobs, log: silentLog })
      const live = { 'test.happened': ({ number }: { number: number }) => void (isServing && seen.push(number)) }
      events.connect([{ name: 'live', live }], { isServing })
      return { jobs, events }
    }
    const server = process(db, true)
    const commandDb = await reopen()
    const command = process(commandDb, false)
    await commandDb.write((tx) => command.events.add(tx, 'test.happened', { number: 3 }))
    await server.jobs.runDue()
    await until(() => seen.length > 0)
    assert.deepEqual(seen, [3])
    assert.equal((await server.jobs.list(10)).length, 0)
    if (kind === 'postgres') await commandDb.write((tx) => command.events.add(tx, 'test.happened', { number: 4 }))
    if (kind === 'postgres') await until(() => seen.length > 1)
    await close()
  })
})
