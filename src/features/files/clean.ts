import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as contentStore from './content-store.ts'
import * as lockStore from './lock-store.ts'
import * as maintenance from './maintenance-store.ts'

export interface Cleaned {
  /** Content that nothing referred to any more. */
  readonly removedBlobs: number
  /** Content that no row knew of: what a crash has left behind. */
  readonly removedOrphans: number
  /** Parts in an object storage of uploads to it that were never finished. */
  readonly removedUnfinished: number
  /** Trees of accounts that are gone. */
  readonly removedTrees: number
}

export interface Cleaning {
  /** What the server does every hour: expired locks, trees without an owner, garbage. */
  sweep(): Promise<void>
  /** The same at once, and a walk through the whole blob store for orphans. */
  clean(ages: CleaningAges): Promise<Cleaned>
}

export interface CleaningAges {
  readonly garbageMs: number
  readonly orphanMs: number
  /** Since the upload began: a large one may go on for long. */
  readonly unfinishedMs: number
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

export function createCleaning(deps: CleaningDeps): Cleaning {
  const { db, clock } = deps
  const removeExpiredLocks = (): Promise<void> => db.write((tx) => lockStore.deleteExpiredLocks(tx, clock.nowMs()))
  return {
    async sweep() {
      await removeExpiredLocks()
      await removeTrees(deps)
      await removeGarbage(deps, HOUR_MS)
    },
    async clean({ garbageMs, orphanMs, unfinishedMs }) {
      await removeExpiredLocks()
      const removedTrees = await removeTrees(deps)
      const removedBlobs = await removeGarbage(deps, garbageMs)
      const removedOrphans = await removeOrphans(deps, orphanMs)
      // By the time of the store, like the age of orphans.
      const removedUnfinished = await deps.blobs.removeUnfinished(Date.now() - unfinishedMs)
      return { removedTrees, removedBlobs, removedOrphans, removedUnfinished }
    },
  }
}

async function removeTrees({ db, clock }: CleaningDeps): Promise<number> {
  const treeIds = await maintenance.listOwnerlessTrees(db.read)
  for (const treeId of treeIds) {
    let isGone = false
    while (!isGone) {
      isGone = await db.write(async (tx) => {
        const blobIds = await maintenance.deleteLeaves(tx, treeId, NODE_BATCH)
        await contentStore.releaseBlobs(tx, blobIds, clock.nowMs())
        return maintenance.deleteTreeIfEmpty(tx, treeId)
      })
    }
  }
  return treeIds.length
}

async function removeGarbage({ db, clock, blobs }: CleaningDeps, ageMs: number): Promise<number> {
  let removed = 0
  for (;;) {
    const keys = await contentStore.listGarbage(db.read, clock.nowMs() - ageMs, BATCH)
    if (keys.length === 0) return removed
    // The blob goes first: a row without a blob is found again, a blob without a row only by a long walk.
    await blobs.remove(keys)
    await db.write((tx) => contentStore.deleteGarbage(tx, keys))
    removed += keys.length
  }
}

async function removeOrphans({ db, blobs, otherKeys }: CleaningDeps, ageMs: number): Promise<number> {
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
