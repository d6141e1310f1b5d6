import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import type { Job, Jobs } from '../../jobs/jobs.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { OUT_OF_OFFICE, type UserStatuses } from '../user-status/index.ts'
import { MESSAGES } from './fault-messages.ts'
import { type Days, isDay, type Period, periodOf, tomorrowOf } from './period.ts'
import * as store from './store.ts'

export interface Absence extends Days {
  readonly id: number
  readonly accountId: number
  /** Empty for the usual words. */
  readonly shortText: string
  readonly message: string
  readonly replacementAccountId: number | undefined
}

export interface Absences {
  find(accountId: number): Promise<Absence | undefined>
  /** With its moments, while it lasts. */
  findCurrent(accountId: number): Promise<(Absence & Period) | undefined>
  /** In place of another one. Throws Fault `bad-request` whose data names what is wrong. */
  set(accountId: number, absence: Omit<Absence, 'id' | 'accountId'>): Promise<Absence>
  /** Done when there is none. The status that it has replaced comes back at once. */
  clear(accountId: number): Promise<void>
  countBegun(): Promise<number>
  /** Begins and ends what is due; nothing to do when jobs were run in time. */
  sweep(): Promise<void>
  readonly job: Job
}

export interface AbsencesDeps {
  readonly db: Database
  readonly clock: Clock
  readonly jobs: Jobs
  readonly statuses: UserStatuses
  /** IANA name, empty when the account has chosen none. */
  readonly timezoneOf: (accountId: number) => Promise<string>
}

const JOB = 'out-of-office.apply'
const MAX_SHORT_CHARS = 100
const MAX_MESSAGE_CHARS = 10_000
const SWEPT_AT_ONCE = 200

export function createAbsences(deps: AbsencesDeps): Absences {
  const { db, clock, jobs, statuses, timezoneOf } = deps
  const apply = createApply(deps)
  return {
    async find(accountId) {
      const row = await store.findAbsence(db.read, accountId)
      return row === undefined ? undefined : absenceOf(row)
    },
    async findCurrent(accountId) {
      const row = await store.findAbsence(db.read, accountId)
      if (row === undefined) return undefined
      const absence = absenceOf(row)
      const period = periodOf(absence, await timezoneOf(accountId))
      const nowMs = clock.nowMs()
      return period.startMs <= nowMs && nowMs < period.untilMs ? { ...absence, ...period } : undefined
    },
    async set(accountId, absence) {
      accept(absence)
      const { firstDay, lastDay, shortText, message, replacementAccountId } = absence
      const row = {
        account_id: accountId,
        first_day: firstDay,
        last_day: lastDay,
        short_text: shortText,
        message,
        replacement_account_id: replacementAccountId ?? null,
        state: 'waiting',
      }
      try {
        return await db.write(async (tx) => {
          const saved = await store.saveAbsence(tx, row)
          await jobs.add(tx, JOB, { accountId }, { key: String(accountId) })
          return absenceOf(saved)
        })
      } catch (error) {
        // One of the two accounts was deleted meanwhile.
        if (isForeignKeyViolation(error)) throw new Fault('not-found', '', { data: null })
        throw error
      }
    },
    async clear(accountId) {
      await db.write(async (tx) => {
        if (await store.deleteAbsence(tx, accountId)) await statuses.endAutomatic(tx, accountId, OUT_OF_OFFICE)
      })
    },
    countBegun: () => store.countBegun(db.read),
    async sweep() {
      const byDay = tomorrowOf(clock.nowMs())
      for (let last = 0, isMore = true; isMore; ) {
        const accountIds = await store.listOpen(db.read, byDay, last, SWEPT_AT_ONCE)
        for (const accountId of accountIds) await apply(accountId)
        last = accountIds.at(-1) ?? last
        isMore = accountIds.length === SWEPT_AT_ONCE
      }
    },
    job: { kind: JOB, run: async (payload) => apply((payload as { readonly accountId: number }).accountId) },
  }
}

function absenceOf(row: store.AbsenceRow): Absence {
  return {
    id: row.id,
    accountId: row.account_id,
    firstDay: row.first_day,
    lastDay: row.last_day,
    shortText: row.short_text,
    message: row.message,
    replacementAccountId: row.replacement_account_id ?? undefined,
  }
}

/** In the words of the wire, as far as it has any (recording out-of-office). */
function accept({ firstDay, lastDay, shortText, message }: Omit<Absence, 'id' | 'accountId'>): void {
  for (const [field, day] of Object.entries({ firstDay, lastDay })) {
    if (!isDay(day)) throw new Fault('bad-request', MESSAGES.noDay(field), { field })
  }
  if (firstDay > lastDay) throw new Fault('bad-request', '', { data: { error: 'firstDay' } })
  if (shortText.length > 2 * MAX_SHORT_CHARS || [...shortText].length > MAX_SHORT_CHARS) {
    throw new Fault('bad-request', '', { data: { error: 'statusLength' } })
  }
  if (message.length > MAX_MESSAGE_CHARS) {
    throw new Fault('bad-request', MESSAGES.messageTooLong(MAX_MESSAGE_CHARS), { field: 'message' })
  }
  for (const [field, text] of Object.entries({ status: shortText, message })) {
    const isShown = !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) && text.isWellFormed()
    if (!isShown) throw new Fault('bad-request', MESSAGES.unshown(field), { field })
  }
}

/**
 * Brings the status of an account in line with its absence as it is now, and comes back when that changes. Once begun, an
 * absence does not overwrite what the account has chosen since.
 */
function createApply({ db, clock, jobs, statuses, timezoneOf }: AbsencesDeps): (accountId: number) => Promise<void> {
  return async (accountId) => {
    const row = await store.findAbsence(db.read, accountId)
    if (row === undefined) return
    const { startMs, untilMs } = periodOf(absenceOf(row), await timezoneOf(accountId))
    const nowMs = clock.nowMs()
    const state = nowMs < startMs ? 'waiting' : nowMs < untilMs ? 'begun' : 'over'
    const nextMs = { waiting: startMs, begun: untilMs, over: undefined }[state]
    await db.write(async (tx) => {
      // Whoever has changed it meanwhile has asked for another run.
      if (!(await store.setState(tx, row, state))) return
      if (state !== 'begun') await statuses.endAutomatic(tx, accountId, OUT_OF_OFFICE)
      else if (row.state !== 'begun') {
        const message = row.short_text === '' ? null : row.short_text
        await statuses.beginAutomatic(tx, accountId, { type: 'dnd', messageId: OUT_OF_OFFICE, message, untilMs })
      }
      if (nextMs !== undefined) await jobs.add(tx, JOB, { accountId }, { runAtMs: nextMs, key: String(accountId) })
    })
  }
}
