import { lookUp } from '../../lib/lookup.ts'
import type { RichParameter, RichParameters } from './rich-text.ts'

/**
 * Types of rich objects, each with the fields it needs besides `type`, `id` and `name` (Nextcloud developer manual,
 * 'Rich object strings').
 */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  addressbook: [],
  'addressbook-contact': [],
  announcement: [],
  app: [],
  calendar: [],
  'calendar-event': [],
  call: ['call-type'],
  circle: [],
  'deck-board': [],
  'deck-card': ['boardname', 'stackname'],
  email: [],
  file: ['path'],
  'forms-form': [],
  'geo-location': ['latitude', 'longitude'],
  guest: [],
  highlight: [],
  'open-graph': [],
  'pending-federated-share': [],
  systemtag: [],
  'talk-attachment': [],
  'talk-poll': [],
  user: [],
  'user-group': [],
}

const MAX_PARAMETERS = 32
const MAX_FIELDS = 24
const MAX_FIELD_CHARS = 1_024
/** Of all of them together, written as JSON. */
const MAX_CHARS = 16_384
/** Names become elements in XML. */
const NAME = /^[A-Za-z][\w.-]{0,63}$/
/** Fields that clients open. */
const ADDRESSES = ['link', 'icon-url', 'website', 'thumb']

/** Parameters from outside, checked; undefined when they are not what clients could show. None may be `[]`, as PHP writes it. */
export function acceptParameters(value: unknown): RichParameters | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return {}
  if (!isObject(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length > MAX_PARAMETERS || JSON.stringify(value).length > MAX_CHARS) return undefined
  const isFine = entries.every(([name, parameter]) => NAME.test(name) && isParameter(parameter))
  return isFine ? (value as RichParameters) : undefined
}

function isParameter(value: unknown): value is RichParameter {
  if (!isObject(value)) return false
  const fields = Object.entries(value)
  if (fields.length > MAX_FIELDS) return false
  if (!fields.every(([name, text]) => NAME.test(name) && typeof text === 'string' && text.length <= MAX_FIELD_CHARS)) {
    return false
  }
  const needed = lookUp(REQUIRED, String(value['type']))
  if (needed === undefined || !['id', 'name', ...needed].every((name) => Object.hasOwn(value, name))) return false
  return ADDRESSES.every((name) => !Object.hasOwn(value, name) || isWebAddress(String(value[name])))
}

/** No `javascript:` or the like: clients open it when it is tapped. */
function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
