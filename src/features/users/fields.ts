import { Fault } from '../../lib/fault.ts'
import { lookUp } from '../../lib/lookup.ts'

/** Who may see a profile field, in the words of the wire (recording provisioning-users-edit). */
export const SCOPES = ['v2-private', 'v2-local', 'v2-federated', 'v2-published'] as const
export type Scope = (typeof SCOPES)[number]

const OLDER_SCOPES: Readonly<Record<string, Scope>> = {
  private: 'v2-local',
  contacts: 'v2-federated',
  public: 'v2-published',
}

export interface ProfileField {
  readonly name: string
  readonly defaultScope: Scope
  readonly maxChars: number
  /** The value as it is kept, or undefined when it is not a value for this field. */
  readonly accept?: (value: string) => string | undefined
}

const LINE = 1_024

/** Fields of a profile besides name and e-mail, in the order in which the wire shows them. */
export const PROFILE_FIELDS: readonly ProfileField[] = [
  { name: 'phone', defaultScope: 'v2-local', maxChars: 64, accept: phoneNumber },
  { name: 'address', defaultScope: 'v2-local', maxChars: LINE },
  { name: 'website', defaultScope: 'v2-local', maxChars: LINE, accept: webAddress },
  { name: 'twitter', defaultScope: 'v2-local', maxChars: 32, accept: twitterHandle },
  { name: 'bluesky', defaultScope: 'v2-local', maxChars: 255, accept: blueskyHandle },
  { name: 'fediverse', defaultScope: 'v2-local', maxChars: 320, accept: fediverseHandle },
  { name: 'organisation', defaultScope: 'v2-local', maxChars: LINE },
  { name: 'role', defaultScope: 'v2-local', maxChars: LINE },
  { name: 'headline', defaultScope: 'v2-local', maxChars: LINE },
  { name: 'biography', defaultScope: 'v2-local', maxChars: 10_000 },
  { name: 'profile_enabled', defaultScope: 'v2-local', maxChars: 1, accept: onOrOff },
  { name: 'pronouns', defaultScope: 'v2-federated', maxChars: 128 },
]

/** Fields that are kept but not part of the metadata answer. */
export const SILENT_FIELDS: readonly ProfileField[] = [
  { name: 'birthdate', defaultScope: 'v2-local', maxChars: 10, accept: calendarDate },
]

/** Fields of the account itself that have a scope. They may not be hidden from the server's other accounts. */
export const ACCOUNT_SCOPES: Readonly<Record<string, Scope>> = {
  avatar: 'v2-federated',
  email: 'v2-federated',
  displayname: 'v2-federated',
}

/** What `/cloud/user/fields` says an account may edit of itself (recording users-metadata). */
export const EDITABLE_FIELDS: readonly string[] = [
  'address',
  'biography',
  'birthdate',
  'displayname',
  'email',
  'fediverse',
  'headline',
  'organisation',
  'phone',
  'profile_enabled',
  'pronouns',
  'role',
  'twitter',
  'bluesky',
  'website',
  'additional_mail',
]

export function findProfileField(name: string): ProfileField | undefined {
  const wireName = name === 'webpage' ? 'website' : name
  return [...PROFILE_FIELDS, ...SILENT_FIELDS].find((field) => field.name === wireName)
}

/** Throws Fault `bad-request` with reason `invalid-value` when the value does not fit the field. */
export function acceptFieldValue(field: ProfileField, value: string): string {
  const trimmed = value.trim()
  const fits = trimmed.length <= field.maxChars && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(trimmed)
  const accepted = !fits ? undefined : trimmed === '' || field.accept === undefined ? trimmed : field.accept(trimmed)
  if (accepted === undefined) throw invalidValue(`Invalid ${field.name}`, field.name)
  return accepted
}

/** Throws Fault `bad-request` with reason `invalid-value`. */
export function acceptScope(fieldName: string, value: string): Scope {
  const scope = SCOPES.find((known) => known === value) ?? lookUp(OLDER_SCOPES, value)
  const mayHide = fieldName !== 'email' && fieldName !== 'displayname'
  if (scope === undefined || (scope === 'v2-private' && !mayHide)) throw invalidValue('Invalid scope', fieldName)
  return scope
}

export function invalidValue(message: string, field: string): Fault {
  return new Fault('bad-request', message, { reason: 'invalid-value', field })
}

/** E.164: blanks and the usual marks between the digits are dropped, the country code is needed. */
function phoneNumber(value: string): string | undefined {
  const digits = value.replace(/[\s()./-]/g, '')
  return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : undefined
}

function webAddress(value: string): string | undefined {
  if (!/^https?:\/\/[^\s"<>]+$/i.test(value) || !URL.canParse(value)) return undefined
  return value
}

function twitterHandle(value: string): string | undefined {
  const handle = value.replace(/^@/, '')
  return /^\w{1,15}$/.test(handle) ? handle : undefined
}

function blueskyHandle(value: string): string | undefined {
  const handle = value.replace(/^@/, '')
  return /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i.test(handle) ? handle : undefined
}

function fediverseHandle(value: string): string | undefined {
  const handle = value.replace(/^@/, '')
  return /^[\w.-]{1,64}@[a-z0-9.-]{1,253}(?::\d{1,5})?$/i.test(handle) ? handle : undefined
}

function onOrOff(value: string): string | undefined {
  return value === '1' || value === '0' ? value : undefined
}

/** A real date, `YYYY-MM-DD`. The reference keeps any text here; a birthday that is no date helps nobody. */
function calendarDate(value: string): string | undefined {
  const date = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value) ? value : undefined
}
