import { LRUCache } from 'lru-cache'
import { type Checksum, Meter } from '../files/index.ts'

/**
 * The SHA1 of an upload, computed as its chunks arrive one after the other, so that the last step has nothing left to
 * read. Out of order, or on another node, there is none; then the content is read back.
 */
export class RunningDigests {
  readonly #digests = new LRUCache<number, { meter: Meter; keys: string[] }>({ max: 1_000, ttl: 86_400_000 })

  /** Whether the chunk that begins now can be taken in: every chunk before it was. */
  canFollow(uploadId: number, keysBefore: readonly string[]): boolean {
    const known = this.#digests.get(uploadId)
    if (keysBefore.length === 0) return true
    return known !== undefined && sameKeys(known.keys, keysBefore)
  }

  /** Pieces of a chunk go through here on their way. Nothing is kept until `keep`. */
  begin(uploadId: number, keysBefore: readonly string[]): { add(bytes: Uint8Array): void; keep(key: string): void } {
    const known = keysBefore.length === 0 ? undefined : this.#digests.get(uploadId)
    const meter = known?.meter ?? new Meter(['SHA1'])
    // While one chunk is being added the state belongs to nobody else.
    this.#digests.delete(uploadId)
    return {
      add: (bytes) => meter.add(bytes),
      keep: (key) => this.#digests.set(uploadId, { meter, keys: [...keysBefore, key] }),
    }
  }

  of(uploadId: number, keys: readonly string[]): Checksum | undefined {
    const known = this.#digests.get(uploadId)
    return known !== undefined && sameKeys(known.keys, keys) ? known.meter.checksum('SHA1') : undefined
  }

  drop(uploadId: number): void {
    this.#digests.delete(uploadId)
  }
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index])
}
