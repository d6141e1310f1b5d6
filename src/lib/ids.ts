import { randomBytes, randomInt } from 'node:crypto'

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A random text of letters and digits, each drawn evenly; 22 of them hold 130 bits. */
export function randomText(length: number, alphabet: string = LETTERS_AND_DIGITS): string {
  let text = ''
  for (let index = 0; index < length; index++) text += alphabet[randomInt(alphabet.length)]
  return text
}

/** A random text safe in addresses and headers, of `bytes` random bytes. */
export function randomBase64Url(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}
