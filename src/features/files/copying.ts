import type { Tx } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import * as detached from './detached-store.ts'
import { newEtag } from './etag.ts'
import * as propertyStore from './property-store.ts'
import { accountGone } from './roots.ts'
import type { ScopeDeps } from './scope.ts'
import * as store from './store.ts'

/** Nodes copied in one transaction: between two others may write, and nobody waits for long. */
const STEP = 500

/** A copy of a folder that hangs nowhere yet. */
export interface GrownCopy {
  readonly accountId: number
  readonly treeId: number
  readonly rootId: number
  /** What it is a copy of, as it was when it began. */
  readonly source: store.NodeRow
}

/** How far the copy of a folder has come. */
interface Open {
  readonly fromId: number
  readonly toId: number
  /** Name of the last file, undefined when all of them are there. */
  readonly file: string | undefined
  /** Name of the last folder. */
  readonly folder: string
}

/** Copies a folder's members, in the transaction that makes the folder. */
export async function copyMembers(tx: Tx, fromId: number, toId: number, nowMs: number): Promise<void> {
  let open: readonly Open[] = [beginning(fromId, toId)]
  while (open.length > 0) open = await copySome(tx, open, nowMs)
}

/**
 * Copies a large folder bit by bit, into a tree that nobody sees. Whether it still is what the source is, is for the
 * transaction to say that gives it its place: whatever changes below a folder changes its etag.
 */
export async function growCopy(deps: ScopeDeps, accountId: number, source: store.NodeRow): Promise<GrownCopy> {
  const { db, clock } = deps
  const copy = await db.write(async (tx) => {
    const nowMs = clock.nowMs()
    const treeId = await detached.insertDetachedTree(tx, source.tree_id, nowMs)
    const { id, ...fields } = source
    const place = { tree_id: treeId, parent_id: null, etag: newEtag(), uploaded_at_ms: nowMs }
    const root = await store.insertNode(tx, { ...fields, ...place })
    await propertyStore.copyProperties(tx, id, root.id)
    return { accountId, treeId, rootId: root.id, source }
  })
  try {
    await growMembers(deps, copy)
    return copy
  } catch (error) {
    await dropCopy(deps, copy).catch(() => {})
    throw error
  }
}

async function growMembers({ db, clock }: ScopeDeps, copy: GrownCopy): Promise<void> {
  const { accountId, treeId, rootId, source } = copy
  let open: readonly Open[] = [beginning(source.id, rootId)]
  while (open.length > 0) {
    const before = open
    open = await db.write(async (tx) => {
      // What is copied in a step may not go meanwhile, nor its content with it.
      if (!(await store.lockTree(tx, db.kind, source.tree_id, accountId))) throw accountGone()
      const nowMs = clock.nowMs()
      if (!(await detached.noteGrowth(tx, treeId, nowMs))) throw tooSlow()
      return copySome(tx, before, nowMs)
    })
  }
}

/** Gives a copy its place. Resolves to its folder. */
export async function placeCopy(
  tx: Tx,
  { treeId, rootId }: GrownCopy,
  place: Pick<store.NodeRow, 'tree_id' | 'parent_id' | 'name' | 'etag' | 'uploaded_at_ms'>,
): Promise<store.NodeRow> {
  await store.updateNode(tx, rootId, place)
  if (!(await detached.deleteTreeOfCopy(tx, treeId))) throw tooSlow()
  return store.getById(tx, rootId)
}

/** Has a copy taken away that got no place. */
export async function dropCopy({ db, purgeLater }: ScopeDeps, { treeId }: GrownCopy): Promise<void> {
  await db.write(async (tx) => {
    await detached.endGrowth(tx, treeId)
    await purgeLater(tx)
  })
}

/** The sweeper has begun to take it away. */
const tooSlow = (): Fault => new Fault('unavailable', 'Copying took too long', { retryAfterSeconds: 60 })

const beginning = (fromId: number, toId: number): Open => ({ fromId, toId, file: '', folder: '' })

/** The next nodes; files of a folder first, as many as there are in one statement. Resolves to what is left to do. */
async function copySome(tx: Tx, given: readonly Open[], nowMs: number): Promise<readonly Open[]> {
  const open = [...given]
  for (let left = STEP; left > 0; ) {
    const next = open.pop()
    if (next === undefined) break
    const { fromId, toId, file, folder } = next
    if (file !== undefined) {
      const last = await store.findLastOf(tx, fromId, file, left)
      left -= Math.max(1, await store.copyFiles(tx, { fromId, toId, nowMs, after: file, last }))
      open.push({ ...next, file: last })
      continue
    }
    const folders = await store.listFolders(tx, fromId, folder, left)
    const last = folders.at(-1)?.name
    if (folders.length === left && last !== undefined) open.push({ ...next, folder: last })
    for (const { id, ...fields } of folders) {
      const etag = newEtag()
      const made = await store.insertNode(tx, { ...fields, parent_id: toId, etag, uploaded_at_ms: nowMs })
      await propertyStore.copyProperties(tx, id, made.id)
      open.push(beginning(id, made.id))
    }
    left -= Math.max(1, folders.length)
  }
  return open
}
