import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { contrast } from './colors.ts'
import { THEME_IDS, themeCss } from './themes.ts'

const COLORS = {
  primary: '#1f6f8b',
  background: '#1f6f8b',
  backgroundPath: '/apps/theming/img/background/quiet-hills.webp',
}

/** Variables of the last block of a style sheet: for `default`, the dark one. */
function variablesOf(css: string): Map<string, string> {
  const block = css.slice(css.lastIndexOf('{') + 1)
  return new Map([...block.matchAll(/--([\w-]+):([^;]*);/g)].map(([, name = '', value = '']) => [name, value]))
}

describe('style sheets of themes', () => {
  test('set every variable that web parts of clients know (recording theming)', () => {
    const file = join(import.meta.dirname, '../../../test/golden/recordings/theming.json')
    const { exchanges } = JSON.parse(readFileSync(file, 'utf8')) as {
      exchanges: { name: string; response: { body: unknown } }[]
    }
    const recorded = exchanges.find(({ name }) => name === 'Theme css (default) before any change')?.response.body
    const names = [...variablesOf(String(recorded)).keys()]
    assert.ok(names.length > 100)
    for (const id of THEME_IDS) {
      const ours = variablesOf(themeCss(id, COLORS, true))
      assert.deepEqual(
        names.filter((name) => !ours.has(name)),
        [],
        id,
      )
    }
  })

  const PAIRS: readonly (readonly [text: string, ground: string])[] = [
    ['color-main-text', 'color-main-background'],
    ['color-main-text', 'color-background-darker'],
    ['color-text-maxcontrast', 'color-main-background'],
    ['color-primary-text', 'color-primary'],
    ['color-primary-light-text', 'color-primary-light'],
    ['color-primary-element-text', 'color-primary-element'],
    ['color-primary-element-light-text', 'color-primary-element-light'],
    ['color-background-plain-text', 'color-background-plain'],
    ['color-error-text', 'color-error'],
    ['color-warning-text', 'color-warning'],
    ['color-success-text', 'color-success'],
    ['color-info-text', 'color-info'],
    ['color-main-text', 'color-mark'],
  ]
  for (const id of THEME_IDS) {
    test(`texts of ${id} can be read (WCAG 2.2, 1.4.3), and parts be told from the page (1.4.11)`, () => {
      const values = variablesOf(themeCss(id, COLORS, true))
      const ratio = (one: string, other: string): number => contrast(values.get(one) ?? '', values.get(other) ?? '')
      for (const [text, ground] of PAIRS)
        assert.ok(ratio(text, ground) >= 4.5, `${text} on ${ground}: ${ratio(text, ground)}`)
      for (const name of [
        'border-maxcontrast',
        'element-error',
        'element-warning',
        'element-success',
        'element-info',
        'favorite',
      ]) {
        const part = `color-${name}`
        assert.ok(ratio(part, 'color-main-background') >= 3, `${part}: ${ratio(part, 'color-main-background')}`)
      }
    })
  }

  test('a plain background has no picture', () => {
    const css = themeCss('light', { ...COLORS, backgroundPath: undefined }, false)
    assert.match(css, /^\[data-theme-light\] \{ /)
    assert.equal(variablesOf(css).get('image-background'), 'none')
  })
})
