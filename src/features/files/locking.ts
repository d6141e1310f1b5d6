import { LRUCache } from 'lru-cache'
import { encodePath } from '../../dav/path.ts'
import type { GrantedLock, LockRequest } from '../../dav/tree.ts'
import { Fault } from '../../lib/fault.ts'
import * as lockStore from './lock-store.ts'
import { newLockToken, type PlacedLock, requireCompatible, requireHeld, TreeLocks } from './locks.ts'
import { mimeOf } from './mime.ts'
import { acceptPath, checkNewName, missing } from './names.ts'
import { type By, checkConditions, filesTopic, inTree, type Scope, type ScopeDeps, touchFolders } from './scope.ts'
import * as store from './store.ts'

/** WebDAV locks of users (RFC 4918 section 6). They end by themselves. */
export interface Locking {
  lock(by: By, path: readonly string[], wanted: LockRequest): Promise<GrantedLock>
  unlock(by: By, path: readonly string[], token: string): Promise<void>
  /** Locks that hold for some nodes of one account's tree. From memory while the tree has not changed. */
  listFor(accountId: number, nodeIds: readonly number[]): Promise<ReadonlyMap<number, readonly PlacedLock[]>>
}

const MAX_LOCKS_PER_TREE = 1_000

export function createLocking(deps: ScopeDeps): Locking {
  const rowsOf = createLockMemory(deps)
  return {
    lock(by, given, wanted) {
      const path = acceptPath(given)
      return inTree(deps, by, { writes: path }, async (scope) =>
        wanted.refresh === undefined ? grant(scope, path, wanted) : refresh(scope, path, wanted.refresh, wanted),
      )
    },
    async unlock(by, given, token) {
      const path = acceptPath(given)
      await inTree(deps, by, { writes: path }, async ({ tx, root, locks, touched }) => {
        const node = await store.findByPath(tx, root.rootId, path)
        if (node === undefined) throw missing(path)
        const held = (await locks.of(node.id)).find((lock) => lock.token === token)
        if (held === undefined) {
          throw new Fault('conflict', 'There is no such lock on this resource', { reason: 'lock-token' })
        }
        if (held.account_id !== by.accountId) throw new Fault('forbidden', 'The lock belongs to somebody else')
        await lockStore.deleteLock(tx, token)
        touched.add(node.id)
      })
    },
    async listFor(accountId, nodeIds) {
      return TreeLocks.over(deps.db.read, await rowsOf(accountId)).ofMany(nodeIds)
    },
  }
}

const MAX_REMEMBERED = 10_000

/** Nearly every tree has no locks, and every client asks for them with every look: what is known holds until a change. */
function createLockMemory({ db, clock, roots }: ScopeDeps): (accountId: number) => Promise<lockStore.LockRow[]> {
  const remembered = new LRUCache<number, { readonly stamp: number; readonly rows: lockStore.LockRow[] }>({
    max: MAX_REMEMBERED,
  })
  return async (accountId) => {
    const nowMs = clock.nowMs()
    // Another node hears of a change a moment later, and a lock must be seen at once.
    if (db.kind === 'postgres') return lockStore.listLocks(db.read, (await roots.of(accountId)).treeId, nowMs)
    const stamp = db.stamps.of(filesTopic(accountId))
    let known = remembered.get(accountId)
    if (known === undefined || known.stamp !== stamp) {
      const { treeId } = await roots.of(accountId)
      known = { stamp, rows: await lockStore.listLocks(db.read, treeId, nowMs) }
      remembered.set(accountId, known)
    }
    return known.rows.filter(({ expires_at_ms }) => expires_at_ms > nowMs)
  }
}

async function grant(scope: Scope, path: readonly string[], wanted: LockRequest): Promise<GrantedLock> {
  const { tx, root, locks, nowMs, holder } = scope
  const before = await store.findByPath(tx, root.rootId, path)
  await checkConditions(scope, before)
  const node = before ?? (await makeEmptyFile(scope, path))
  const href = encodePath([...holder.base, ...path])
  requireCompatible(await locks.of(node.id), wanted.scope, href)
  if (wanted.depth === 'infinity' && node.is_folder === 1) {
    requireCompatible(await locks.below(node.id), wanted.scope, href)
  }
  if (locks.count >= MAX_LOCKS_PER_TREE) throw new Fault('conflict', 'There are too many locks already')
  const token = newLockToken()
  await lockStore.insertLock(tx, {
    token,
    tree_id: root.treeId,
    node_id: node.id,
    account_id: holder.accountId,
    scope: wanted.scope,
    depth: wanted.depth,
    owner: wanted.owner,
    timeout_s: wanted.timeoutSeconds,
    created_at_ms: nowMs,
    expires_at_ms: nowMs + wanted.timeoutSeconds * 1_000,
  })
  scope.touched.add(node.id)
  const { scope: kind, depth, owner, timeoutSeconds } = wanted
  const isCollection = node.is_folder === 1
  return { token, scope: kind, depth, owner, timeoutSeconds, path, isCollection, created: before === undefined }
}

/** Locking a name that is free makes an empty file of it (RFC 4918 section 7.3). */
async function makeEmptyFile(scope: Scope, path: readonly string[]): Promise<store.NodeRow> {
  const { tx, root, nowMs, etag, locks, holder } = scope
  const name = path.at(-1) ?? ''
  const parent = await store.findByPath(tx, root.rootId, path.slice(0, -1))
  if (parent === undefined || parent.is_folder === 0) throw new Fault('conflict', 'Parent node does not exist')
  checkNewName(name)
  requireHeld(await locks.of(parent.id), holder, path)
  const node = await store.insertNode(tx, {
    tree_id: root.treeId,
    parent_id: parent.id,
    name,
    is_folder: 0,
    size_bytes: 0,
    mtime_ms: nowMs,
    etag,
    mime: mimeOf(name),
    blob_id: null,
    checksums: '',
    created_s: 0,
    uploaded_at_ms: nowMs,
  })
  await touchFolders(scope, parent.id, 0)
  return node
}

async function refresh(
  { tx, root, locks, nowMs, holder }: Scope,
  path: readonly string[],
  token: string,
  { timeoutSeconds }: LockRequest,
): Promise<GrantedLock> {
  const node = await store.findByPath(tx, root.rootId, path)
  if (node === undefined) throw missing(path)
  const held = (await locks.of(node.id)).find((lock) => lock.token === token && lock.account_id === holder.accountId)
  if (held === undefined) {
    throw new Fault('precondition', 'There is no such lock to refresh', { field: 'If' })
  }
  await lockStore.extendLock(tx, token, timeoutSeconds, nowMs + timeoutSeconds * 1_000)
  // It may have been named by something below the folder that is locked.
  const isOwn = held.node_id === node.id
  const lockRoot = isOwn ? path : ((await store.pathsOf(tx, [held.node_id])).get(held.node_id) ?? [])
  return {
    token,
    scope: held.scope === 'shared' ? 'shared' : 'exclusive',
    depth: held.depth === '0' ? '0' : 'infinity',
    owner: held.owner,
    timeoutSeconds,
    path: lockRoot,
    isCollection: node.is_folder === 1 || !isOwn,
    created: false,
  }
}
