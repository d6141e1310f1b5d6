import type { BlobStore, StoredBlob } from '../../blobs/blob-store.ts'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as contentStore from './content-store.ts'
import type { ContentHolder } from './held-content.ts'
import * as lockStore from './lock-store.ts'
import * as maintenance from './maintenance-store.ts'
import { purgeTrees } from './purge.ts'

export interface Cleaned {
  /** Content that nothing refers to and that is gone now. */
  readonly removedBlobs: number
  /** Content that no row knew of: what a crash has left behind. It is noted, and goes with the next garbage. */
  readonly foundOrphans: number
  /** Parts in an object storage of uploads to it that were never finished. */
  readonly removedUnfinished: number
  /** Trees of accounts that are gone. */
  readonly removedTrees: number
}

export interface Cleaning {
  /** What the server does every hour: expired locks, trees without an owner, a part of the store, garbage. */
  sweep(): Promise<void>
  /** Takes away what is left of large folders that were deleted, and of accounts. */
  purge(signal: AbortSignal): Promise<void>
  /** The same at once, with the whole store. */
  clean(ages: CleaningAges): Promise<Cleaned>
}

export interface CleaningAges {
  readonly garbageMs: number
  readonly orphanMs: number
  /** Since the upload to an object storage began: a large one may go on for long. Copies in the making wait an hour. */
  readonly unfinishedMs: number
}

export interface CleaningDeps {
  readonly db: Database
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly holder: ContentHolder
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Nothing that is needed is younger than this when it goes. A blob that is being written is never as old as an orphan:
 * the store's time of it moves on as long as something arrives, and a client that sends nothing is cut off in minutes.
 * And an orphan is first noted as garbage, which is removed an hour later, unless a row has come to name it.
 */
export const USUAL_AGES: CleaningAges = { garbageMs: HOUR_MS, orphanMs: DAY_MS, unfinishedMs: 7 * DAY_MS }

const BATCH = 500
/** First two digits of keys; the store is walked in these portions. */
export const KEY_PREFIXES: readonly string[] = Array.from({ length: 256 }, (_, index) =>
  index.toString(16).padStart(2, '0'),
)
/** Portions for each hour, so that the whole store is walked once a day. */
const PORTIONS_PER_SWEEP = Math.ceil(KEY_PREFIXES.length / 24)
const WALK_SETTING = 'orphan_walk'

export function createCleaning(deps: CleaningDeps): Cleaning {
  const { db, clock } = deps
  const removeExpiredLocks = (): Promise<void> => db.write((tx) => lockStore.deleteExpiredLocks(tx, clock.nowMs()))
  return {
    async sweep() {
      await removeExpiredLocks()
      await purgeTrees(deps)
      await walkOn(deps)
      await removeGarbage(deps, USUAL_AGES.garbageMs)
    },
    async purge(signal) {
      await purgeTrees(deps, { signal })
    },
    async clean({ garbageMs, orphanMs, unfinishedMs }) {
      await removeExpiredLocks()
      const removedTrees = await purgeTrees(deps, { idleMs: Math.min(HOUR_MS, unfinishedMs) })
      let foundOrphans = 0
      for (const prefix of KEY_PREFIXES) foundOrphans += await noteOrphans(deps, prefix, orphanMs)
      const removedUnfinished = await removeUnfinished(deps, unfinishedMs)
      return { removedTrees, foundOrphans, removedUnfinished, removedBlobs: await removeGarbage(deps, garbageMs) }
    },
  }
}

/** Walks through a part of the store, an hour or more after the part before, whichever process did that. */
async function walkOn(deps: CleaningDeps): Promise<void> {
  const { db, clock } = deps
  const nowMs = clock.nowMs()
  const first = await db.write(async (tx) => {
    const [next = 0, atMs = 0] = ((await maintenance.findSetting(tx, WALK_SETTING)) ?? '').split(' ').map(Number)
    // A little less than an hour, since timers are not exact.
    if (nowMs >= atMs && nowMs - atMs < HOUR_MS * 0.9) return undefined
    await maintenance.saveSetting(tx, WALK_SETTING, `${(next + PORTIONS_PER_SWEEP) % KEY_PREFIXES.length} ${nowMs}`)
    return next
  })
  if (first === undefined) return
  for (let step = 0; step < PORTIONS_PER_SWEEP; step++) {
    await noteOrphans(deps, KEY_PREFIXES[(first + step) % KEY_PREFIXES.length] ?? '', USUAL_AGES.orphanMs)
  }
  if (first + PORTIONS_PER_SWEEP >= KEY_PREFIXES.length) await removeUnfinished(deps, USUAL_AGES.unfinishedMs)
}

/** Writes down as garbage what is in the store and in no row. */
async function noteOrphans(deps: CleaningDeps, prefix: string, ageMs: number): Promise<number> {
  const { db, clock } = deps
  let found = 0
  for await (const keys of inBatches(oldBlobs(deps.blobs, prefix, ageMs))) {
    const orphans = await findOrphans(deps, keys)
    // Somebody else may have found them at the same time.
    if (orphans.length > 0) found += await db.write((tx) => contentStore.addGarbage(tx, orphans, clock.nowMs()))
  }
  return found
}

/**
 * Of some keys in the store, those that no row knows. Chunks are asked about first: a chunk that becomes part of a file
 * meanwhile is found there, and the other way round it would be missed in both. What another sweeper has removed since the
 * store was listed is none: its content goes before its row.
 */
export async function findOrphans(
  { db, holder, blobs }: Pick<CleaningDeps, 'db' | 'holder' | 'blobs'>,
  keys: readonly string[],
): Promise<string[]> {
  const held = await holder.findHeld(keys)
  const known = await maintenance.listKnownKeys(db.read, keys)
  const orphans: string[] = []
  for (const key of keys) {
    if (!held.has(key) && !known.has(key) && (await blobs.stat(key)) !== undefined) orphans.push(key)
  }
  return orphans
}

/** Keys of what the store has had for a while, by its own clock: that of the disk or of the object storage. */
export async function* oldBlobs(blobs: BlobStore, prefix: string, ageMs: number): AsyncGenerator<StoredBlob> {
  for await (const blob of blobs.list(prefix)) {
    if (blob.changedAtMs <= Date.now() - ageMs) yield blob
  }
}

async function* inBatches(blobs: AsyncIterable<StoredBlob>): AsyncGenerator<string[]> {
  let batch: string[] = []
  for await (const { key } of blobs) {
    batch.push(key)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function removeUnfinished({ blobs }: CleaningDeps, ageMs: number): Promise<number> {
  return blobs.removeUnfinished(Date.now() - ageMs)
}

async function removeGarbage(deps: CleaningDeps, ageMs: number): Promise<number> {
  const { db, clock, blobs, holder } = deps
  const beforeMs = clock.nowMs() - ageMs
  let removed = 0
  let after = ''
  for (;;) {
    const keys = await contentStore.listGarbage(db.read, { beforeMs, after, limit: BATCH })
    if (keys.length === 0) return removed
    after = keys.at(-1) ?? after
    // What is garbage is named by nothing; should that ever be wrong, the row is, not the content.
    const held = await holder.findHeld(keys)
    const used = await maintenance.listUsedKeys(db.read, keys)
    const unused = keys.filter((key) => !held.has(key) && !used.has(key))
    // The blob goes first: a row without a blob is found again, a blob without a row only by a long walk.
    const gone = await removeEach(blobs, unused)
    const kept = new Set(unused.filter((key) => !gone.includes(key)))
    const done = keys.filter((key) => !kept.has(key))
    const forgotten = new Set(await db.write((tx) => contentStore.deleteGarbage(tx, done)))
    removed += gone.filter((key) => forgotten.has(key)).length
  }
}

/** One that cannot be removed does not keep the others from it. Throws when none can. */
async function removeEach(blobs: BlobStore, keys: readonly string[]): Promise<readonly string[]> {
  try {
    await blobs.remove(keys)
    return keys
  } catch (error) {
    const gone: string[] = []
    for (const key of keys) {
      await blobs.remove([key]).then(
        () => gone.push(key),
        () => {},
      )
    }
    if (gone.length === 0) throw error
    return gone
  }
}
