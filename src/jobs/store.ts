import { type Selectable, sql } from 'kysely'
import type { DatabaseKind, Reader, Tx } from '../db/database.ts'
import type { JobTable } from './schema.ts'

export type JobRow = Selectable<JobTable>

export interface NewJob {
  readonly kind: string
  readonly key: string | null
  readonly payload: string
  readonly runAtMs: number
  readonly nowMs: number
}

/** A job whose kind and key wait already only moves that one forward, if it is due earlier. */
export async function insertJob(tx: Tx, { kind, key, payload, runAtMs, nowMs }: NewJob): Promise<void> {
  await tx
    .insertInto('job')
    .values({
      kind,
      key,
      payload,
      run_at_ms: runAtMs,
      leased_until_ms: 0,
      attempts: 0,
      last_error: '',
      created_at_ms: nowMs,
      failed_at_ms: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'key']).doUpdateSet({
        run_at_ms: sql`case when job.run_at_ms < excluded.run_at_ms then job.run_at_ms else excluded.run_at_ms end`,
      }),
    )
    .execute()
}

/** When the next job of these kinds is due, and nobody has it; undefined when none waits. */
export async function findNextDueMs(db: Reader, kinds: readonly string[]): Promise<number | undefined> {
  if (kinds.length === 0) return undefined
  const row = await db
    .selectFrom('job')
    .select(sql<number>`case when run_at_ms > leased_until_ms then run_at_ms else leased_until_ms end`.as('due'))
    .where('failed_at_ms', 'is', null)
    .where('kind', 'in', kinds)
    .orderBy('due')
    .limit(1)
    .executeTakeFirst()
  return row?.due
}

/** Takes jobs that are due, oldest first, for the time of a lease. Two nodes never get the same one. */
export async function claimJobs(
  tx: Tx,
  database: DatabaseKind,
  { kinds, nowMs, untilMs, limit }: { kinds: readonly string[]; nowMs: number; untilMs: number; limit: number },
): Promise<JobRow[]> {
  const due = tx
    .selectFrom('job')
    .select('id')
    .where('failed_at_ms', 'is', null)
    .where('run_at_ms', '<=', nowMs)
    .where('leased_until_ms', '<=', nowMs)
    .where('kind', 'in', kinds)
    .orderBy('run_at_ms')
    .orderBy('id')
    .limit(limit)
    .$if(database === 'postgres', (query) => query.forUpdate().skipLocked())
  const rows = await tx
    .updateTable('job')
    // From now on a new job of this key is one of its own: this run may not know of what comes after it.
    .set((set) => ({ leased_until_ms: untilMs, attempts: set('attempts', '+', 1), key: null }))
    .where('id', 'in', due)
    .returningAll()
    .execute()
  return rows.toSorted((a, b) => a.run_at_ms - b.run_at_ms || a.id - b.id)
}

/** False when the lease had run out and somebody else has taken it. */
export async function renewLease(tx: Tx, { id, attempts }: JobRow, untilMs: number): Promise<boolean> {
  const rows = await tx
    .updateTable('job')
    .set({ leased_until_ms: untilMs })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .returning('id')
    .execute()
  return rows.length > 0
}

export async function deleteJob(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('job').where('id', '=', id).execute()
}

export async function putBack(tx: Tx, { id, attempts }: JobRow, runAtMs: number, error: string): Promise<void> {
  await tx
    .updateTable('job')
    .set({ run_at_ms: runAtMs, leased_until_ms: 0, last_error: error })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .execute()
}

export async function giveUp(tx: Tx, id: number, nowMs: number, error: string): Promise<void> {
  await tx
    .updateTable('job')
    .set({ failed_at_ms: nowMs, leased_until_ms: 0, last_error: error })
    .where('id', '=', id)
    .execute()
}

/** For the start of the only server there is: whoever had a job is gone. */
export async function releaseAll(tx: Tx): Promise<void> {
  await tx.updateTable('job').set({ leased_until_ms: 0 }).where('leased_until_ms', '>', 0).execute()
}

export async function deleteFailed(tx: Tx, beforeMs: number): Promise<void> {
  await tx.deleteFrom('job').where('failed_at_ms', '<', beforeMs).execute()
}

export async function listJobs(db: Reader, limit: number): Promise<JobRow[]> {
  return db.selectFrom('job').selectAll().orderBy('run_at_ms').orderBy('id').limit(limit).execute()
}

export async function countJobs(db: Reader): Promise<{ kind: string; state: string; count: number }[]> {
  const state = sql<string>`case when failed_at_ms is null then 'waiting' else 'failed' end`
  const rows = await db
    .selectFrom('job')
    .select(['kind', state.as('state'), sql<number>`count(*)`.as('count')])
    .groupBy(['kind', state])
    .execute()
  return rows.map(({ count, ...row }) => ({ ...row, count: Number(count) }))
}

export async function retryFailed(tx: Tx, nowMs: number): Promise<number> {
  const rows = await tx
    .updateTable('job')
    .set({ failed_at_ms: null, attempts: 0, run_at_ms: nowMs })
    .where('failed_at_ms', 'is not', null)
    .returning('id')
    .execute()
  return rows.length
}
