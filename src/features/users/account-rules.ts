import { Fault } from '../../lib/fault.ts'
import type { Message } from '../../lib/languages.ts'
import { hashPassword } from '../../lib/password-hash.ts'
import { MESSAGES } from './fault-messages.ts'
import { invalidValue } from './fields.ts'

/** Longest id of an account on the wire, in characters. */
const MAX_USER_ID_CHARS = 64
const MAX_DISPLAY_NAME_CHARS = 64
const MAX_EMAIL_CHARS = 320
const MIN_PASSWORD_CHARS = 8
const MAX_PASSWORD_CHARS = 469

/** Names that would be confused with parts of the server. */
const RESERVED_USER_IDS = new Set(['.htaccess', 'files_external', '__groupfolders', 'appdata', 'uploads', '.', '..'])

/** Throws Fault `bad-request` with reason `invalid-user-id`, worded as the wire does (recording provisioning-users). */
export function checkUserId(userId: string): void {
  const problem = userIdProblem(userId)
  if (problem !== undefined) throw new Fault('bad-request', problem, { reason: 'invalid-user-id', field: 'userid' })
}

function userIdProblem(userId: string): Message | undefined {
  if (userId.trim() === '') return MESSAGES.noUserId
  if (/[^a-zA-Z0-9 _.@\-']/.test(userId)) return MESSAGES.userIdCharacters
  if (userId.trim() !== userId) return MESSAGES.userIdBlanks
  if (/^\.+$/.test(userId)) return MESSAGES.userIdDots
  if (userId.length > MAX_USER_ID_CHARS) return MESSAGES.userIdTooLong
  if (RESERVED_USER_IDS.has(userId.toLowerCase())) return MESSAGES.userIdReserved
  return undefined
}

export function acceptDisplayName(value: string): string {
  const name = value.trim()
  if (name.length > MAX_DISPLAY_NAME_CHARS || /[\u0000-\u001f\u007f]/.test(name)) {
    throw invalidValue(MESSAGES.invalidDisplayName, 'displayname')
  }
  return name
}

/** An address or null for none. The message is empty on the wire (recording provisioning-users-edit). */
export function acceptEmail(value: string): string | null {
  const email = value.trim()
  if (email === '') return null
  const isAddress = /^[^\s@<>(),;:"\\[\]\u0000-\u001f]{1,64}@[^\s@<>(),;:"\\[\]\u0000-\u001f]{1,255}$/.test(email)
  if (email.length > MAX_EMAIL_CHARS || !isAddress) throw invalidValue('', 'email')
  return email
}

export function checkPassword(password: string): void {
  if (password.length > MAX_PASSWORD_CHARS) throw invalidValue(MESSAGES.passwordTooLong, 'password')
  if (password.length < MIN_PASSWORD_CHARS) {
    throw invalidValue(MESSAGES.passwordTooShort(MIN_PASSWORD_CHARS), 'password')
  }
}

/** What is kept of a new password. Ends every session; app passwords stay. */
export async function passwordColumns(
  password: string,
  nowMs: number,
): Promise<{ password_hash: string; password_changed_at_ms: number }> {
  checkPassword(password)
  return { password_hash: await hashPassword(password), password_changed_at_ms: nowMs }
}

/** A language Cloudlet or its clients can speak: `de`, `de_DE`, `pt-BR`. */
export function acceptLanguage(value: string): string {
  if (!isKnownTag(value, 'language')) throw invalidValue(MESSAGES.invalidLanguage, 'language')
  return value
}

export function acceptLocale(value: string): string {
  if (!isKnownTag(value, 'region')) throw invalidValue(MESSAGES.invalidLocale, 'locale')
  return value
}

/** Whether language, and region if there is one, have names of their own in CLDR. */
function isKnownTag(value: string, most: 'language' | 'region'): boolean {
  const match = /^([a-z]{2,3})(?:[_-]([A-Za-z]{2}|[A-Z][a-z]{3}|informal|formal))?$/.exec(value)
  if (match === null) return false
  const [, language = '', part] = match
  if (nameOf('language', language) === undefined) return false
  if (part === undefined || most === 'language') return true
  return part.length !== 2 || nameOf('region', part.toUpperCase()) !== undefined
}

function nameOf(type: 'language' | 'region', code: string): string | undefined {
  try {
    return new Intl.DisplayNames('en', { type, fallback: 'none' }).of(code)
  } catch {
    return undefined
  }
}

export function acceptTimezone(value: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
  } catch {
    throw invalidValue(MESSAGES.invalidTimezone, 'timezone')
  }
  return value
}
