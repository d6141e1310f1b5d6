import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contrast } from '../theming/colors.ts'
import { avatarSvg } from './drawing.ts'
import { hueOf, initialsOf, paletteOf } from './initials.ts'

test('initials are the first letters of the first two words, in any writing', () => {
  const expected: Readonly<Record<string, string>> = {
    'Alice Example': 'AE',
    alice: 'A',
    'Marie Claire Dupont': 'MC',
    '  (Émile)  zola ': 'ÉZ',
    'e\u0301mile': 'É',
    'иван петров': 'ИП',
    ßtrange: 'S',
    'R2 D2': 'RD',
    李小龍: '李',
    '😀 smile': 'S',
    '...': '',
    '': '',
  }
  for (const [name, initials] of Object.entries(expected)) assert.equal(initialsOf(name), initials, name)
})

test('every letter is drawn; names without any that is known get a figure', () => {
  const drawn = (text: string): number => avatarSvg(text, 0, false).split('<path').length - 1
  assert.equal(drawn('AE'), 2)
  assert.equal(drawn('ÉЯ'), 2)
  assert.match(avatarSvg('Ế', 0, false), /translate/)
  for (const unknown of ['李', '', 'A李']) assert.doesNotMatch(avatarSvg(unknown, 0, false), /translate/, unknown)
})

test('letters can be read on every ground, bright and dark', () => {
  for (const isDark of [false, true]) {
    const grounds = new Set<string>()
    for (let hue = 0; hue < 12; hue++) {
      const { ground, letters } = paletteOf(hue, isDark)
      assert.ok(contrast(ground, letters) >= 4.5, `${ground} ${letters}`)
      grounds.add(ground)
    }
    assert.equal(grounds.size, 12)
  }
})

test('a name keeps its colour, in any letter case', () => {
  assert.equal(hueOf('Alice'), hueOf('alice'))
  const hues = new Set(Array.from({ length: 200 }, (_none, index) => hueOf(`user-${index}`)))
  assert.equal(hues.size, 12)
})
