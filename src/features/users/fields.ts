import { Fault } from '../../lib/fault.ts'
import type { Message } from '../../lib/languages.ts'
import { lookUp } from '../../lib/lookup.ts'
import { INVALID_FIELD, MESSAGES } from './fault-messages.ts'
import { phoneNumber } from './phone.ts'

/** Who may see a profile field, in the words of the wire (recording provisioning-users-edit). */
const SCOPES = ['v2-private', 'v2-local', 'v2-federated', 'v2-published'] as const
export type Scope = (typeof SCOPES)[number]

const OLDER_SCOPES: Readonly<Record<string, Scope>> = {
  private: 'v2-local',
  contacts: 'v2-federated',
  public: 'v2-published',
}

export interface ProfileField {
  readonly name: keyof typeof INVALID_FIELD
  readonly defaultScope: Scope
  readonly maxChars: number
  /** The value as it is kept, or undefined when it is not a value for this field. */
  readonly accept?: (value: string, context: FieldContext) => string | undefined | Promise<string | undefined>
}

/** What a value may be read by. */
export interface FieldContext {
  /** Country whose phone numbers may be written without its code, such as `DE`. */
  readonly phoneRegion: string | undefined
}

const LINE = 1_024

/** Fields of a profile besides name and e-mail, in the order in which the wire shows them. */
export const PROFILE_FIELDS: readonly ProfileField[] = [
  {
    name: 'phone',
    defaultScope: 'v2-local',
    maxChars: 64,
    accept: (value, { phoneRegion }) => phoneNumber(value, phoneRegion),
  },
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
const SILENT_FIELDS: readonly ProfileField[] = [
  { name: 'birthdate', defaultScope: 'v2-local', maxChars: 10, accept: calendarDate },
]

/** A choice of the account's own, not a fact about a person: it has no scope. */
const FIRST_DAY_OF_WEEK: ProfileField = {
  name: 'first_day_of_week',
  defaultScope: 'v2-private',
  maxChars: 1,
  accept: (value) => (/^[0-6]$/.test(value) ? value : undefined),
}

/** The field with several values. Their scopes are set one by one. */
export const ADDITIONAL_MAIL = 'additional_mail'
export const DEFAULT_MAIL_SCOPE: Scope = 'v2-local'

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
  return [...PROFILE_FIELDS, ...SILENT_FIELDS, FIRST_DAY_OF_WEEK].find((field) => field.name === wireName)
}

/** The scope that a field has until another is chosen; undefined for fields that have none. */
export function defaultScopeOf(name: string): Scope | undefined {
  if (name === FIRST_DAY_OF_WEEK.name) return undefined
  return findProfileField(name)?.defaultScope ?? lookUp(ACCOUNT_SCOPES, name)
}

/** Throws Fault `bad-request` with reason `invalid-value` when the value does not fit the field. */
export async function acceptFieldValue(field: ProfileField, value: string, context: FieldContext): Promise<string> {
  const trimmed = value.trim()
  const fits = trimmed.length <= field.maxChars && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(trimmed)
  const isFree = trimmed === '' || field.accept === undefined
  const accepted = !fits ? undefined : isFree ? trimmed : await field.accept(trimmed, context)
  if (accepted === undefined) throw invalidValue(INVALID_FIELD[field.name], field.name)
  return accepted
}

/** Throws Fault `bad-request` with reason `invalid-value`. */
export function acceptScope(fieldName: string, value: string): Scope {
  const scope = findScope(fieldName, value)
  if (scope === undefined) throw invalidValue(MESSAGES.invalidScope, fieldName)
  return scope
}

/** The scope that a word of the wire means; empty is back to the usual one. undefined: none that the field may have. */
export function findScope(fieldName: string, value: string): Scope | undefined {
  if (value === '') return defaultScopeOf(fieldName) ?? DEFAULT_MAIL_SCOPE
  const scope = SCOPES.find((known) => known === value) ?? lookUp(OLDER_SCOPES, value)
  const mayHide = fieldName !== 'email' && fieldName !== 'displayname'
  return scope === 'v2-private' && !mayHide ? undefined : scope
}

export function invalidValue(message: Message | '', field: string): Fault {
  return new Fault('bad-request', message, { reason: 'invalid-value', field })
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
