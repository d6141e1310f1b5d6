import type { Database, Tx } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import type { Json } from '../lib/json.ts'
import type { Log } from '../lib/log.ts'
import * as store from './store.ts'
import { createWorker, type Worker } from './worker.ts'

/**
 * A kind of work that is done after the transaction that asked for it: at least once, by one process at a time, again
 * with growing pauses when it throws. `run` must be safe to repeat.
 */
export interface Job {
  /** `push.deliver` */
  readonly kind: string
  /** Runs before it is given up. Default 10, which takes about a day. */
  readonly maxAttempts?: number
  run(payload: Json, context: JobContext): Promise<void>
}

export interface JobContext {
  /** 1 for the first run. */
  readonly attempt: number
  /** Aborted when the server stops, or the lease was lost. */
  readonly signal: AbortSignal
}

export interface JobOptions {
  /** Default: at once. */
  readonly runAtMs?: number
  /** While a job of this kind and key waits, adding it again only brings it forward. */
  readonly key?: string
}

export interface Jobs {
  /** In the transaction of the change that makes the work necessary. */
  add(tx: Tx, kind: string, payload: Json, options?: JobOptions): Promise<void>
  /** Every kind there is, before anything runs. */
  register(jobs: readonly Job[]): void
  /** From now on this process does jobs. */
  start(): Promise<void>
  /** Does everything that is due and what follows from it, and resolves when nothing is. For commands and tests. */
  runDue(): Promise<void>
  /** Takes nothing new and waits for what is running, a few seconds at most. */
  stop(): Promise<void>
  list(limit: number): Promise<store.JobRow[]>
  count(): Promise<{ kind: string; state: string; count: number }[]>
  /** Gives jobs that were given up another chance. Resolves to their number. */
  retryFailed(): Promise<number>
  /** Forgets what was given up long ago. */
  sweep(): Promise<void>
}

const WAKE_CHANNEL = 'jobs'
const KEEP_FAILED_MS = 30 * 24 * 3_600_000

/** Work in a table of the database: nothing asked for in a committed transaction is lost by a crash. */
export function createJobs({ db, clock, log }: { db: Database; clock: Clock; log: Log }): Jobs {
  const byKind = new Map<string, Job>()
  const worker: Worker = createWorker({ db, clock, log, byKind })
  let stopHearing: (() => void) | undefined
  return {
    async add(tx, kind, payload, { runAtMs, key } = {}) {
      const nowMs = clock.nowMs()
      const job = { kind, key: key ?? null, payload: JSON.stringify(payload), runAtMs: runAtMs ?? nowMs, nowMs }
      await store.insertJob(tx, job)
      await db.signals.send(tx, WAKE_CHANNEL, '')
    },
    register(jobs) {
      for (const job of jobs) {
        if (byKind.has(job.kind)) throw new Error(`Two jobs are of the kind ${job.kind}`)
        byKind.set(job.kind, job)
      }
    },
    async start() {
      // On SQLite no other server uses this database, so nobody is at work who could have a lease.
      if (db.kind === 'sqlite') await db.write((tx) => store.releaseAll(tx))
      stopHearing = db.signals.on(WAKE_CHANNEL, () => worker.wake())
      worker.start()
    },
    runDue: () => worker.runDue(),
    async stop() {
      stopHearing?.()
      await worker.stop()
    },
    list: (limit) => store.listJobs(db.read, limit),
    count: () => store.countJobs(db.read),
    retryFailed: () => db.write((tx) => store.retryFailed(tx, clock.nowMs())),
    sweep: () => db.write((tx) => store.deleteFailed(tx, clock.nowMs() - KEEP_FAILED_MS)),
  }
}
