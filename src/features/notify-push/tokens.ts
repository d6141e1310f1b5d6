import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomText } from '../../lib/ids.ts'
import type { Holder } from './holder.ts'
import * as store from './store.ts'

/** Tokens with which a page that knows no password signs in at the websocket (recording notify-push). */
export interface PushTokens {
  /** Throws Fault `too-many` when an account asks for them without using them. */
  make(holder: Holder): Promise<string>
  /** Whom the token stands for; undefined when it was never one, is used up or too old. */
  take(token: string): Promise<Holder | undefined>
  sweep(): Promise<void>
}

const TOKEN_CHARS = 32
const LIFETIME_MS = 15_000
const MAX_WAITING = 200

export function createPushTokens(db: Database, clock: Clock): PushTokens {
  return {
    async make({ accountId, via, appPasswordId, sessionKey, version }) {
      const token = randomText(TOKEN_CHARS)
      const nowMs = clock.nowMs()
      await db.write(async (tx) => {
        await store.deleteExpiredTokens(tx, nowMs)
        if ((await store.countTokens(tx, accountId)) >= MAX_WAITING) {
          throw new Fault('too-many', 'Too many tokens wait to be used', { retryAfterSeconds: LIFETIME_MS / 1_000 })
        }
        await store.insertToken(tx, {
          token_digest: sha256Hex(token),
          account_id: accountId,
          expires_at_ms: nowMs + LIFETIME_MS,
          via,
          app_password_id: appPasswordId ?? null,
          session_key: sessionKey ?? null,
          version,
        })
      })
      return token
    },
    async take(token) {
      if (!new RegExp(`^[A-Za-z0-9]{${TOKEN_CHARS}}$`).test(token)) return undefined
      const row = await db.write((tx) => store.takeToken(tx, sha256Hex(token)))
      if (row === undefined || row.expires_at_ms <= clock.nowMs()) return undefined
      return {
        accountId: row.account_id,
        version: row.version,
        via: row.via === 'app-password' || row.via === 'session' ? row.via : 'password',
        ...(row.app_password_id === null ? {} : { appPasswordId: row.app_password_id }),
        ...(row.session_key === null ? {} : { sessionKey: row.session_key }),
      }
    },
    sweep: () => db.write((tx) => store.deleteExpiredTokens(tx, clock.nowMs())),
  }
}
