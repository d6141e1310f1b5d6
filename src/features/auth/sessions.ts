import type { Database, Tx } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { hmacBase64Url, sameSecret, sha256Hex } from '../../lib/digest.ts'
import { randomBase64Url } from '../../lib/ids.ts'
import { accountTopic } from '../../lib/topics.ts'
import { deviceName } from './app-passwords.ts'
import * as store from './store.ts'

/** A browser left alone for a day has been forgotten; after fifteen days everybody signs in again. */
const IDLE_MS = 24 * 3_600_000
const LIFETIME_MS = 15 * IDLE_MS
/** How exactly `last_seen` is kept. */
const SEEN_NOTED_EVERY_MS = 10 * 60_000
/** For how long a typed password stands for sensitive changes. */
export const CONFIRMED_MS = 30 * 60_000

const COOKIE_BYTES = 32

/** In the transaction that makes a session. */
export type Alongside = (tx: Tx, sessionKey: string) => Promise<void>

export interface Sessions {
  /**
   * Starts a session and returns the cookie's value. Always a new one: an old cookie cannot be made to mean somebody.
   * Without what `alongside` notes of it there is no session.
   */
  start(accountId: number, userAgent: string, alongside?: Alongside): Promise<string>
  /** undefined when there is none, or when it has run out. */
  find(cookie: string): Promise<store.SessionRow | undefined>
  /** The password was typed again. Returns the time in milliseconds. */
  confirm(row: Pick<store.SessionRow, 'session_key' | 'account_id'>): Promise<number>
  end(cookie: string): Promise<void>
  /** Ends these inside a transaction of the caller's. Resolves to how many there were. */
  endIn(tx: Tx, sessionKeys: readonly string[]): Promise<number>
  noteUse(row: store.SessionRow): void
  isAlive(row: store.SessionRow): boolean
  /** A cookie for a visitor who has not signed in, so that a form can be tied to it. Nothing is stored. */
  newVisitorCookie(): string
  /** The token that forms and scripts send to show that they were made for this cookie. */
  requestToken(cookie: string): string
  isRequestToken(token: string, cookie: string): boolean
  sweep(): Promise<void>
}

/** `secret` is the same in all processes. */
export function createSessions(db: Database, clock: Clock, secret: string): Sessions {
  const requestToken = (cookie: string): string => hmacBase64Url(secret, `request-token ${cookie}`)
  const isAlive = (row: store.SessionRow): boolean => {
    const nowMs = clock.nowMs()
    return nowMs < row.expires_at_ms && nowMs - row.last_seen_at_ms < IDLE_MS
  }
  const endIn: Sessions['endIn'] = async (tx, sessionKeys) => {
    const accountIds = await store.deleteSessions(tx, sessionKeys)
    for (const accountId of new Set(accountIds)) await db.stamps.bump(tx, accountTopic(accountId))
    return accountIds.length
  }
  return {
    isAlive,
    requestToken,
    isRequestToken: (token, cookie) => sameSecret(token, requestToken(cookie)),
    newVisitorCookie: () => randomBase64Url(COOKIE_BYTES),
    async start(accountId, userAgent, alongside) {
      const cookie = randomBase64Url(COOKIE_BYTES)
      const row = newSession(cookie, accountId, userAgent, clock.nowMs())
      await db.write(async (tx) => {
        await store.insertSession(tx, row)
        await alongside?.(tx, row.session_key)
      })
      return cookie
    },
    async find(cookie) {
      const row = await store.findSession(db.read, sessionKeyOf(cookie))
      return row !== undefined && isAlive(row) ? row : undefined
    },
    async confirm({ session_key, account_id }) {
      const nowMs = clock.nowMs()
      await db.write(async (tx) => {
        await store.updateSession(tx, session_key, { confirmed_at_ms: nowMs })
        await db.stamps.bump(tx, accountTopic(account_id))
      })
      return nowMs
    },
    async end(cookie) {
      const row = await store.findSession(db.read, sessionKeyOf(cookie))
      if (row !== undefined) await db.write((tx) => endIn(tx, [row.session_key]))
    },
    endIn,
    noteUse(row) {
      const nowMs = clock.nowMs()
      if (nowMs - row.last_seen_at_ms < SEEN_NOTED_EVERY_MS) return
      row.last_seen_at_ms = nowMs
      db.write((tx) => store.updateSession(tx, row.session_key, { last_seen_at_ms: nowMs })).catch(() => {})
    },
    async sweep() {
      await db.write((tx) => store.deleteExpiredSessions(tx, clock.nowMs()))
    },
  }
}

function newSession(cookie: string, accountId: number, userAgent: string, nowMs: number): store.SessionRow {
  return {
    session_key: sessionKeyOf(cookie),
    account_id: accountId,
    created_at_ms: nowMs,
    last_seen_at_ms: nowMs,
    expires_at_ms: nowMs + LIFETIME_MS,
    confirmed_at_ms: nowMs,
    user_agent: deviceName(userAgent),
  }
}

export function sessionKeyOf(cookie: string): string {
  return sha256Hex(cookie)
}
