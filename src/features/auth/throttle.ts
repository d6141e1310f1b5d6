import ipaddr from 'ipaddr.js'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { type AttemptKey, createAttemptCounts } from './attempts.ts'
import { MESSAGES } from './fault-messages.ts'
import * as store from './store.ts'

/** Guesses in fifteen minutes: for one account from one network, and for a network over all accounts. */
export const MAX_GUESSES = 10
export const MAX_NETWORK_GUESSES = 100
const WINDOW_MS = 15 * 60_000

/** In place of a network. */
const ANYWHERE = 'anywhere'

const MAX_ACCOUNT_KEY_CHARS = 128

/** One guess that was counted before anybody looked whether it is right. */
export interface CountedAttempt {
  /** It was right: the account's own count starts anew, and the network is not charged for it. */
  forgive(): Promise<void>
}

export interface Throttle {
  /** Counts an attempt before its secret is checked. Throws Fault `too-many` with the time to wait. */
  count(login: string, address: string): Promise<CountedAttempt>
  /** Counts an attempt for one account, wherever it comes from. Throws Fault `too-many`. */
  countAccount(accountKey: string): Promise<CountedAttempt>
  list(): Promise<store.ThrottleRow[]>
  /** Returns how many entries went. */
  clear(filter: { readonly login?: string; readonly network?: string }): Promise<number>
  sweep(): Promise<void>
}

/**
 * Slows down guessing on every surface that takes a secret. Counted by account and network together, so that a phone
 * with an old password does not lock out the family behind the same router, and once more by network alone. Attempts are
 * counted before the check: of any number of simultaneous guesses only as many are checked as are allowed.
 */
export function createThrottle(db: Database, clock: Clock): Throttle {
  const counts = createAttemptCounts(db, WINDOW_MS)
  const countOne = async (key: AttemptKey, limit: number): Promise<void> => {
    const nowMs = clock.nowMs()
    const { attempts, beganAtMs } = await counts.count(key, nowMs)
    if (attempts <= limit) return
    const waitMs = beganAtMs + WINDOW_MS - nowMs
    throw new Fault('too-many', MESSAGES.throttled, {
      reason: 'throttled',
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    })
  }
  return {
    async count(login, address) {
      const network = networkOf(address)
      const own = { accountKey: accountKeyOf(login), network }
      const everybodys = { accountKey: '', network }
      await countOne(own, MAX_GUESSES)
      await countOne(everybodys, MAX_NETWORK_GUESSES)
      return { forgive: () => counts.forgive(own, everybodys) }
    },
    async countAccount(name) {
      const key = { accountKey: accountKeyOf(name), network: ANYWHERE }
      await countOne(key, MAX_GUESSES)
      return { forgive: () => counts.forgive(key) }
    },
    list: () => store.listThrottled(db.read, clock.nowMs() - WINDOW_MS),
    clear: ({ login, network }) =>
      db.write((tx) =>
        store.clearThrottle(tx, {
          ...(login === undefined ? {} : { accountKey: accountKeyOf(login) }),
          ...(network === undefined ? {} : { network: networkOf(network) }),
        }),
      ),
    async sweep() {
      await db.write((tx) => store.deleteOldThrottle(tx, clock.nowMs() - WINDOW_MS))
    },
  }
}

/** Names that mean the same account are counted together; a very long one is cut, not refused. */
function accountKeyOf(login: string): string {
  return login.toLowerCase().slice(0, MAX_ACCOUNT_KEY_CHARS)
}

/** An IPv4 address, or the /64 of an IPv6 address: as much as one household is given. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address.slice(0, 64)
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${(parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
