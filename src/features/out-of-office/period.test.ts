import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDay, periodOf, tomorrowOf } from './period.ts'

test('days are those of the time zone, as recorded (recording out-of-office)', () => {
  const { startMs, endMs, untilMs } = periodOf({ firstDay: '2026-11-20', lastDay: '2099-12-31' }, 'Europe/Berlin')
  assert.deepEqual([startMs, endMs, untilMs], [1_795_129_200_000, 4_102_441_140_000, 4_102_441_200_000])
})

test('one day is a day, also when the clocks change and where midnight is skipped', () => {
  const hours = (day: string, zone: string): number => {
    const { startMs, untilMs } = periodOf({ firstDay: day, lastDay: day }, zone)
    return (untilMs - startMs) / 3_600_000
  }
  assert.equal(hours('2026-03-29', 'Europe/Berlin'), 23)
  assert.equal(hours('2026-10-25', 'Europe/Berlin'), 25)
  assert.equal(hours('2018-11-04', 'America/Sao_Paulo'), 23)
  assert.equal(hours('2026-06-01', 'Pacific/Kiritimati'), 24)
})

test('a time zone that is none is UTC', () => {
  const utc = periodOf({ firstDay: '2026-11-20', lastDay: '2026-11-21' }, '')
  assert.equal(utc.startMs, Date.parse('2026-11-20T00:00:00Z'))
  assert.deepEqual(periodOf({ firstDay: '2026-11-20', lastDay: '2026-11-21' }, 'Nowhere/Atall'), utc)
})

test('only days of the calendar are days', () => {
  for (const day of ['2026-11-20', '2028-02-29', '9999-12-31']) assert.ok(isDay(day), day)
  const none = [
    'someday',
    '',
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '2026-11-20T00:00',
    '+002026-11-20',
    '0001-01-01',
    '2026-11-20\n',
  ]
  for (const day of none) assert.ok(!isDay(day), day)
})

test('tomorrow is a day later, over the end of a year', () => {
  assert.equal(tomorrowOf(Date.parse('2026-12-31T23:59:59Z')), '2027-01-01')
})
