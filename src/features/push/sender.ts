import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Deliver } from './deliver.ts'
import * as store from './delivery-store.ts'
import { WAKE_CHANNEL } from './queue.ts'

/** Sends what waits in the queue, on every node that runs; no two of them the same message. */
export interface Sender {
  start(): Promise<void>
  /** Sends everything that is due and what follows from it, and resolves when nothing is. */
  sendDue(): Promise<void>
  /** Sends what waits of one notification at once, as far as nobody else is at it. */
  sendOnly(only: Only): Promise<void>
  /** Takes nothing new and waits for what is being sent, which is over in the time of an outgoing request. */
  stop(): Promise<void>
  sweep(): Promise<void>
}

type Only = NonNullable<store.Claim['only']>

export interface SenderDeps {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly deliver: Deliver
}

/** A process that dies keeps its messages from the others for this long. */
const LEASE_MS = 15_000
/** Whoever is still at work says so, however slowly everybody answers. */
const RENEW_MS = 4_000
/** For what no signal tells: retries, and what a node that has died left behind. */
const LOOK_EVERY_MS = 2_000
const MAX_AT_WORK = 256
const MAX_AT_WORK_PER_ACCOUNT = 16
const DAY_MS = 24 * 3_600_000
const KEEP_ADDED_DAYS = 60

export function createSender(deps: SenderDeps): Sender {
  const { db, clock, log } = deps
  const work = createWork(deps)
  let timer: NodeJS.Timeout | undefined
  let stopHearing: (() => void) | undefined
  let looking: Promise<void> | undefined
  let isWoken = false

  const look = async (): Promise<void> => {
    try {
      do {
        isWoken = false
        if ((await work.begin(wake)).length > 0) isWoken = true
      } while (isWoken && timer !== undefined)
    } catch (error) {
      log.error({ err: error }, 'What is to be pushed cannot be looked for')
    } finally {
      // In the same turn as the last look: a wake that comes later begins anew.
      looking = undefined
    }
  }
  const wake = (): void => {
    isWoken = true
    if (timer !== undefined) looking ??= look()
  }
  return {
    async start() {
      // On SQLite no other server uses this database, so nobody is sending who could have a lease.
      if (db.kind === 'sqlite') await db.write((tx) => store.releaseAll(tx))
      stopHearing = db.signals.on(WAKE_CHANNEL, wake)
      timer = setInterval(wake, LOOK_EVERY_MS)
      timer.unref()
      wake()
    },
    async sendDue() {
      while ((await work.begin(() => {})).length > 0) await work.idle()
    },
    async sendOnly(only) {
      await Promise.all(await work.begin(wake, only))
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      stopHearing?.()
      await looking
      await work.idle()
    },
    async sweep() {
      const nowMs = clock.nowMs()
      await db.write((tx) => store.deleteDone(tx, nowMs - DAY_MS, nowMs - KEEP_ADDED_DAYS * DAY_MS))
    },
  }
}

interface Work {
  /** Claims what is due, as far as there is room, and begins to send it. Resolves to what then runs. */
  begin(whenDone: () => void, only?: Only): Promise<readonly Promise<void>[]>
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>
}

function createWork(deps: SenderDeps): Work {
  const { db, clock, log, deliver } = deps
  const running = new Set<Promise<void>>()
  const leases = createLeases(deps)
  const byAccount = new Map<number, number>()
  const count = (rows: readonly store.DeliveryRow[], step: 1 | -1): void => {
    for (const { account_id } of rows) {
      const left = (byAccount.get(account_id) ?? 0) + step
      if (left === 0) byAccount.delete(account_id)
      else byAccount.set(account_id, left)
    }
  }
  const atWork = (): number => [...byAccount.values()].reduce((sum, each) => sum + each, 0)
  const claim = async (only: Only | undefined): Promise<store.DeliveryRow[]> => {
    const room = MAX_AT_WORK - atWork()
    const dueMs = room > 0 ? await store.findNextDueMs(db.read) : undefined
    const nowMs = clock.nowMs()
    if (dueMs === undefined || dueMs > nowMs) return []
    const busyAccountIds = [...byAccount].filter(([, each]) => each >= MAX_AT_WORK_PER_ACCOUNT).map(([id]) => id)
    return db.write((tx) =>
      store.claimDeliveries(tx, {
        nowMs,
        untilMs: nowMs + LEASE_MS,
        limit: room,
        limitPerAccount: MAX_AT_WORK_PER_ACCOUNT,
        busyAccountIds,
        only,
      }),
    )
  }
  return {
    async begin(whenDone, only) {
      return groupsOf(await claim(only)).map((group) => {
        count(group, 1)
        const end = leases.hold(group)
        const run = deliver(group)
          // The lease runs out, and somebody tries again, a few times.
          .catch((error: unknown) => log.error({ err: error }, 'Pushing failed'))
          .finally(() => {
            end()
            count(group, -1)
            running.delete(run)
            whenDone()
          })
        running.add(run)
        return run
      })
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

interface Leases {
  /** Renews the lease of rows that were claimed together until the returned function is called. */
  hold(rows: readonly store.DeliveryRow[]): () => void
}

function createLeases({ db, clock, log }: SenderDeps): Leases {
  const held = new Set<readonly store.DeliveryRow[]>()
  let timer: NodeJS.Timeout | undefined
  const renew = async (): Promise<void> => {
    const untilMs = clock.nowMs() + LEASE_MS
    const rows = [...held].flat()
    await db.write((tx) => store.renewLeases(tx, rows, untilMs))
  }
  return {
    hold(rows) {
      held.add(rows)
      timer ??= setInterval(() => {
        // What cannot be renewed runs out, and somebody else sends it, perhaps once more.
        renew().catch((error: unknown) => log.warn({ err: error }, 'Leases of pushes cannot be renewed'))
      }, RENEW_MS).unref()
      return () => {
        held.delete(rows)
        if (held.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** Devices together, because proxies take many messages at once; each subscription for itself. */
function groupsOf(rows: readonly store.DeliveryRow[]): store.DeliveryRow[][] {
  const groups = Map.groupBy(rows, ({ subscription_id }) => subscription_id)
  return [...groups.values()]
}
