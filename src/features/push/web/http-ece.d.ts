declare module 'http_ece' {
  import type { ECDH } from 'node:crypto'

  interface EncryptParameters {
    readonly version: 'aes128gcm'
    /** The sender's key, made for this message alone. */
    readonly privateKey: ECDH
    /** The receiver's public key. */
    readonly dh: Buffer
    readonly authSecret: Buffer
    readonly salt?: Buffer
    readonly rs: number
    /** Bytes of padding. */
    readonly pad: number
  }
  export function encrypt(plaintext: Buffer, parameters: EncryptParameters): Buffer
}
