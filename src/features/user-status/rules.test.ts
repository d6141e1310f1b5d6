import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../../lib/fault.ts'
import { acceptClearAt, acceptIcon, acceptMessage, acceptType } from './rules.ts'

const refused = (what: () => unknown): boolean => {
  try {
    what()
    return false
  } catch (error) {
    return error instanceof Fault && error.kind === 'bad-request'
  }
}

test('an icon is one emoji, however many characters it is made of', () => {
  for (const icon of ['🎉', '❤️', '❤', '👍🏽', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪', '1️⃣', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '☕', '©']) {
    assert.equal(acceptIcon(icon), icon)
  }
  const hostile = [
    'abc',
    'a',
    '1',
    ' ',
    '🎉🎉',
    '🎉 ',
    'é',
    `e${'\u0301'.repeat(500)}`,
    `🎉${'\ufe0f'.repeat(70)}`,
    '\u0000',
    '\ud83c',
    '\u200d',
  ]
  for (const icon of hostile)
    assert.ok(
      refused(() => acceptIcon(icon)),
      JSON.stringify(icon),
    )
})

test('a message has eighty characters, as its reader counts emoji (bug class: unbounded fields)', () => {
  for (const text of ['x'.repeat(80), '😀'.repeat(80), 'two\nlines']) assert.equal(acceptMessage(text), text)
  for (const text of ['x'.repeat(81), '😀'.repeat(81), 'a\u0000b', 'half \ud83d', 'x'.repeat(100_000)]) {
    assert.ok(
      refused(() => acceptMessage(text)),
      JSON.stringify(text.slice(0, 9)),
    )
  }
})

test('a message goes at a time to come', () => {
  assert.equal(acceptClearAt(10, 9_999), 10_000)
  assert.equal(acceptClearAt(10, 10_000), 10_000)
  for (const seconds of [9, 0, -1, 1_795_427_746_000])
    assert.ok(
      refused(() => acceptClearAt(seconds, 10_000)),
      String(seconds),
    )
})

test('there are six types, and no others', () => {
  assert.equal(acceptType('busy'), 'busy')
  for (const text of ['', 'Online', 'nosuch', 'constructor']) assert.ok(refused(() => acceptType(text)))
})
