import { randomUUID } from 'node:crypto'

/** An etag, without quotes: random, so that no two states of anything ever share one. */
export function newEtag(): string {
  // Node draws these for many at once.
  return randomUUID().replaceAll('-', '')
}
