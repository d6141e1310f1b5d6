import { randomUUID } from 'node:crypto'
import { encodePath } from '../../dav/path.ts'
import type { Reader, Tx } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import * as lockStore from './lock-store.ts'
import * as store from './store.ts'

/** A lock as one node sees it. */
export interface PlacedLock {
  readonly lock: lockStore.LockRow
  /** 0 for a lock of the node itself, 1 for one of the folder that it is in, and so on. */
  readonly height: number
}

/** Locks of one tree as they are now; nearly always there are none. */
export class TreeLocks {
  readonly #db: Reader | Tx
  readonly #locks: readonly lockStore.LockRow[]

  private constructor(db: Reader | Tx, locks: readonly lockStore.LockRow[]) {
    this.#db = db
    this.#locks = locks
  }

  static async load(db: Reader | Tx, treeId: number, nowMs: number): Promise<TreeLocks> {
    return new TreeLocks(db, await lockStore.listLocks(db, treeId, nowMs))
  }

  /** Of locks that were read before. */
  static over(db: Reader | Tx, locks: readonly lockStore.LockRow[]): TreeLocks {
    return new TreeLocks(db, locks)
  }

  get isEmpty(): boolean {
    return this.#locks.length === 0
  }

  get count(): number {
    return this.#locks.length
  }

  /** Locks that hold for a node: its own, and deep ones of the folders above (RFC 4918 section 7). */
  async of(nodeId: number | undefined): Promise<readonly lockStore.LockRow[]> {
    if (nodeId === undefined) return []
    return (await this.ofMany([nodeId])).get(nodeId)?.map(({ lock }) => lock) ?? []
  }

  /** Locks that hold for each of some nodes, and how many folders above the node they stand; nodes without are left out. */
  async ofMany(nodeIds: readonly number[]): Promise<ReadonlyMap<number, readonly PlacedLock[]>> {
    const found = new Map<number, readonly PlacedLock[]>()
    if (this.isEmpty) return found
    const byNode = Map.groupBy(this.#locks, ({ node_id }) => node_id)
    for (const [nodeId, line] of await store.listAncestors(this.#db, nodeIds)) {
      const placed = line.flatMap((id, height) =>
        (byNode.get(id) ?? [])
          .filter((lock) => height === 0 || lock.depth === 'infinity')
          .map((lock) => ({ lock, height })),
      )
      if (placed.length > 0) found.set(nodeId, placed)
    }
    return found
  }

  /** Locks of nodes somewhere below a folder. */
  async below(folderId: number): Promise<readonly lockStore.LockRow[]> {
    if (this.isEmpty) return []
    const ids = new Set(this.#locks.map(({ node_id }) => node_id))
    const lines = await store.listAncestors(this.#db, [...ids])
    return this.#locks.filter(({ node_id }) => node_id !== folderId && lines.get(node_id)?.includes(folderId))
  }
}

/** Who is at it, and the lock tokens that came along. */
export interface Holder {
  readonly accountId: number
  /** Path of the tree's root on this server, as the client spells it. */
  readonly base: readonly string[]
  readonly tokens: ReadonlySet<string>
}

/**
 * For each locked node one of its locks must be held: by its token, sent by the account that made it.
 * Throws Fault `locked` with the address in `field`, as RFC 4918 section 16 wants it.
 */
export function requireHeld(
  locks: readonly lockStore.LockRow[],
  { accountId, base, tokens }: Holder,
  path: readonly string[],
): void {
  for (const group of Map.groupBy(locks, ({ node_id }) => node_id).values()) {
    const isHeld = group.some((lock) => lock.account_id === accountId && tokens.has(lock.token))
    if (!isHeld) throw new Fault('locked', '', { field: encodePath([...base, ...path]) })
  }
}

/** RFC 4918 section 6.2: an exclusive lock stands alone. Throws Fault `locked` with reason `conflicting-lock`. */
export function requireCompatible(locks: readonly lockStore.LockRow[], scope: string, where: string): void {
  if (locks.some((lock) => lock.scope === 'exclusive' || scope === 'exclusive')) {
    throw new Fault('locked', '', { reason: 'conflicting-lock', field: where })
  }
}

export function newLockToken(): string {
  return randomUUID()
}
