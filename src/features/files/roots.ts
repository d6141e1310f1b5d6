import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../db/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import { newEtag } from './etag.ts'
import * as store from './store.ts'

export interface Root {
  readonly treeId: number
  readonly rootId: number
}

/** Trees by account. An account never changes its tree, so what is found once holds. */
export interface Roots {
  /** Makes the tree of an account that has none yet. */
  of(accountId: number): Promise<Root>
  /** Without making one. */
  find(accountId: number): Promise<Root | undefined>
}

const MAX_REMEMBERED = 10_000

export function createRoots(db: Database, clock: Clock): Roots {
  const remembered = new LRUCache<number, Root>({ max: MAX_REMEMBERED })
  const find = async (accountId: number): Promise<Root | undefined> => {
    const known = remembered.get(accountId)
    if (known !== undefined) return known
    const found = await store.findRoot(db.read, accountId)
    if (found !== undefined) remembered.set(accountId, found)
    return found
  }
  const make = async (accountId: number): Promise<Root> => {
    const made = await db.write(async (tx) => {
      // Somebody in the same commit may have been first: nobody outside of it would see that yet.
      const known = await store.findRoot(tx, accountId)
      if (known !== undefined) return known
      const nowMs = clock.nowMs()
      const treeId = await store.insertTree(tx, accountId)
      const root = await store.insertNode(tx, folderNode(treeId, null, '', nowMs))
      return { treeId, rootId: root.id }
    })
    remembered.set(accountId, made)
    return made
  }
  return {
    find,
    async of(accountId) {
      const found = await find(accountId)
      if (found !== undefined) return found
      try {
        return await make(accountId)
      } catch (error) {
        // Somebody else, perhaps in another process, has made it meanwhile.
        const other = isUniqueViolation(error) ? await find(accountId) : undefined
        if (other !== undefined) return other
        throw isForeignKeyViolation(error) ? accountGone() : error
      }
    },
  }
}

/** Deleted while its request was under way. */
export function accountGone(): Fault {
  return new Fault('unauthenticated', 'The account does not exist any more')
}

export function folderNode(treeId: number, parentId: number | null, name: string, nowMs: number): store.NewNode {
  return {
    tree_id: treeId,
    parent_id: parentId,
    name,
    is_folder: 1,
    size_bytes: 0,
    mtime_ms: nowMs,
    etag: newEtag(),
    mime: '',
    blob_id: null,
    checksums: '',
    created_s: 0,
    uploaded_at_ms: nowMs,
  }
}
