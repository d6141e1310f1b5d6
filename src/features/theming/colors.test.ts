import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contrast, elementOnBright, elementOnDark, isColor, mix, textOn } from './colors.ts'

const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`)

for (const [given, text, bright, dark] of [
  ['#00679e', '#ffffff', '#00679e', '#00679e'],
  ['#C81E3C', '#ffffff', '#C81E3C', '#C81E3C'],
  ['#ffffff', '#000000', '#b3b3b3', '#ffffff'],
  ['#000000', '#ffffff', '#4d4d4d', '#4d4d4d'],
] as const) {
  test(`${given} derives the colours that the reference derives (recording theming)`, () => {
    assert.deepEqual([textOn(given), elementOnBright(given), elementOnDark(given)], [text, bright, dark])
  })
}

test('text on any colour can be read', () => {
  fc.assert(
    fc.property(color, (ground) => {
      // The worst ground for both black and white still gives 4.58 (WCAG AA asks for 4.5).
      assert.ok(contrast(ground, textOn(ground)) >= 4.5)
    }),
  )
})

test('derived colours are colours, and do not move again', () => {
  fc.assert(
    fc.property(color, color, fc.double({ min: 0, max: 1, noNaN: true }), (one, other, share) => {
      for (const derive of [elementOnBright, elementOnDark]) {
        const once = derive(one)
        assert.ok(isColor(once))
        // Rounding to whole channels may leave it a hair outside the range, never more than one step.
        const twice = derive(once)
        for (const at of [1, 3, 5]) {
          const step = Math.abs(
            Number.parseInt(once.slice(at, at + 2), 16) - Number.parseInt(twice.slice(at, at + 2), 16),
          )
          assert.ok(step <= 1, `${one} ${once} ${twice}`)
        }
      }
      assert.ok(isColor(mix(one, other, share)))
    }),
  )
})

test('the ends of a mix are its parts', () => {
  assert.equal(mix('#123456', '#fedcba', 0), '#123456')
  assert.equal(mix('#123456', '#fedcba', 1), '#fedcba')
})
