import { type PreferenceRule, preferenceKey } from '../preferences/index.ts'
import { isColor } from './colors.ts'

const APP = 'theming'

export const PRIMARY_COLOR: string = preferenceKey(APP, 'primary_color')

/** What accounts may set of their theme besides the background (recording preferences). */
export const themingPreferences: readonly PreferenceRule[] = [
  {
    app: APP,
    name: 'primary_color',
    summary: 'Colour of buttons and links, #rrggbb',
    accept: (value) => (isColor(value) ? value : undefined),
  },
  {
    app: APP,
    name: 'shortcuts_disabled',
    summary: 'yes: web interfaces listen to no single keys',
    accept: (value) => (value === 'yes' ? value : undefined),
  },
]
