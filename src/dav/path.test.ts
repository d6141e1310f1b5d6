import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../lib/fault.ts'
import { encodePath, encodeSegment, splitPath } from './path.ts'

const refused = { name: 'Fault', kind: 'bad-request' }

/** Any name that UTF-8 can hold, with the characters that mean something in addresses well represented. */
const name = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('%', '/', '\\', '.', ' ', '?', '#', ';', 'ä', '😀'),
      fc.string({ maxLength: 1, unit: 'binary' }),
    ),
    minLength: 1,
    maxLength: 12,
  })
  .filter((text) => text !== '' && text.isWellFormed() && !text.includes('\0'))

describe('the path of an address', () => {
  test('comes back from its encoded form, segment by segment, whatever the names hold', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), (segments) => {
        const path = encodePath(segments)
        assert.match(path, /^(?:\/[\x21-\x7e]+)*$/)
        assert.deepEqual(splitPath(path), segments)
        assert.deepEqual(splitPath(`/${path}//`), segments, 'empty segments count for nothing')
      }),
    )
  })

  test('is the same for every way to escape it', () => {
    fc.assert(
      fc.property(name, fc.boolean(), (segment, isUpper) => {
        const all = [...Buffer.from(segment)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
        assert.deepEqual(splitPath(`/${isUpper ? all.toUpperCase() : all}`), [segment])
        assert.deepEqual(splitPath(`/${encodeURIComponent(segment)}`), [segment])
        assert.deepEqual(splitPath(`/${encodeSegment(segment)}`), [segment])
      }),
    )
  })

  test('is decoded once and never again (bug class: path normalised after validation)', () => {
    assert.deepEqual(splitPath('/a%252fb/%252e%252e/%25zz'), ['a%2fb', '%2e%2e', '%zz'])
    assert.deepEqual(splitPath('/a%2fb'), ['a/b'], 'an encoded slash is part of a name, which then is refused')
    assert.deepEqual(splitPath('/a/../b/./c'), ['a', '..', 'b', '.', 'c'], 'nothing is resolved here')
  })

  for (const [what, path] of [
    ['overlong UTF-8 for a dot', '/%c0%ae%c0%ae'],
    ['overlong UTF-8 for a slash', '/..%c0%af'],
    ['overlong UTF-8 in three bytes', '/%e0%80%af'],
    ['half of a surrogate pair', '/%ed%a0%80'],
    ['a byte that UTF-8 never has', '/%ff'],
    ['a broken escape', '/%zz'],
    ['an escape cut short', '/a%2'],
    ['NUL', '/a%00b'],
    ['thousands of segments', '/a'.repeat(5_000)],
  ]) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => splitPath(path ?? ''), refused)
    })
  }

  test('never fails in any other way', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        try {
          for (const segment of splitPath(text)) assert.ok(segment !== '' && !segment.includes('\0'))
        } catch (error) {
          assert.ok(error instanceof Fault && error.kind === 'bad-request', String(error))
        }
      }),
    )
  })
})
