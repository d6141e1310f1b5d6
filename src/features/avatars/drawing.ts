import { lookUp } from '../../lib/lookup.ts'
import { GLYPHS } from './glyphs.ts'
import { paletteOf } from './initials.ts'

/** Height of a capital letter, and the room letters have, in a picture of 1,000 units. */
const CAPITAL = 729
const WIDEST = 640
const TALLEST = 400

/** Head and shoulders, for names whose letters are not known here. */
const PERSON = 'M500 500a150 150 0 1 0 0-300 150 150 0 0 0 0 300ZM190 850a310 270 0 0 1 620 0Z'

interface Letter {
  readonly width: number
  readonly path: string
}

/** The picture of a name as SVG: letters as outlines, so that no font is needed and every server draws the same. */
export function avatarSvg(initials: string, hue: number, isDark: boolean): string {
  const { ground, letters } = paletteOf(hue, isDark)
  const shape = lettersShape(initials) ?? `<path d="${PERSON}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000" width="512" height="512"><rect width="1000" height="1000" fill="${ground}"/><g fill="${letters}">${shape}</g></svg>`
}

function lettersShape(initials: string): string | undefined {
  const known = [...initials].map(letterOf)
  if (known.length === 0 || known.some((letter) => letter === undefined)) return undefined
  const width = known.reduce((sum, letter) => sum + (letter?.width ?? 0), 0)
  const scale = Math.min(TALLEST / CAPITAL, WIDEST / width)
  let left = 500 - (width * scale) / 2
  const baseline = 500 + (CAPITAL * scale) / 2
  return known
    .map((letter) => {
      const place = `translate(${left.toFixed(1)} ${baseline.toFixed(1)}) scale(${scale.toFixed(4)})`
      left += (letter?.width ?? 0) * scale
      return `<path transform="${place}" d="${letter?.path ?? ''}"/>`
    })
    .join('')
}

/** A letter with marks that are not known is drawn without them. */
function letterOf(letter: string): Letter | undefined {
  const plain = [...letter.normalize('NFD')][0] ?? ''
  const glyph = lookUp(GLYPHS, letter) ?? lookUp(GLYPHS, plain)
  if (glyph === undefined) return undefined
  const [, width = '0', path = ''] = /^(\d+)(.*)$/.exec(glyph) ?? []
  return { width: Number(width), path }
}
