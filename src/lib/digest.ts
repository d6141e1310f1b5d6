import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto'

/** SHA-256 as lower-case hex. For long random secrets only: passwords go through `features/auth/passwords.ts`. */
export function sha256Hex(text: string | Uint8Array): string {
  return hash('sha256', text, 'hex')
}

export function hmacBase64Url(key: Uint8Array | string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** Compares two secrets in a time that does not depend on where they differ. */
export function sameSecret(left: string, right: string): boolean {
  const a = createHash('sha256').update(left).digest()
  const b = createHash('sha256').update(right).digest()
  return timingSafeEqual(a, b)
}
