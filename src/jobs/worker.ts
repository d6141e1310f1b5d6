import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import type { Json } from '../lib/json.ts'
import type { Log } from '../lib/log.ts'
import type { Job } from './jobs.ts'
import * as store from './store.ts'

export interface Worker {
  start(): void
  /** Something may be due. */
  wake(): void
  runDue(): Promise<void>
  stop(): Promise<void>
}

export interface WorkerDeps {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly byKind: ReadonlyMap<string, Job>
}

const MAX_RUNNING = 8
/** A process that dies keeps its jobs from the others for this long. */
const LEASE_MS = 30_000
const RENEW_MS = 10_000
/** For what no signal tells: jobs of a command beside the server, of another node, leases that run out. */
const LOOK_EVERY_MS = 1_000
const DRAIN_MS = 5_000
const DEFAULT_MAX_ATTEMPTS = 10
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 6 * 3_600_000
const MAX_ERROR_CHARS = 500

export function createWorker(deps: WorkerDeps): Worker {
  const { log } = deps
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let isWoken = false

  const hasRoom = (): boolean => running.size < MAX_RUNNING && !stopping.signal.aborted
  const begin = (row: store.JobRow): void => {
    const run = runJob(deps, row, stopping.signal).finally(() => {
      running.delete(run)
      wake()
    })
    running.add(run)
  }
  /** Begins everything that is due, as long as there is room. */
  const look = async (): Promise<void> => {
    try {
      do {
        isWoken = false
        const rows = await claim(deps, MAX_RUNNING - running.size)
        for (const row of rows) begin(row)
        if (rows.length > 0) isWoken = true
      } while (isWoken && hasRoom())
    } catch (error) {
      log.error({ err: error }, 'Jobs cannot be looked for')
    } finally {
      // In the same turn as the last look: a wake that comes later begins anew.
      looking = undefined
    }
  }
  const wake = (): void => {
    isWoken = true
    if (timer === undefined || looking !== undefined || !hasRoom()) return
    looking = look()
  }
  return {
    start() {
      timer = setInterval(wake, LOOK_EVERY_MS)
      timer.unref()
      wake()
    },
    wake,
    runDue: () => runDue(deps, stopping.signal),
    async stop() {
      clearInterval(timer)
      timer = undefined
      await looking
      const giveUp = setTimeout(() => stopping.abort(), DRAIN_MS)
      await Promise.all(running)
      clearTimeout(giveUp)
      stopping.abort()
    },
  }
}

async function runDue(deps: WorkerDeps, stop: AbortSignal): Promise<void> {
  for (;;) {
    const rows = await claim(deps, MAX_RUNNING)
    if (rows.length === 0) return
    for (const row of rows) await runJob(deps, row, stop)
  }
}

/** Looks before it writes: usually nothing is due. */
async function claim({ db, clock, byKind }: WorkerDeps, limit: number): Promise<store.JobRow[]> {
  const kinds = [...byKind.keys()]
  const dueMs = await store.findNextDueMs(db.read, kinds)
  const nowMs = clock.nowMs()
  if (dueMs === undefined || dueMs > nowMs) return []
  return db.write((tx) => store.claimJobs(tx, db.kind, { kinds, nowMs, untilMs: nowMs + LEASE_MS, limit }))
}

/** Runs one job to its end and writes down how it went. Never throws. */
async function runJob({ db, clock, log, byKind }: WorkerDeps, row: store.JobRow, stop: AbortSignal): Promise<void> {
  const job = byKind.get(row.kind)
  const lost = new AbortController()
  const renewing = setInterval(() => {
    db.write((tx) => store.renewLease(tx, row, clock.nowMs() + LEASE_MS))
      .then((isOurs) => {
        if (!isOurs) lost.abort()
      })
      // A lease that could not be renewed runs out by itself.
      .catch(() => {})
  }, RENEW_MS)
  renewing.unref()
  try {
    const signal = AbortSignal.any([stop, lost.signal])
    await job?.run(JSON.parse(row.payload) as Json, { attempt: row.attempts, signal })
    await db.write((tx) => store.deleteJob(tx, row.id))
  } catch (error) {
    const isLast = row.attempts >= (job?.maxAttempts ?? DEFAULT_MAX_ATTEMPTS)
    const fields = { err: error, job: row.id, kind: row.kind, attempt: row.attempts }
    if (isLast) log.error(fields, 'A job was given up')
    else log.warn(fields, 'A job failed and will be tried again')
    const text = String(error).slice(0, MAX_ERROR_CHARS)
    const nowMs = clock.nowMs()
    await db
      .write((tx) =>
        isLast ? store.giveUp(tx, row.id, nowMs, text) : store.putBack(tx, row, nowMs + pauseMs(row.attempts), text),
      )
      .catch((failure: unknown) => log.error({ err: failure, job: row.id }, 'The end of a job cannot be written down'))
  } finally {
    clearInterval(renewing)
  }
}

/** 5 s, 20 s, 80 s, ... up to six hours. */
function pauseMs(attempts: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 4 ** (attempts - 1))
}
