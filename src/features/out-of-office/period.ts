/** The days of an absence as moments. */
export interface Period {
  readonly startMs: number
  /** The last minute, as the wire shows it (recording out-of-office). */
  readonly endMs: number
  /** The first moment after it. */
  readonly untilMs: number
}

export interface Days {
  /** `YYYY-MM-DD` */
  readonly firstDay: string
  /** Included. */
  readonly lastDay: string
}

/** In this time zone; in UTC when there is none by that name. */
export function periodOf({ firstDay, lastDay }: Days, timezone: string): Period {
  const timeZone = isTimeZone(timezone) ? timezone : 'UTC'
  const last = Temporal.PlainDate.from(lastDay)
  return {
    startMs: Temporal.PlainDate.from(firstDay).toZonedDateTime({ timeZone }).epochMilliseconds,
    endMs: last.toZonedDateTime({ timeZone, plainTime: '23:59' }).epochMilliseconds,
    untilMs: last.add({ days: 1 }).toZonedDateTime({ timeZone }).epochMilliseconds,
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Whether it is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^[1-9]\d{3}-\d\d-\d\d$/.test(text)) return false
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text
  } catch {
    return false
  }
}

/** The day after the one that this moment is in, in UTC: nowhere on earth is it later. */
export function tomorrowOf(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO('UTC').toPlainDate().add({ days: 1 }).toString()
}
