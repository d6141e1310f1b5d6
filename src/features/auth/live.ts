import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as store from './store.ts'

/** What others keep for as long as a client is signed in. */
export interface Credentials {
  readonly appPasswordIds: readonly number[]
  readonly sessionKeys: readonly string[]
}

export interface LiveCredentials {
  readonly appPasswordIds: ReadonlySet<number>
  readonly sessionKeys: ReadonlySet<string>
}

/** Those that still open their account, and belong to somebody who was here lately. */
export type ListLive = (credentials: Credentials) => Promise<LiveCredentials>

/** A device that was away for longer has been forgotten in a drawer. */
const APP_PASSWORD_IDLE_MS = 60 * 24 * 3_600_000

export function createListLive(db: Database, clock: Clock, isAlive: (row: store.SessionRow) => boolean): ListLive {
  return async ({ appPasswordIds, sessionKeys }) => {
    const nowMs = clock.nowMs()
    const since = { usedSinceMs: nowMs - APP_PASSWORD_IDLE_MS, nowMs }
    const sessions = await store.listSessions(db.read, sessionKeys)
    return {
      appPasswordIds: new Set(await store.listUsableIds(db.read, appPasswordIds, since)),
      sessionKeys: new Set(sessions.filter(isAlive).map(({ session_key }) => session_key)),
    }
  }
}
