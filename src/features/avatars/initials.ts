import { createHash } from 'node:crypto'

/** Colours of a generated picture: ground and letters. */
export interface Palette {
  readonly ground: string
  readonly letters: string
}

const HUES = 12

/** The first letters of the first two words, in upper case. Empty for a name without letters or digits. */
export function initialsOf(name: string): string {
  const words = name.normalize('NFC').match(/[\p{L}\p{N}][^\s]*/gu) ?? []
  return (
    words
      .slice(0, 2)
      .map((word) => [...word][0]?.toUpperCase() ?? '')
      // One letter may be two in upper case: ß, ŉ.
      .map((letter) => [...letter][0] ?? '')
      .join('')
  )
}

/** Which of the palettes a user id or name has: always the same. */
export function hueOf(key: string): number {
  return (createHash('sha256').update(key.toLowerCase()).digest()[0] ?? 0) % HUES
}

/** Letters can be read on their ground (WCAG 2.2, contrast of 4.5 and more), on a bright page and on a dark one. */
export function paletteOf(hue: number, isDark: boolean): Palette {
  const degrees = (hue * 360) / HUES
  return isDark
    ? { ground: fromHsl(degrees, 0.35, 0.2), letters: fromHsl(degrees, 0.6, 0.84) }
    : { ground: fromHsl(degrees, 0.6, 0.88), letters: fromHsl(degrees, 0.7, 0.22) }
}

/** CSS Color 4, section 7. */
function fromHsl(degrees: number, saturation: number, lightness: number): string {
  const part = (offset: number): string => {
    const turn = (offset + degrees / 30) % 12
    const spread = saturation * Math.min(lightness, 1 - lightness)
    const value = lightness - spread * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${part(0)}${part(8)}${part(4)}`
}
