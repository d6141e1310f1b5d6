import { sql } from 'kysely'
import pg from 'pg'
import type { Log } from '../lib/log.ts'
import type { Stamps, Tx } from './database.ts'
import type { LocalStamps } from './postgres.ts'
import { bumpStamp } from './stamps.ts'

export interface PostgresStamps extends Stamps, LocalStamps {
  close(): Promise<void>
}

const CHANNEL = 'cloudlet_change'
export const SIGNAL_CHANNEL = 'cloudlet_signal'
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000

/**
 * Stamps kept in memory and moved by notifications of all processes. While the listening connection is down nothing can
 * be known, so every answer is a new number and nothing that was remembered holds; it never holds again after the gap.
 */
export async function createPostgresStamps(
  config: pg.ClientConfig,
  log: Log,
  hearSignal: (payload: string) => void,
): Promise<PostgresStamps> {
  const stamps = new Map<string, number>()
  const collecting = new WeakMap<Tx, string[]>()
  let counter = 1
  /** Stamp of every topic that nothing was heard of since the connection stands. */
  let base = 1
  let isListening = false
  let isClosed = false
  let client: pg.Client | undefined
  let retryTimer: NodeJS.Timeout | undefined

  const changed = (topic: string): void => {
    counter += 1
    stamps.set(topic, counter)
  }
  const connect = async (): Promise<void> => {
    const next = new pg.Client(config)
    client = next
    next.on('notification', ({ channel, payload = '' }) => {
      if (channel === CHANNEL) changed(payload)
      else hearSignal(payload)
    })
    const lost = (): void => {
      if (client !== next) return
      client = undefined
      isListening = false
      if (!isClosed) retryLater(FIRST_RETRY_MS)
    }
    next.on('error', lost)
    next.on('end', lost)
    await next.connect()
    await next.query(`listen ${CHANNEL}; listen ${SIGNAL_CHANNEL}`)
    counter += 1
    base = counter
    stamps.clear()
    isListening = true
  }
  const retryLater = (waitMs: number): void => {
    clearTimeout(retryTimer)
    retryTimer = setTimeout(() => {
      connect().catch((error: unknown) => {
        log.warn({ err: error }, 'The database cannot be listened to; nothing is remembered until it can')
        client = undefined
        if (!isClosed) retryLater(Math.min(waitMs * 2, LAST_RETRY_MS))
      })
    }, waitMs)
    retryTimer.unref()
  }
  await connect()
  return {
    of(topic) {
      if (!isListening) {
        counter += 1
        return counter
      }
      return stamps.get(topic) ?? base
    },
    async bump(tx, topic) {
      await bumpStamp(tx, topic)
      await sql`select pg_notify(${CHANNEL}, ${topic})`.execute(tx)
      collecting.get(tx)?.push(topic)
    },
    collect(tx, topics) {
      collecting.set(tx, topics)
    },
    changed(topics) {
      for (const topic of topics) changed(topic)
    },
    async close() {
      isClosed = true
      clearTimeout(retryTimer)
      const open = client
      client = undefined
      await open?.end().catch(() => {})
    },
  }
}
