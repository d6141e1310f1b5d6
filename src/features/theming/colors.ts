/** Colours as `#rrggbb`. Every function takes what `isColor` accepts. */

export function isColor(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text)
}

interface Rgb {
  readonly red: number
  readonly green: number
  readonly blue: number
}

function parse(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16)
  return { red: (value >> 16) & 0xff, green: (value >> 8) & 0xff, blue: value & 0xff }
}

function write({ red, green, blue }: Rgb): string {
  return `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`
}

/** Relative luminance, WCAG 2.2. */
function luminance(color: string): number {
  const { red, green, blue } = parse(color)
  const linear = (part: number): number => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/** Contrast of two colours from 1 to 21, WCAG 2.2. */
export function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

/** White or black, whichever is easier to read on the colour. */
export function textOn(color: string): '#ffffff' | '#000000' {
  return contrast(color, '#ffffff') >= contrast(color, '#000000') ? '#ffffff' : '#000000'
}

/** Lightness that shows up on a white page at most, and on any page at least (recording theming: white, black). */
const MAX_ON_BRIGHT = 0.7
const MIN_LIGHTNESS = 0.3

/** The colour for buttons and the like on a bright page: never so bright that it disappears. */
export function elementOnBright(color: string): string {
  return withLightness(color, MIN_LIGHTNESS, MAX_ON_BRIGHT)
}

/** The colour for buttons and the like on a dark page. */
export function elementOnDark(color: string): string {
  return withLightness(color, MIN_LIGHTNESS, 1)
}

/** The same hue with its lightness (of HSL) moved into a range. A colour inside stays as it was written. */
function withLightness(color: string, least: number, most: number): string {
  const { red, green, blue } = parse(color)
  const lightness = (Math.max(red, green, blue) + Math.min(red, green, blue)) / 510
  if (lightness >= least && lightness <= most) return color
  const target = Math.min(most, Math.max(least, lightness))
  // Towards black or white keeps hue, and moves the lightness linearly.
  const share = target < lightness ? target / lightness : (target - lightness) / (1 - lightness)
  const move = (part: number): number => (target < lightness ? part * share : part + (255 - part) * share)
  return write({ red: move(red), green: move(green), blue: move(blue) })
}

/** A colour between two, `share` of the way to the second. */
export function mix(from: string, to: string, share: number): string {
  const a = parse(from)
  const b = parse(to)
  const between = (one: number, other: number): number => one + (other - one) * share
  return write({ red: between(a.red, b.red), green: between(a.green, b.green), blue: between(a.blue, b.blue) })
}

/** `r,g,b` in decimal, as style sheets take it inside `rgba()`. */
export function channels(color: string): string {
  const { red, green, blue } = parse(color)
  return `${red},${green},${blue}`
}
