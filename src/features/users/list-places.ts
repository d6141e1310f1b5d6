import { LRUCache } from 'lru-cache'
import type { Database, Tx } from '../../db/database.ts'

/** Stamp topic of who there is. */
const TOPIC = 'accounts'

/**
 * Where the pages of long lists end, so that whoever reads one page after the other is served from there, and a page far
 * behind costs as little as the first. A place is forgotten when an account comes or goes, and soon anyway; then a page is
 * counted from the beginning.
 */
export interface ListPlaces {
  /** The key of the last account before `offset` in a list; undefined when it is not known. */
  find(list: string, offset: number): string | undefined
  note(list: string, offset: number, lastKey: string): void
  /** In the transaction in which an account comes or goes. */
  forgetIn(tx: Tx): Promise<void>
}

const MAX_PLACES = 5_000
const MAX_AGE_MS = 60_000

interface Place {
  readonly stamp: number
  readonly lastKey: string
}

export function createListPlaces({ stamps }: Pick<Database, 'stamps'>): ListPlaces {
  const places = new LRUCache<string, Place>({ max: MAX_PLACES, ttl: MAX_AGE_MS })
  return {
    find(list, offset) {
      const place = places.get(`${offset} ${list}`)
      return place?.stamp === stamps.of(TOPIC) ? place.lastKey : undefined
    },
    note(list, offset, lastKey) {
      places.set(`${offset} ${list}`, { stamp: stamps.of(TOPIC), lastKey })
    },
    forgetIn: (tx) => stamps.bump(tx, TOPIC),
  }
}
