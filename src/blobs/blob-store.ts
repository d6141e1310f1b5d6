import type { Readable } from 'node:stream'
import { Fault } from '../lib/fault.ts'

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
 * Errors are Faults: `no-space` when the store is full, `unavailable` when it does not answer, `internal` when content is
 * not what it should be. An error of a source stays what it is.
 */
export interface BlobStore {
  /** Writes all of the source and resolves when it is durable. Nothing stays when the source or the store fails. */
  put(key: string, source: AsyncIterable<Uint8Array>): Promise<void>
  /** The content, or a part of it. The stream fails when there is no such blob, or less of it than the range names. */
  get(key: string, range?: ByteRange): Readable
  stat(key: string): Promise<StoredBlob | undefined>
  /** Keys that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>
  /** All of it, or what has keys that begin like this. */
  list(prefix?: string): AsyncIterable<StoredBlob>
  /** Takes away parts of uploads that began before and were never finished. Resolves to the number of uploads. */
  removeUnfinished(beforeMs: number): Promise<number>
  /** Whose content this is, as `writeMark` said; undefined for a new store. */
  findMark(): Promise<string | undefined>
  writeMark(text: string): Promise<void>
  /** Bytes that still fit, where the store has an end. */
  freeBytes?(): Promise<number | undefined>
  close(): void
}

/** Name of the mark, beside the content. No key looks like it. */
export const MARK_NAME = '.cloudlet-blobs'

/** Below the store's folder or prefix, the same in every store: content can be copied from one to another. */
export function blobPath(key: string): string {
  if (!isBlobKey(key)) throw new Error('Not a key of a blob')
  return `${key.slice(0, 2)}/${key}`
}

/** The stream that `get` gives for a blob that is not there, or too short. */
export function damagedBlob(key: string, cause?: unknown): Fault {
  return new Fault('internal', `The content ${key} is missing, or shorter than it should be`, {}, { cause })
}

/** Keys are 32 hexadecimal digits. Anything else never reaches a path or an address. */
export function isBlobKey(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}
