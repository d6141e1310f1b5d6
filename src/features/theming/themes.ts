import { channels, elementOnBright, elementOnDark, mix, textOn } from './colors.ts'

/** Themes an account can switch on. `default` follows the system. */
export const THEME_IDS = ['default', 'light', 'dark', 'light-highcontrast', 'dark-highcontrast'] as const
export type ThemeId = (typeof THEME_IDS)[number]

export interface ThemeColors {
  readonly primary: string
  readonly background: string
  /** Picture behind everything; undefined for the plain colour. */
  readonly backgroundPath: string | undefined
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

/** Colours that carry a meaning, on a bright page. */
const MEANINGS = { error: '#b3261e', warning: '#8a5a00', success: '#1a7032', info: '#1f6f8b' } as const

/** Sizes, type and motion: the same in every theme. */
const MEASURES: Readonly<Record<string, string>> = {
  'filter-background-blur': 'blur(25px)',
  'font-face': "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  'default-font-size': '15px',
  'font-size-small': '13px',
  'font-weight-default': '400',
  'font-weight-element': '500',
  'font-weight-heading': '600',
  'default-line-height': '1.5',
  'animation-quick': '100ms',
  'animation-slow': '300ms',
  'border-width-input': '1px',
  'border-width-input-focused': '2px',
  'border-radius-small': '4px',
  'border-radius-element': '8px',
  'border-radius-container': '12px',
  'border-radius-container-large': '16px',
  'border-radius': 'var(--border-radius-small)',
  'border-radius-large': 'var(--border-radius-element)',
  'border-radius-rounded': '28px',
  'border-radius-pill': '100px',
  'default-clickable-area': '34px',
  'clickable-area-large': '48px',
  'clickable-area-small': '24px',
  'default-grid-baseline': '4px',
  'header-height': '50px',
  'header-menu-item-height': '44px',
  'header-menu-icon-mask': 'none',
  'navigation-width': '300px',
  'sidebar-min-width': '300px',
  'sidebar-max-width': '500px',
  'body-container-radius': 'var(--border-radius-container-large)',
  'body-container-margin': 'calc(var(--default-grid-baseline) * 2)',
  'body-height': 'calc(100% - env(safe-area-inset-bottom) - var(--header-height) - var(--body-container-margin))',
  'breakpoint-mobile': '1024px',
}

/**
 * The style sheet of a theme: the variables that web parts of clients read, with the names of the recording theming.
 * `plain` sets them for the whole document, else for elements with the attribute `data-theme-ID`.
 */
export function themeCss(id: ThemeId, colors: ThemeColors, isForWholeDocument: boolean): string {
  const selector = isForWholeDocument ? ':root' : `[data-theme-${id}]`
  if (id !== 'default') return `${selector} { ${variables(GROUNDS[id], colors)} }\n`
  return `${selector} { ${variables(GROUNDS.light, colors)} }\n@media (prefers-color-scheme: dark) { ${selector} { ${variables(GROUNDS.dark, colors)} } }\n`
}

function variables(ground: Ground, colors: ThemeColors): string {
  const values = { ...pageColors(ground), ...meaningColors(ground), ...primaryColors(ground, colors), ...MEASURES }
  return Object.entries(values)
    .map(([name, value]) => `--${name}:${value};`)
    .join(' ')
}

function pageColors({ page, text, quiet, isDark, step }: Ground): Readonly<Record<string, string>> {
  const shadow = isDark ? '#000000' : mix(page, text, 0.7)
  return {
    'color-main-background': page,
    'color-main-background-rgb': channels(page),
    'color-main-background-translucent': 'rgba(var(--color-main-background-rgb), .97)',
    'color-main-background-blur': 'rgba(var(--color-main-background-rgb), .8)',
    'gradient-main-background':
      'var(--color-main-background) 0%, var(--color-main-background-translucent) 85%, transparent 100%',
    'color-background-hover': mix(page, text, step),
    'color-background-dark': mix(page, text, step * 1.5),
    'color-background-darker': mix(page, text, step * 2.5),
    'color-background-selection': 'rgb(from var(--color-primary-element) r g b / 0.2)',
    'color-placeholder-light': mix(page, text, step * 2),
    'color-placeholder-dark': mix(page, text, step * 4),
    'color-loading-light': mix(page, text, 0.25),
    'color-loading-dark': mix(page, text, 0.75),
    'color-main-text': text,
    'color-text-selection': 'var(--color-main-text)',
    'color-text-maxcontrast': quiet,
    'color-text-maxcontrast-default': quiet,
    'color-text-maxcontrast-background-blur': mix(quiet, text, 0.2),
    'color-border': mix(page, text, step * 2),
    'color-border-dark': mix(page, text, step * 3),
    'color-border-maxcontrast': mix(page, text, 0.6),
    'color-scrollbar': 'var(--color-border-maxcontrast) transparent',
    'color-box-shadow-rgb': channels(shadow),
    'color-box-shadow': 'rgba(var(--color-box-shadow-rgb), 0.5)',
    'background-invert-if-dark': isDark ? 'invert(100%)' : 'no',
    'background-invert-if-bright': isDark ? 'no' : 'invert(100%)',
  }
}

function meaningColors({ page, text, isDark }: Ground): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, bright] of Object.entries(MEANINGS)) {
    const element = isDark ? mix(bright, '#ffffff', 0.45) : bright
    const soft = mix(page, element, 0.12)
    values[`color-element-${name}`] = element
    values[`color-${name}`] = soft
    values[`color-${name}-rgb`] = channels(soft)
    values[`color-${name}-hover`] = mix(page, element, 0.22)
    values[`color-${name}-text`] = mix(element, text, 0.3)
  }
  for (const name of ['error', 'success']) {
    values[`color-text-${name}`] = `var(--color-${name}-text)`
    values[`color-border-${name}`] = `var(--color-element-${name})`
  }
  values['color-favorite'] = isDark ? '#e0b040' : '#8a6100'
  values['color-mark'] = mix(page, '#e0b040', 0.3)
  // What is made by an assistant looks like the rest: there is none here.
  values['color-background-assistant'] = 'var(--color-primary-element-light)'
  for (const name of ['color-border-assistant', 'color-element-assistant', 'color-element-assistant-icon']) {
    values[name] = 'linear-gradient(var(--color-primary-element), var(--color-primary-element))'
  }
  return values
}

function primaryColors(
  { page, text, isDark }: Ground,
  { primary, background, backgroundPath }: ThemeColors,
): Readonly<Record<string, string>> {
  const element = isDark ? elementOnDark(primary) : elementOnBright(primary)
  const isBright = textOn(primary) === '#000000'
  return {
    'color-primary': primary,
    'color-primary-text': textOn(primary),
    'color-primary-hover': mix(primary, page, 0.2),
    'color-primary-light': mix(page, primary, 0.12),
    'color-primary-light-text': mix(primary, text, 0.6),
    'color-primary-light-hover': mix(page, primary, 0.2),
    'color-primary-element': element,
    'color-primary-element-text': textOn(element),
    'color-primary-element-text-dark': mix(textOn(element), element, 0.1),
    'color-primary-element-hover': mix(element, text, 0.15),
    'color-primary-element-light': mix(page, element, 0.15),
    'color-primary-element-light-text': mix(element, text, 0.6),
    'color-primary-element-light-hover': mix(page, element, 0.22),
    'gradient-primary-background': 'linear-gradient(40deg, var(--color-primary) 0%, var(--color-primary-hover) 100%)',
    'color-background-plain': background,
    'color-background-plain-text': textOn(background),
    'image-background': urlOf(backgroundPath),
    'background-image-invert-if-bright': textOn(background) === '#000000' ? 'invert(100%)' : 'no',
    'primary-invert-if-bright': isBright ? 'invert(100%)' : 'no',
    'primary-invert-if-dark': isBright ? 'no' : 'invert(100%)',
  }
}

/** Colours and picture for the server's own pages. */
export function pageCss({ primary, background, backgroundPath }: ThemeColors): string {
  return `:root { --primary: ${primary}; --primary-text: ${textOn(primary)}; --page-back: ${background}; --page-text: ${textOn(background)}; --page-image: ${urlOf(backgroundPath)} }\n`
}

function urlOf(path: string | undefined): string {
  return path === undefined ? 'none' : `url("${path}")`
}
