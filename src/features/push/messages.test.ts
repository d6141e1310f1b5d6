import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { manyRemovedText, notificationText, type PushedNotification, removedText } from './messages.ts'

const notification = (subject: string): PushedNotification => ({
  notificationId: 87,
  app: 'admin_notifications',
  subject,
  objectType: 'admin_notifications',
  objectId: '6b03ff01',
})

describe('what a push says', () => {
  test('is what is recorded (recording notifications-push)', () => {
    assert.equal(
      notificationText(notification('Hello push'), 245),
      '{"nid":87,"app":"admin_notifications","subject":"Hello push","type":"admin_notifications","id":"6b03ff01"}',
    )
    assert.equal(removedText(87), '{"nid":87,"delete":true}')
    assert.equal(manyRemovedText([1, 2]), '{"nids":[1,2],"delete-multiple":true}')
  })

  for (const [what, subject] of [
    ['letters', 'x'.repeat(5_000)],
    ['umlauts', 'ä'.repeat(5_000)],
    ['emoji', '👩‍👩‍👧'.repeat(2_000)],
    ['quotes', '"'.repeat(5_000)],
    ['line ends', '\n'.repeat(5_000)],
    ['halves of characters', '\ud83d'.repeat(5_000)],
    ['blanks', ' '.repeat(5_000)],
  ] as const) {
    test(`fits, however long the subject is: ${what}`, () => {
      for (const maxBytes of [160, 245, 2_819]) {
        const text = notificationText(notification(subject), maxBytes)
        const cut = JSON.parse(text).subject as string
        assert.ok(Buffer.byteLength(text) <= maxBytes)
        assert.ok(cut.endsWith('…') && subject.startsWith(cut.slice(0, -1)))
        assert.ok(what === 'halves of characters' || cut.isWellFormed())
        // The next character would not have fitted.
        if (subject.trim() !== '') assert.ok(Buffer.byteLength(text) > maxBytes - 8, `${Buffer.byteLength(text)}`)
      }
    })
  }

  test('leaves out an object whose names alone are too long', () => {
    const named = { ...notification('Hello'), objectType: 'ü'.repeat(64), objectId: '"'.repeat(64) }
    const said = JSON.parse(notificationText(named, 245))
    assert.deepEqual(said, { nid: 87, app: 'admin_notifications', subject: 'Hello', type: '', id: '' })
  })

  test('is whole when it just fits', () => {
    const empty = Buffer.byteLength(notificationText(notification(''), 245))
    const subject = 'x'.repeat(245 - empty)
    assert.equal(JSON.parse(notificationText(notification(subject), 245)).subject, subject)
    assert.equal(JSON.parse(notificationText(notification(`${subject}y`), 245)).subject, `${subject.slice(0, -3)}…`)
  })
})
