import { randomUUID } from 'node:crypto'
import type { Reader, Tx } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import * as lockStore from './lock-store.ts'
import * as store from './store.ts'

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

  get count(): number {
    return this.#locks.length
  }

  get isEmpty(): boolean {
    return this.#locks.length === 0
  }

  /** Locks that hold for a node: its own, and deep ones of the folders above (RFC 4918 section 7). */
  async of(nodeId: number | undefined): Promise<readonly lockStore.LockRow[]> {
    if (this.#locks.length === 0 || nodeId === undefined) return []
    const above = new Set(await store.listSelfAndAncestors(this.#db, nodeId))
    return this.#locks.filter(
      (lock) => lock.node_id === nodeId || (lock.depth === 'infinity' && above.has(lock.node_id)),
    )
  }

  /** Locks of nodes somewhere below a folder. */
  async below(folderId: number): Promise<readonly lockStore.LockRow[]> {
    const found: lockStore.LockRow[] = []
    for (const lock of this.#locks) {
      if (lock.node_id === folderId) continue
      if ((await store.listSelfAndAncestors(this.#db, lock.node_id)).includes(folderId)) found.push(lock)
    }
    return found
  }

  find(token: string): lockStore.LockRow | undefined {
    return this.#locks.find((lock) => lock.token === token)
  }
}

/** Who is at it, and the lock tokens that came along. */
export interface Holder {
  readonly accountId: number
  readonly tokens: ReadonlySet<string>
}

/**
 * For each locked node one of its locks must be held: by its token, sent by the account that made it.
 * Throws Fault `locked` naming the path.
 */
export function requireHeld(locks: readonly lockStore.LockRow[], { accountId, tokens }: Holder, where: string): void {
  for (const group of Map.groupBy(locks, ({ node_id }) => node_id).values()) {
    const isHeld = group.some((lock) => lock.account_id === accountId && tokens.has(lock.token))
    if (!isHeld) throw new Fault('locked', '', { field: where })
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
