import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

/** Content that names its writer, its number and its length, and ends in a digest: a mix of two cannot pass for one. */
export function signed(writer: string, number: number, sizeBytes: number): Buffer {
  const head = `${writer} ${number} ${sizeBytes}\n`
  const filler = `${writer}-${number};`
    .repeat(Math.ceil(sizeBytes / 4))
    .slice(0, Math.max(0, sizeBytes - head.length - 64))
  return Buffer.from(
    head +
      filler +
      createHash('sha256')
        .update(head + filler)
        .digest('hex'),
  )
}

/** Whose content it is. Throws AssertionError when it is not one piece of `signed`. */
export function signerOf(content: Uint8Array): string {
  const text = Buffer.from(content).toString('latin1')
  const body = text.slice(0, -64)
  const [, writer = '', number = ''] = /^(\S+) (\d+) \d+\n/.exec(body) ?? []
  assert.equal(text.slice(-64), createHash('sha256').update(body).digest('hex'), `mixed content: ${text.slice(0, 80)}`)
  return `${writer} ${number}`
}
