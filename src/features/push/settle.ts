import type { Database, Tx } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Outcome } from './answers.ts'
import * as store from './delivery-store.ts'
import type { PushFigures, PushResult } from './figures.ts'

/** Writes down how sending went: done, or once more later. `forget` runs in the same transaction. */
export type Settle = (
  rows: readonly store.DeliveryRow[],
  outcome: Outcome,
  service: string,
  forget?: (tx: Tx) => Promise<void>,
) => Promise<void>

export interface SettleDeps {
  readonly db: Database
  readonly clock: Clock
  readonly figures: PushFigures
}

/** The first one and one more. */
const MAX_ATTEMPTS = 2

export function createSettle({ db, clock, figures }: SettleDeps): Settle {
  return async (rows, outcome, service, forget) => {
    if (rows.length === 0) return
    const isOver = ({ attempts }: store.DeliveryRow): boolean =>
      outcome.kind !== 'later' || (outcome.isUnsent !== true && attempts >= MAX_ATTEMPTS)
    const done = rows.filter(isOver)
    const again = rows.filter((row) => !isOver(row))
    const nowMs = clock.nowMs()
    await db.write(async (tx) => {
      await forget?.(tx)
      await store.finishDeliveries(tx, idsOf(done), resultText(outcome), nowMs)
      if (outcome.kind !== 'later') return
      const isAttempt = outcome.isUnsent !== true
      await store.putBack(tx, idsOf(again), { result: outcome.why, dueAtMs: nowMs + outcome.afterMs, isAttempt })
    })
    if (done.length > 0) figures.count(service, resultOf(outcome), done.length)
    if (again.length > 0) figures.count(service, 'retried', again.length)
  }
}

function idsOf(rows: readonly store.DeliveryRow[]): number[] {
  return rows.map(({ id }) => id)
}

function resultText(outcome: Outcome): string {
  return 'why' in outcome ? `${resultOf(outcome)}: ${outcome.why}` : outcome.kind
}

function resultOf({ kind }: Outcome): PushResult {
  if (kind === 'later') return 'failed'
  return kind === 'too-large' || kind === 'unusable' ? 'refused' : kind
}
