import type { ProfileWords } from './words.ts'

/** How far a time zone is ahead of UTC at a moment, in seconds. */
export function offsetSeconds(timezone: string, atMs: number): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' }).formatToParts(atMs)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds))
}

/** What the clock says, as people of a language write it. */
export function timeText(timezone: string, atMs: number, locale: string): string {
  const text = new Intl.DateTimeFormat(locale, { timeZone: timezone, timeStyle: 'short' }).format(atMs)
  // CLDR keeps the two together with a narrow space; V8 writes a plain one.
  return text.replace(/ (?=[AP]M$)/, '\u202f')
}

export interface LocalTime {
  readonly timezone: string
  readonly viewerTimezone: string
  readonly atMs: number
  /** BCP 47 tag. */
  readonly locale: string
}

/** What the clock says where somebody is, and how that is to the viewer's: `8:57 AM • 1h behind`. */
export function localTimeText({ timezone, viewerTimezone, atMs, locale }: LocalTime, words: ProfileWords): string {
  const clock = timeText(timezone, atMs, locale)
  const ahead = offsetSeconds(timezone, atMs) - offsetSeconds(viewerTimezone, atMs)
  if (ahead === 0) return `${clock} • ${words.sameTime}`
  const minutes = Math.round(Math.abs(ahead) / 60)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  const span = [hours === 0 ? '' : `${hours}h`, rest === 0 ? '' : `${rest}m`].filter((part) => part !== '').join(' ')
  return `${clock} • ${(ahead > 0 ? words.ahead : words.behind).replace('{span}', span)}`
}
