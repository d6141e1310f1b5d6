import { channels, elementOnBright, elementOnDark, mix, textOn } from './colors.ts'

/** Themes an account can switch on. `default` follows the system. */
export const THEME_IDS = ['default', 'light', 'dark', 'light-highcontrast', 'dark-highcontrast'] as const
export type ThemeId = (typeof THEME_IDS)[number]

export interface ThemeColors {
  readonly primary: string
  readonly background: string
}

interface Ground {
  readonly page: string
  readonly text: string
  readonly quiet: string
  readonly isDark: boolean
  /** How far lines and hovered parts stand out. */
  readonly step: number
}

const GROUNDS: Readonly<Record<Exclude<ThemeId, 'default'>, Ground>> = {
  light: { page: '#ffffff', text: '#1c2126', quiet: '#5b6570', isDark: false, step: 0.05 },
  dark: { page: '#16191c', text: '#e9edf1', quiet: '#a3adb8', isDark: true, step: 0.07 },
  'light-highcontrast': { page: '#ffffff', text: '#000000', quiet: '#333333', isDark: false, step: 0.12 },
  'dark-highcontrast': { page: '#000000', text: '#ffffff', quiet: '#d0d0d0', isDark: true, step: 0.16 },
}

/**
 * The style sheet of a theme: the variables that web parts of clients read. `plain` sets them for the whole document,
 * else for elements with the attribute `data-theme-ID`.
 */
export function themeCss(id: ThemeId, colors: ThemeColors, isForWholeDocument: boolean): string {
  const selector = isForWholeDocument ? ':root' : `[data-theme-${id}]`
  if (id !== 'default') return `${selector} { ${variables(GROUNDS[id], colors)} }\n`
  return `${selector} { ${variables(GROUNDS.light, colors)} }\n@media (prefers-color-scheme: dark) { ${selector} { ${variables(GROUNDS.dark, colors)} } }\n`
}

function variables({ page, text, quiet, isDark, step }: Ground, { primary, background }: ThemeColors): string {
  const element = isDark ? elementOnDark(primary) : elementOnBright(primary)
  const values: Readonly<Record<string, string>> = {
    'color-main-background': page,
    'color-main-background-rgb': channels(page),
    'color-main-background-translucent': 'rgba(var(--color-main-background-rgb), .97)',
    'color-background-hover': mix(page, text, step),
    'color-background-dark': mix(page, text, step * 1.5),
    'color-background-darker': mix(page, text, step * 2.5),
    'color-main-text': text,
    'color-text-maxcontrast': quiet,
    'color-border': mix(page, text, step * 2),
    'color-border-dark': mix(page, text, step * 3),
    'color-primary': primary,
    'color-primary-text': textOn(primary),
    'color-primary-hover': mix(primary, page, 0.2),
    'color-primary-light': mix(page, primary, 0.12),
    'color-primary-light-text': mix(primary, text, 0.4),
    'color-primary-element': element,
    'color-primary-element-text': textOn(element),
    'color-primary-element-hover': mix(element, text, 0.15),
    'color-primary-element-light': mix(page, element, 0.15),
    'color-primary-element-light-text': mix(element, text, 0.6),
    'color-background-plain': background,
    'color-background-plain-text': textOn(background),
    'background-invert-if-dark': isDark ? 'invert(100%)' : 'no',
    'background-invert-if-bright': isDark ? 'no' : 'invert(100%)',
    'primary-invert-if-bright': textOn(primary) === '#000000' ? 'invert(100%)' : 'no',
    'primary-invert-if-dark': textOn(primary) === '#000000' ? 'no' : 'invert(100%)',
  }
  return Object.entries(values)
    .map(([name, value]) => `--${name}:${value};`)
    .join(' ')
}

/** Colours and picture for the server's own pages. */
export function pageCss({ primary, background }: ThemeColors, backgroundUrl: string | undefined): string {
  const image = backgroundUrl === undefined ? 'none' : `url("${backgroundUrl}")`
  return `:root { --primary: ${primary}; --primary-text: ${textOn(primary)}; --page-back: ${background}; --page-text: ${textOn(background)}; --page-image: ${image} }\n`
}
