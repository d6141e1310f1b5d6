import type { Clock } from '../../lib/clock.ts'
import type { Outcome } from './answers.ts'

/** Proxies and push services that asked for a pause or do not answer. Each node keeps its own. */
export interface Pauses {
  /** undefined: it may be called. */
  of(place: string): Outcome | undefined
  begin(place: string, forMs: number): void
}

const MAX_REMEMBERED = 10_000

export function createPauses(clock: Clock): Pauses {
  const untilMs = new Map<string, number>()
  const forgetOver = (nowMs: number): void => {
    for (const [place, until] of untilMs) if (until <= nowMs) untilMs.delete(place)
  }
  return {
    of(place) {
      const leftMs = (untilMs.get(place) ?? 0) - clock.nowMs()
      return leftMs > 0 ? { kind: 'later', afterMs: leftMs, why: 'paused', isUnsent: true } : undefined
    },
    begin(place, forMs) {
      const nowMs = clock.nowMs()
      if (untilMs.size >= MAX_REMEMBERED) forgetOver(nowMs)
      if (untilMs.size < MAX_REMEMBERED) untilMs.set(place, nowMs + forMs)
    },
  }
}
