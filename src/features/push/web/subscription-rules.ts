import { ECDH } from 'node:crypto'
import type { Outgoing } from '../../../outgoing/outgoing.ts'
import { pushFault } from '../device-rules.ts'

const MAX_ENDPOINT_CHARS = 765
const MAX_APP_TYPES_CHARS = 256
const POINT_BYTES = 65
const AUTH_BYTES = 16

/** The receiver's public key (RFC 8291 section 2.1), without padding characters. Throws Fault `bad-request`. */
export function acceptP256dh(text: string): string {
  const bytes = base64UrlBytes(text)
  if (bytes?.length !== POINT_BYTES || bytes[0] !== 4 || !isOnCurve(bytes)) throw pushFault('INVALID_P256DH')
  return bytes.toString('base64url')
}

function isOnCurve(point: Buffer): boolean {
  try {
    ECDH.convertKey(point, 'prime256v1')
    return true
  } catch {
    return false
  }
}

/** The secret that receiver and sender share (RFC 8291 section 3.2), without padding characters. Throws Fault `bad-request`. */
export function acceptAuth(text: string): string {
  const bytes = base64UrlBytes(text)
  if (bytes?.length !== AUTH_BYTES) throw pushFault('INVALID_AUTH')
  return bytes.toString('base64url')
}

function base64UrlBytes(text: string): Buffer | undefined {
  return text.length <= 128 && /^[\w-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : undefined
}

/** Throws Fault `bad-request` for what is no https address that may be called. */
export function acceptEndpoint(text: string, outgoing: Outgoing): string {
  if (text.length > MAX_ENDPOINT_CHARS || !text.startsWith('https://')) throw pushFault('INVALID_ENDPOINT')
  try {
    return outgoing.checkUrl(text).href
  } catch {
    throw pushFault('INVALID_ENDPOINT')
  }
}

/** Throws Fault `bad-request`. What no app is called selects nothing. */
export function acceptAppTypes(text: string): string {
  if (text.length > MAX_APP_TYPES_CHARS) throw pushFault('TOO_MANY_APP_TYPES')
  return text
}

/** Talk is called by its id and by its name. */
const NAMES: Readonly<Record<string, readonly string[]>> = { spreed: ['spreed', 'talk'] }

/** Whether a subscription with these types wants the notifications of an app: `all,-spreed`, `files`. */
export function wantsApp(appTypes: string, app: string): boolean {
  const types = new Set(appTypes.split(',').map((type) => type.trim()))
  const names = NAMES[app] ?? [app]
  if (names.some((name) => types.has(name))) return true
  return types.has('all') && !names.some((name) => types.has(`-${name}`))
}
