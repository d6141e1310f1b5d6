import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  blankStatus,
  CONFIRM_MS,
  reverted,
  STALE_MS,
  statusAt,
  withAutomatic,
  withMessage,
  withoutAutomatic,
  withoutMessage,
  withPresence,
  withType,
} from './changes.ts'

const NOW = 1_000_000_000
const blank = blankStatus(7)
const PARTY = { messageId: null, icon: '🎉', message: 'Party', clearAtMs: NOW + 1_000 }
const ABSENCE = { type: 'dnd', messageId: 'out-of-office', message: 'On leave', untilMs: NOW + 5_000 } as const

test('a message ends at its time and not before, and the type stays', () => {
  const row = withMessage(withType(blank, 'busy', NOW), PARTY)
  assert.equal(statusAt(row, NOW + 999).message, 'Party')
  const later = statusAt(row, NOW + 1_000)
  assert.deepEqual([later.message, later.icon, later.clear_at_ms, later.type], [null, null, null, 'busy'])
})

test('whoever only seemed to be there is offline after a quarter of an hour; what was chosen stays, but for online', () => {
  for (const presence of ['online', 'away'] as const) {
    const row = withPresence(blank, presence, NOW)
    assert.equal(statusAt(row, NOW + STALE_MS - 1).type, presence)
    assert.deepEqual(statusAt(row, NOW + STALE_MS), { ...row, type: 'offline' })
  }
  for (const type of ['away', 'dnd', 'busy', 'invisible'] as const) {
    assert.equal(statusAt(withType(blank, type, NOW), NOW + 99 * STALE_MS).type, type)
  }
  const chosen = withType(blank, 'online', NOW)
  assert.deepEqual([statusAt(chosen, NOW + STALE_MS).type, statusAt(chosen, NOW + STALE_MS).is_chosen], ['offline', 0])
})

test('a client says who is there; more counts at once, less only when nobody has said more for a while', () => {
  const away = withPresence(blank, 'away', NOW)
  const online = withPresence(away, 'online', NOW + 1)
  assert.equal(online.type, 'online')
  assert.equal(withPresence(online, 'away', NOW + 2), online, 'another client still has somebody')
  assert.equal(withPresence(online, 'online', NOW + 2), online, 'and nothing is written')
  assert.equal(withPresence(online, 'away', NOW + 1 + CONFIRM_MS).type, 'away')
  assert.equal(withPresence(online, 'online', NOW + 1 + CONFIRM_MS).type_at_ms, NOW + 1 + CONFIRM_MS)
})

test('what was chosen is not overwritten by a client, but for online and offline', () => {
  for (const type of ['away', 'dnd', 'busy', 'invisible'] as const) {
    const row = withType(blank, type, NOW)
    assert.equal(withPresence(row, 'online', NOW + 99 * STALE_MS), row)
  }
  assert.equal(withPresence(withType(blank, 'offline', NOW), 'online', NOW + 1).type, 'online')
})

test('an automatic status ends by itself and brings back what was before, as that counts then', () => {
  const before = withMessage(withType(blank, 'busy', NOW), { ...PARTY, clearAtMs: NOW + 3_000 })
  const during = withAutomatic(before, ABSENCE, NOW + 1)
  assert.deepEqual([during.type, during.message, during.clear_at_ms], ['dnd', 'On leave', NOW + 5_000])
  const after = statusAt(during, NOW + 5_000)
  assert.deepEqual([after.type, after.is_chosen, after.message, after.replaced], ['busy', 1, null, null])
  assert.deepEqual(reverted(during, 'out-of-office'), before)
  assert.equal(reverted(during, 'meeting'), undefined)
  assert.equal(reverted(before, 'out-of-office'), undefined)
})

test('an automatic status set twice still brings back what the account had', () => {
  const before = withType(blank, 'busy', NOW)
  const again = withAutomatic(withAutomatic(before, ABSENCE, NOW), { ...ABSENCE, message: 'Longer' }, NOW + 1)
  assert.equal(again.message, 'Longer')
  assert.deepEqual(reverted(again, 'out-of-office'), before)
})

test('of one who never said anything, offline is what comes back', () => {
  const during = withAutomatic(blank, ABSENCE, NOW)
  assert.deepEqual(withoutAutomatic(during, 'out-of-office'), blank)
})

test('an account that chooses during an automatic status has chosen', () => {
  const during = withAutomatic(withType(blank, 'busy', NOW), ABSENCE, NOW)
  const typed = withType(during, 'away', NOW + 1)
  assert.equal(statusAt(typed, NOW + 4_999).message, 'On leave')
  assert.deepEqual([statusAt(typed, NOW + 5_000).type, statusAt(typed, NOW + 5_000).message], ['away', null])
  assert.deepEqual(
    [withoutAutomatic(typed, 'out-of-office')?.type, withoutAutomatic(typed, 'out-of-office')?.message],
    ['away', null],
  )
  const said = withMessage(during, { ...PARTY, clearAtMs: null })
  assert.deepEqual([said.type, said.message], ['busy', 'Party'], 'do-not-disturb goes with the message it came with')
  assert.equal(withoutAutomatic(said, 'out-of-office'), undefined)
  assert.deepEqual([withoutMessage(during).type, withoutMessage(during).message], ['busy', null])
})
