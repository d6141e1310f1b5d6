import { createECDH, type ECDH } from 'node:crypto'

/** Keys of a subscription, as the client gave them (RFC 8291 section 2). */
export interface Recipient {
  /** Base64url of an uncompressed point on P-256. */
  readonly p256dh: string
  /** Base64url of 16 bytes. */
  readonly auth: string
}

/** One record, which every push service takes (RFC 8030 section 7.2). */
const RECORD_BYTES = 4_096

/** All messages are padded to this length, so that nothing can be told from it (recording notifications-webpush). */
export const PADDED_BYTES = 2_820
/** The longest text of a message: a padded one ends with one byte more. */
export const MAX_TEXT_BYTES: number = PADDED_BYTES - 1

/** For the test vector of RFC 8291: what is otherwise made for each message. */
export interface Ephemeral {
  readonly privateKey: ECDH
  readonly salt: Buffer
}

/** A message for one subscription in the content coding `aes128gcm` (RFC 8188, RFC 8291). */
export async function encryptFor(
  { p256dh, auth }: Recipient,
  text: string,
  { paddedBytes = PADDED_BYTES, ephemeral }: { readonly paddedBytes?: number; readonly ephemeral?: Ephemeral } = {},
): Promise<Buffer> {
  // Loaded with the first message: most processes never send one.
  const { encrypt } = await import('http_ece')
  const plaintext = Buffer.from(text)
  return encrypt(plaintext, {
    version: 'aes128gcm',
    dh: Buffer.from(p256dh, 'base64url'),
    authSecret: Buffer.from(auth, 'base64url'),
    rs: RECORD_BYTES,
    pad: Math.max(0, paddedBytes - 1 - plaintext.length),
    ...(ephemeral ?? { privateKey: newKey() }),
  })
}

function newKey(): ECDH {
  const key = createECDH('prime256v1')
  key.generateKeys()
  return key
}
