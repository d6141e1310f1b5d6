import { createPublicKey } from 'node:crypto'
import { Fault } from '../../lib/fault.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'

const MAX_PROXY_CHARS = 256

/** A refusal as clients of the push API read it: a word in `data.message` (recording notifications-push). */
export function pushFault(word: string): Fault {
  return new Fault('bad-request', '', { reason: word, data: { message: word } })
}

/** SHA-512, hex in small letters. Throws Fault `bad-request`. */
export function acceptTokenHash(text: string): string {
  if (!/^[0-9a-f]{128}$/.test(text)) throw pushFault('INVALID_PUSHTOKEN_HASH')
  return text
}

const PEM = /^-----BEGIN PUBLIC KEY-----\n(?:[\w+/=]{1,76}\n){1,20}-----END PUBLIC KEY-----\n?$/

/** An RSA key of 2048 bits as SubjectPublicKeyInfo in PEM, without a final line end. Throws Fault `bad-request`. */
export function acceptDeviceKey(text: string): string {
  if (!PEM.test(text) || !isRsa2048(text)) throw pushFault('INVALID_DEVICE_KEY')
  return text.trimEnd()
}

function isRsa2048(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem)
    return asymmetricKeyType === 'rsa' && asymmetricKeyDetails?.modulusLength === 2_048
  } catch {
    return false
  }
}

/** Without TLS only on names that cannot be on the Internet, and with a slash behind them (recording notifications-push). */
const PLAIN_PROXY = /^http:\/\/(?:localhost|[a-z0-9.-]+\.(?:internal|local))(?::\d+)?\//i

/**
 * Address of a push proxy that the administrator allows, without a final slash, so that it is the same however it is
 * written. Throws Fault `bad-request`.
 */
export function acceptProxy(text: string, allowed: readonly string[], outgoing: Outgoing): string {
  const refusal = pushFault('INVALID_PROXY_SERVER')
  if (text.length > MAX_PROXY_CHARS || !(text.startsWith('https://') || PLAIN_PROXY.test(text))) throw refusal
  const url = callable(text, outgoing)
  if (url === undefined || url.search !== '' || url.hash !== '') throw refusal
  if (!isAllowedProxy(url, allowed)) throw refusal
  return url.href.replace(/\/+$/, '')
}

/** `allowed` has `host` for any port, or `host:port`. */
export function isAllowedProxy(url: URL, allowed: readonly string[]): boolean {
  return allowed.includes(url.hostname) || allowed.includes(url.host)
}

function callable(text: string, outgoing: Outgoing): URL | undefined {
  try {
    return outgoing.checkUrl(text)
  } catch {
    return undefined
  }
}

export type AppKind = 'files' | 'talk' | 'unknown'

/** Which of the apps a device is, by the name under which it registers. */
export function appKindOf(userAgent: string): AppKind {
  if (/Nextcloud-Talk/i.test(userAgent)) return 'talk'
  return /Nextcloud-(?:android|ios)/i.test(userAgent) ? 'files' : 'unknown'
}
