import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as maintenance from './maintenance-store.ts'
import * as store from './store.ts'

export interface Cleaned {
  /** Content that nothing referred to any more. */
  readonly removedBlobs: number
  /** Content that no row knew of: what a crash has left behind. */
  readonly removedOrphans: number
  /** Trees of accounts that are gone. */
  readonly removedTrees: number
}

export interface Cleaning {
  /** What the server does every hour: expired locks, trees without an owner, garbage. */
  sweep(): Promise<void>
  /** The same at once, and a walk through the whole blob store for orphans. */
  clean(options: { readonly garbageAgeMs: number; readonly orphanAgeMs: number }): Promise<Cleaned>
}

export interface CleaningDeps {
  readonly db: Database
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly otherKeys: () => AsyncIterable<string>
}

const HOUR_MS = 3_600_000
const BATCH = 500
/** Nodes deleted in one transaction: between two others may write. */
const NODE_BATCH = 2_000

export function createCleaning({ db, clock, blobs, otherKeys }: CleaningDeps): Cleaning {
  const removeTrees = async (): Promise<number> => {
    let removed = 0
    for (const treeId of await maintenance.listOwnerlessTrees(db.read)) {
      for (;;) {
        const isGone = await db.write(async (tx) => {
          const blobIds = await maintenance.deleteLeaves(tx, treeId, NODE_BATCH)
          await store.releaseBlobs(tx, blobIds, clock.nowMs())
          return maintenance.deleteTreeIfEmpty(tx, treeId)
        })
        if (isGone) break
      }
      removed += 1
    }
    return removed
  }
  const removeGarbage = async (ageMs: number): Promise<number> => {
    let removed = 0
    for (;;) {
      const keys = await store.listGarbage(db.read, clock.nowMs() - ageMs, BATCH)
      if (keys.length === 0) return removed
      // The blob goes first: a row without a blob is found again, a blob without a row only by a long walk.
      await blobs.remove(keys)
      await db.write((tx) => store.deleteGarbage(tx, keys))
      removed += keys.length
    }
  }
  const removeOrphans = async (ageMs: number): Promise<number> => {
    const others = new Set<string>()
    for await (const key of otherKeys()) others.add(key)
    let removed = 0
    let batch: string[] = []
    const flush = async (): Promise<void> => {
      const known = await maintenance.listKnownKeys(db.read, batch)
      const orphans = batch.filter((key) => !known.has(key) && !others.has(key))
      await blobs.remove(orphans)
      removed += orphans.length
      batch = []
    }
    for await (const { key, changedAtMs } of blobs.list()) {
      if (changedAtMs > Date.now() - ageMs) continue
      batch.push(key)
      if (batch.length >= BATCH) await flush()
    }
    if (batch.length > 0) await flush()
    return removed
  }
  return {
    async sweep() {
      await db.write((tx) => store.deleteExpiredLocks(tx, clock.nowMs()))
      await removeTrees()
      await removeGarbage(HOUR_MS)
    },
    async clean({ garbageAgeMs, orphanAgeMs }) {
      await db.write((tx) => store.deleteExpiredLocks(tx, clock.nowMs()))
      const removedTrees = await removeTrees()
      const removedBlobs = await removeGarbage(garbageAgeMs)
      return { removedTrees, removedBlobs, removedOrphans: await removeOrphans(orphanAgeMs) }
    },
  }
}
