import type { Database, Tx } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as contentStore from './content-store.ts'
import * as detached from './detached-store.ts'
import * as maintenance from './maintenance-store.ts'

export interface PurgeDeps {
  readonly db: Database
  readonly clock: Clock
}

/** Nodes taken away in one transaction: between two others may write, and nobody waits for long. */
const NODE_BATCH = 300
const ROOT_BATCH = 100
/** A copy in the making that nobody has added to for so long is what a crash has left. */
const COPY_IDLE_MS = 3_600_000

/**
 * Takes away trees without an owner, from the top: files go, folders become roots of their own, which go next. Several
 * processes may be at the same tree. Resolves to how many trees of deleted accounts this one has finished.
 */
export async function purgeTrees(
  { db, clock }: PurgeDeps,
  { idleMs = COPY_IDLE_MS, signal }: { readonly idleMs?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  let finished = 0
  const grownBeforeMs = clock.nowMs() - idleMs
  for (const { id, detached_from_id } of await maintenance.listOwnerlessTrees(db.read, grownBeforeMs)) {
    for (let state = 'more'; state === 'more'; ) {
      if (signal?.aborted === true) return finished
      state = await db.write(async (tx) => {
        // Two who each let go of content that the other still has would leave it with nobody.
        await maintenance.lockTree(tx, db.kind, detached_from_id ?? id)
        // Another node may have been faster, or somebody goes on with a copy.
        if (!(await maintenance.takeOver(tx, id, grownBeforeMs))) return 'gone'
        const nowMs = clock.nowMs()
        return (await purgeSome(tx, id, nowMs)) ? 'more' : finish(tx, id, nowMs)
      })
      if (state === 'finished' && detached_from_id === null) finished += 1
    }
  }
  return finished
}

/** False when there is nothing left that hangs on a root. */
async function purgeSome(tx: Tx, treeId: number, nowMs: number): Promise<boolean> {
  const roots = await maintenance.listRootIds(tx, treeId, ROOT_BATCH)
  if (roots.length === 0) return false
  const members = await maintenance.listMembers(tx, roots, NODE_BATCH)
  const idsOf = (isFolder: number): number[] =>
    members.filter(({ is_folder }) => is_folder === isFolder).map(({ id }) => id)
  await maintenance.makeRoots(tx, treeId, idsOf(1))
  const emptied = members.length < NODE_BATCH ? roots : []
  const blobIds = await maintenance.deleteNodes(tx, [...idsOf(0), ...emptied])
  await contentStore.releaseBlobs(tx, blobIds, nowMs)
  return true
}

/** What damage has left hanging nowhere, or in a circle, goes at once. */
async function finish(tx: Tx, treeId: number, nowMs: number): Promise<'finished' | 'waits'> {
  // What was cut off earlier still says that it is of this tree; its own turn comes.
  if (await detached.hasDetached(tx, treeId)) return 'waits'
  await contentStore.releaseBlobs(tx, await maintenance.deleteTree(tx, treeId), nowMs)
  return 'finished'
}
