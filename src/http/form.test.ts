import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../lib/fault.ts'
import { parseForm } from './form.ts'

const plain = (text: string): unknown => JSON.parse(JSON.stringify(parseForm(text)))

describe('forms and queries as clients of PHP servers write them', () => {
  const cases: readonly (readonly [text: string, expected: object])[] = [
    ['', {}],
    ['a=1&b=two', { a: '1', b: 'two' }],
    ['a', { a: '' }],
    ['a=1=2', { a: '1=2' }],
    ['a=1&a=2', { a: '2' }],
    ['a[]=1&a[]=2', { a: ['1', '2'] }],
    ['a%5B%5D=1&a%5B%5D=2', { a: ['1', '2'] }],
    ['a[x]=1&a[y][z]=2', { a: { x: '1', y: { z: '2' } } }],
    ['a[0]=x&a[1]=y', { a: ['x', 'y'] }],
    ['a[5]=x', { a: ['x'] }],
    ['a[]=1&a[x]=2', { a: { 0: '1', x: '2' } }],
    ['a=%20+%C3%A4', { a: '  ä' }],
    ['[a]=1', { '[a]': '1' }],
    ['a[b=1', { 'a[b': '1' }],
    ['&&a=1&', { a: '1' }],
    ['constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ]
  for (const [text, expected] of cases) {
    test(text || 'nothing', () => assert.deepEqual(plain(text), expected))
  }

  for (const text of ['a=%', 'a=%zz', 'a=%ff', 'a=%c3%28', '%ff=1', `${'a'.repeat(513)}=1`, `a${'[b]'.repeat(9)}=1`]) {
    test(`${text.slice(0, 30)} is refused`, () => {
      assert.throws(
        () => parseForm(text),
        (error) => error instanceof Fault && error.kind === 'bad-request',
      )
    })
  }

  test('more parameters than anybody needs are refused', () => {
    assert.throws(
      () => parseForm('a=1&'.repeat(1_001)),
      (error) => error instanceof Fault && error.kind === 'too-large',
    )
  })

  test('nothing reaches the prototype of all objects, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.array(fc.constantFrom('__proto__', 'constructor', 'prototype', 'a', '0', ''), {
              minLength: 1,
              maxLength: 5,
            }),
            fc.string(),
          ),
          { maxLength: 8 },
        ),
        (pairs) => {
          const text = pairs
            .map(
              ([[name = '', ...steps], value]) =>
                `${name}${steps.map((step) => `[${step}]`).join('')}=${encodeURIComponent(value)}`,
            )
            .join('&')
          parseForm(text)
          assert.equal(Object.keys(Object.prototype).length, 0)
          assert.equal(({} as Record<string, unknown>)['a'], undefined)
          assert.equal(([] as unknown as Record<string, unknown>)['a'], undefined)
        },
      ),
    )
  })

  test('what is written as one is read as one', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1, maxLength: 20 }).filter((name) => !name.includes('[')),
          fc.string(),
        ),
        (fields) => {
          const text = Object.entries(fields)
            .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
            .join('&')
          const read = parseForm(text)
          assert.deepEqual(Object.entries(read).toSorted(), Object.entries(fields).toSorted())
        },
      ),
    )
  })
})
