import { Fault } from '../../lib/fault.ts'
import { lookUp } from '../../lib/lookup.ts'
import { isColor } from './colors.ts'

export const IMAGE_NAMES = ['logo', 'logoheader', 'favicon', 'background'] as const
export type ImageName = (typeof IMAGE_NAMES)[number]

export const DEFAULT_PRIMARY = '#1f6f8b'
export const DEFAULT_BACKGROUND = '#1f6f8b'

interface TextSetting {
  readonly fallback: string
  readonly summary: string
  /** Throws an Error that says what the value must be. */
  accept(value: string): string
}

/** What `theming:config` sets besides images. The names are those that `occ theming:config` knows. */
export const TEXT_SETTINGS: Readonly<Record<string, TextSetting>> = {
  name: { fallback: 'Cloudlet', summary: 'Name of the server', accept: (value) => line(value, 250, 1) },
  url: {
    fallback: '',
    summary: 'Web address of whoever runs the server; empty: the server itself',
    accept: webAddress,
  },
  imprintUrl: { fallback: '', summary: 'Address of the imprint', accept: webAddress },
  privacyUrl: { fallback: '', summary: 'Address of the privacy policy', accept: webAddress },
  slogan: {
    fallback: 'your files, at home',
    summary: 'One line below the name',
    accept: (value) => line(value, 500, 0),
  },
  primary_color: { fallback: DEFAULT_PRIMARY, summary: 'Colour of buttons and links, #rrggbb', accept: color },
  background_color: { fallback: DEFAULT_BACKGROUND, summary: 'Colour behind everything, #rrggbb', accept: color },
  'disable-user-theming': {
    fallback: 'no',
    summary: 'Whether accounts may not choose for themselves',
    accept: yesOrNo,
  },
}

/** Older names that scripts use. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  color: 'primary_color',
  backgroundColor: 'background_color',
}

/** A setting by any of its names, as it is kept. */
export function settingName(name: string): string {
  return lookUp(OLDER_NAMES, name) ?? name
}

export function isImageName(name: string): name is ImageName {
  return IMAGE_NAMES.some((known) => known === name)
}

/** Throws Fault `bad-request` that names the setting. */
export function acceptTextSetting(name: string, value: string): string {
  const setting = lookUp(TEXT_SETTINGS, name)
  if (setting === undefined) throw unknownSetting(name)
  try {
    return setting.accept(value)
  } catch (error) {
    throw new Fault('bad-request', `${name} ${(error as Error).message}. Nothing was changed`, { field: name })
  }
}

export function unknownSetting(name: string): Fault {
  const known = [...Object.keys(TEXT_SETTINGS), ...IMAGE_NAMES].join(', ')
  return new Fault('bad-request', `There is no theming setting "${name.slice(0, 64)}". Known are: ${known}`)
}

function line(value: string, most: number, least: number): string {
  const text = value.trim()
  if (text.length < least || text.length > most) throw new Error(`must have ${least} to ${most} characters`)
  if (/[\u0000-\u001f\u007f\u2028\u2029]/.test(text)) throw new Error('must be one line of text')
  return text
}

function webAddress(value: string): string {
  const text = line(value, 500, 0)
  if (text === '') return text
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text) || /[\s"'<>\\]/.test(text)) {
    throw new Error('must be an address that begins with https:// or http://')
  }
  return text
}

function color(value: string): string {
  const text = value.trim()
  if (!isColor(text)) throw new Error('must be a colour such as #1f6f8b')
  return text
}

function yesOrNo(value: string): string {
  if (value !== 'yes' && value !== 'no') throw new Error('must be yes or no')
  return value
}
