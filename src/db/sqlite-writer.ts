import { setTimeout } from 'node:timers/promises'
import { crashPoint } from '../lib/crash-point.ts'
import { Fault } from '../lib/fault.ts'
import type { Tx } from './database.ts'
import { isBusy, storageFault, unknownOutcome } from './errors.ts'
import { MESSAGES } from './fault-messages.ts'
import type { Checkpoint } from './sqlite-checkpoint.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { createWriteHandles, type WriteHandle, type WriteHandles } from './sqlite-handles.ts'

interface Waiting {
  readonly work: (tx: Tx) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Done {
  readonly waiting: Waiting
  readonly handle: WriteHandle
  readonly value: unknown
}

export interface SqliteWriter {
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Lets nobody in any more; resolves when all who came before have been told. */
  end(): Promise<void>
}

export interface SqliteWriterDeps {
  readonly connection: SqliteConnection
  /** Makes everything committed so far durable: an fsync of the write-ahead log, off the event loop. */
  readonly sync: () => Promise<void>
  readonly checkpoint: Pick<Checkpoint, 'isDue' | 'run' | 'logMayBeginAnew'>
  /** Told after each commit how many writers shared it. */
  readonly onCommit: (writers: number) => void
  /** Told of each transaction when it is durable, before its writer is. */
  readonly onDurable?: (tx: Tx) => void
}

/** Writers that share one commit at most. More would only make the first of them wait. */
const MAX_BATCH = 128

/**
 * One writer at a time, many a commit: all that wait run one after the other, each in its own savepoint, then one commit
 * and one sync make them durable together, and only then they are told. While that sync is under way the next batch
 * runs and takes in whoever comes, since its own sync could not begin before. A sync that fails leaves unknown what is
 * on the disk, so nothing is written any more until a restart has read it again.
 */
export function createSqliteWriter(deps: SqliteWriterDeps): SqliteWriter {
  const { connection, checkpoint, onCommit } = deps
  const queue: Waiting[] = []
  const handles = createWriteHandles(connection)
  let running: Promise<void> | undefined
  let hasEnded = false
  let wake = (): void => {}
  const syncing = createSyncing(deps, handles, () => wake())

  const next = async (): Promise<Waiting | undefined> => {
    while (queue.length === 0 && syncing.isBusy()) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return syncing.failure() === undefined ? queue.shift() : undefined
  }
  const runBatches = async (): Promise<void> => {
    while (queue.length > 0) {
      const failure = syncing.failure()
      if (failure !== undefined) {
        queue.shift()?.reject(failure)
        continue
      }
      // Set outside of the transaction: SQLite syncs the header of a log that begins anew, and nothing else.
      const beginsLog = checkpoint.logMayBeginAnew()
      if (beginsLog) connection.exec('pragma synchronous = normal')
      const done = await runBatch(connection, next, handles)
      if (beginsLog) connection.exec('pragma synchronous = off')
      if (done.length === 0) continue
      onCommit(done.length)
      syncing.add(done)
      if (checkpoint.isDue()) await syncing.finish(checkpoint.run)
    }
    // In the same turn as the last look at the queue: whoever comes later begins anew, and nobody waits for ever.
    running = undefined
  }
  return {
    write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      if (handles.isInside()) {
        return Promise.reject(new Error('Database.write inside Database.write would wait for itself: pass the tx on'))
      }
      const failure = hasEnded ? new Fault('unavailable', 'The database has been closed') : syncing.failure()
      if (failure !== undefined) return Promise.reject(failure)
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
        running ??= runBatches()
        wake()
      })
    },
    async end() {
      hasEnded = true
      while (running !== undefined) await running
      await syncing.finish()
    },
  }
}

interface Syncing {
  /** Makes what these writers have committed durable, then tells them. */
  add(done: readonly Done[]): void
  isBusy(): boolean
  /** Of a sync; nothing counts as durable after it. */
  failure(): Fault | undefined
  /** Resolves when everybody has been told, and `work` is done, whose failure counts as one of a sync. */
  finish(work?: () => Promise<void>): Promise<void>
}

/** One sync after the other, in the order of the commits. */
function createSyncing(
  { sync, onDurable }: Pick<SqliteWriterDeps, 'sync' | 'onDurable'>,
  handles: WriteHandles,
  onEnd: () => void,
): Syncing {
  let last: Promise<void> = Promise.resolve()
  let count = 0
  let failure: Fault | undefined

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      if (failure === undefined) await work()
    } catch (error) {
      failure = new Fault('unavailable', MESSAGES.notKept, {}, { cause: error })
    }
  }
  const tellWhenDurable = async (done: readonly Done[]): Promise<void> => {
    await attempt(sync)
    crashPoint('transaction.durable')
    count -= 1
    // The next commit may come; it begins before the writers of this one go on.
    onEnd()
    for (const { waiting, handle, value } of done) {
      if (failure === undefined) {
        onDurable?.(handle.tx)
        handles.giveBack(handle)
        waiting.resolve(value)
      } else {
        waiting.reject(unknownOutcome(MESSAGES.notKept, failure.cause))
      }
    }
  }
  return {
    add(done) {
      count += 1
      last = last.then(() => tellWhenDurable(done))
    },
    isBusy: () => count > 0,
    failure: () => failure,
    finish: (work) => (work === undefined ? last : last.then(() => attempt(work))),
  }
}

/** Runs waiting writers in one transaction. What it returns is committed, not yet durable; failed writers are told here. */
async function runBatch(
  connection: SqliteConnection,
  next: () => Promise<Waiting | undefined>,
  handles: WriteHandles,
): Promise<Done[]> {
  const done: Done[] = []
  try {
    await begin(connection)
  } catch (error) {
    ;(await next())?.reject(storageFault(error))
    return done
  }
  crashPoint('transaction.begun')
  try {
    for (let count = 0; count < MAX_BATCH; count++) {
      const waiting = await next()
      if (waiting === undefined) break
      const result = await runInSavepoint(connection, waiting, handles.take())
      if (result !== undefined) done.push(result)
    }
    crashPoint('transaction.before-commit')
    connection.exec('commit')
    crashPoint('transaction.committed')
    return done
  } catch (error) {
    rollback(connection)
    const fault = storageFault(error)
    for (const { waiting } of done) waiting.reject(fault)
    return []
  }
}

/** How long another process, such as a command beside the server, may hold the right to write. */
const LOCK_WAIT_MS = 10_000
const LOCK_RETRY_MS = 5

/** Waits for other processes without stopping the event loop, which SQLite's own waiting would do. */
async function begin(connection: SqliteConnection): Promise<void> {
  const giveUpAt = performance.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      connection.exec('begin immediate')
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error
    }
    await setTimeout(LOCK_RETRY_MS)
  }
}

async function runInSavepoint(
  connection: SqliteConnection,
  waiting: Waiting,
  handle: WriteHandle,
): Promise<Done | undefined> {
  try {
    connection.exec('savepoint writer')
    const value = await handle.run(waiting.work)
    connection.exec('release writer')
    return { waiting, handle, value }
  } catch (error) {
    waiting.reject(storageFaultOr(error))
    // A full disk rolls the whole transaction back by itself; the failing statement then throws for the batch.
    connection.exec('rollback to writer')
    connection.exec('release writer')
    return undefined
  }
}

/** An error of the program stays what it is; an error of the disk becomes a Fault. */
function storageFaultOr(error: unknown): unknown {
  const fault = storageFault(error)
  return fault.kind === 'internal' ? error : fault
}

function rollback(connection: SqliteConnection): void {
  try {
    connection.exec('rollback')
  } catch {
    // There is nothing to roll back when SQLite has done it already.
  }
}
