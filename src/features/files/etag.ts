import { randomBytes } from 'node:crypto'

/** An etag, without quotes: random, so that no two states of anything ever share one. */
export function newEtag(): string {
  return randomBytes(16).toString('hex')
}
