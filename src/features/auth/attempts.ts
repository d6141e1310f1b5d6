import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import { storageFault } from '../../db/errors.ts'
import * as store from './store.ts'

/** Attempts that were counted, and when counting them began. */
export interface Attempts {
  readonly attempts: number
  readonly beganAtMs: number
}

export interface AttemptKey {
  readonly accountKey: string
  readonly network: string
}

/**
 * Where attempts are counted: in the database, for all nodes, and in this process while the disk of the database is
 * full. Then a login password still opens what can be read, and guessing stays as slow as before.
 */
export interface AttemptCounts {
  count(key: AttemptKey, nowMs: number): Promise<Attempts>
  /** Forgets what was counted, and takes back one attempt of each of `uncharged`. */
  forgive(key: AttemptKey, uncharged?: AttemptKey): Promise<void>
}

const MAX_IN_MEMORY = 100_000

export function createAttemptCounts(db: Database, windowMs: number): AttemptCounts {
  const memory = new LRUCache<string, Attempts>({ max: MAX_IN_MEMORY })
  const inMemory = async (key: AttemptKey): Promise<Attempts | undefined> =>
    memory.get(textOf(key)) ?? attemptsOf(await store.findThrottle(db.read, key))
  const countInMemory = async (key: AttemptKey, nowMs: number): Promise<Attempts> => {
    const known = await inMemory(key)
    const isOver = known === undefined || known.beganAtMs <= nowMs - windowMs
    const counted = isOver ? { attempts: 1, beganAtMs: nowMs } : { ...known, attempts: known.attempts + 1 }
    memory.set(textOf(key), counted)
    return counted
  }
  const lowerInMemory = async (key: AttemptKey, by: number): Promise<void> => {
    const known = await inMemory(key)
    if (known !== undefined) memory.set(textOf(key), { ...known, attempts: Math.max(0, known.attempts - by) })
  }
  return {
    async count(key, nowMs) {
      try {
        const row = await db.write((tx) => store.countAttempt(tx, { ...key, nowMs, windowMs }))
        memory.delete(textOf(key))
        return { attempts: row.attempts, beganAtMs: row.window_started_at_ms }
      } catch (error) {
        if (storageFault(error).kind !== 'no-space') throw error
        return countInMemory(key, nowMs)
      }
    },
    async forgive(key, uncharged) {
      try {
        await db.write(async (tx) => {
          await store.clearThrottle(tx, key)
          if (uncharged !== undefined) await store.uncountAttempt(tx, uncharged)
        })
      } catch (error) {
        if (storageFault(error).kind !== 'no-space') throw error
        await lowerInMemory(key, Number.POSITIVE_INFINITY)
        if (uncharged !== undefined) await lowerInMemory(uncharged, 1)
      }
    },
  }
}

function attemptsOf(row: store.ThrottleRow | undefined): Attempts | undefined {
  return row === undefined ? undefined : { attempts: row.attempts, beganAtMs: row.window_started_at_ms }
}

function textOf({ accountKey, network }: AttemptKey): string {
  return `${network}\n${accountKey}`
}
