import { LRUCache } from 'lru-cache'
import type { AccountViewer } from '../http/viewer.ts'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import { MESSAGES } from './fault-messages.ts'
import type { CallLimit } from './route.ts'

interface Window {
  readonly startedAtMs: number
  calls: number
}

const MAX_COUNTED_ACCOUNTS = 10_000

/**
 * Counts the calls of each account to one endpoint, in this process. It keeps a runaway client from wearing out the
 * database; it guards no secret (those have the throttle). Administrators are not counted: their scripts edit many.
 */
export function createCallCounter({ calls, windowSeconds }: CallLimit, clock: Clock): (viewer: AccountViewer) => void {
  const windows = new LRUCache<number, Window>({ max: MAX_COUNTED_ACCOUNTS })
  return (viewer) => {
    if (viewer.isAdmin) return
    const nowMs = clock.nowMs()
    const current = windows.get(viewer.accountId)
    const isOpen = current !== undefined && nowMs - current.startedAtMs < windowSeconds * 1_000
    const window: Window = isOpen ? current : { startedAtMs: nowMs, calls: 0 }
    if (!isOpen) windows.set(viewer.accountId, window)
    window.calls += 1
    if (window.calls <= calls) return
    const waitMs = window.startedAtMs + windowSeconds * 1_000 - nowMs
    throw new Fault('too-many', MESSAGES.tooManyCalls, {
      reason: 'call-limit',
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    })
  }
}
