import type { Readable } from 'node:stream'

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface StoredBlob {
  readonly key: string
  readonly sizeBytes: number
  readonly changedAtMs: number
}

/**
 * Immutable content under random keys. Nothing is ever overwritten: a key is written once, read many times, removed once.
 * Errors are Faults: `no-space` when the disk is full, `unavailable` when the store does not answer.
 */
export interface BlobStore {
  /** Writes all of the source and resolves when it is durable. Nothing stays when the source or the disk fails. */
  put(key: string, source: AsyncIterable<Uint8Array>): Promise<void>
  /** The content, or a part of it. The stream fails when there is no such blob. */
  get(key: string, range?: ByteRange): Readable
  stat(key: string): Promise<StoredBlob | undefined>
  /** Keys that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>
  list(): AsyncIterable<StoredBlob>
  close(): void
}

/** Keys are 32 hexadecimal digits. Anything else never reaches a path or an address. */
export function isBlobKey(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}
