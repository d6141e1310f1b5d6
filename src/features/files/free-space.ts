import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'

/** Clients ask for it with every look at the root; the disk need not be asked as often. */
const FRESH_MS = 5_000

/** Bytes that the store can still take, undefined where it does not know. */
export type FreeSpace = () => Promise<number | undefined>

export function createFreeSpace(blobs: BlobStore, clock: Clock): FreeSpace {
  let known: { readonly atMs: number; readonly bytes: Promise<number | undefined> } | undefined
  return () => {
    const nowMs = clock.nowMs()
    if (known === undefined || Math.abs(nowMs - known.atMs) > FRESH_MS) {
      known = { atMs: nowMs, bytes: ask(blobs) }
    }
    return known.bytes
  }
}

/** A disk that cannot tell its space is no reason to refuse a listing. */
async function ask(blobs: BlobStore): Promise<number | undefined> {
  try {
    return await blobs.freeBytes?.()
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
}
