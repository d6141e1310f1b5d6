import { LRUCache } from 'lru-cache'
import { wrongDepth } from '../../dav/depth.ts'
import type { Depth } from '../../dav/tree.ts'
import type { Tx } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import * as contentStore from './content-store.ts'
import type { ContentSource, Contents } from './contents.ts'
import * as detached from './detached-store.ts'
import * as lockStore from './lock-store.ts'
import { requireHeld } from './locks.ts'
import { mimeOf } from './mime.ts'
import { acceptPath, checkNewName, missing, shown } from './names.ts'
import { folderNode } from './roots.ts'
import {
  type By,
  besideTree,
  checkConditions,
  filesTopic,
  inTree,
  requireSpace,
  type Scope,
  type ScopeDeps,
  touchFolders,
} from './scope.ts'
import * as store from './store.ts'

export interface FileFacts {
  /** Modification time as the client has sent it. */
  readonly mtimeMs: number | undefined
  /** Creation time as the client has sent it, in seconds. */
  readonly createdS: number | undefined
  /** `SHA1:...`, verified; empty for none. */
  readonly checksums: string
  /** Whether missing folders above are made. */
  readonly makesFolders: boolean
  /** Asked inside the transaction before anything is written, with the file that is there; may throw. */
  readonly guard?: (tx: Tx, before: store.NodeRow | undefined) => Promise<void>
  /** What else belongs into the same transaction. */
  readonly alsoIn?: (tx: Tx, written: Written) => Promise<void>
}

export interface Written {
  readonly node: store.NodeRow
  readonly created: boolean
}

/** Reading and changing trees. Paths are decoded, below the root of an account; they are checked here. */
export interface Files {
  find(accountId: number, path: readonly string[]): Promise<store.NodeRow | undefined>
  /** In pages by name, each with at most `PAGE` nodes. */
  children(folderId: number): AsyncIterable<readonly store.NodeRow[]>
  /** Puts content at a path, over what is there. */
  write(by: By, path: readonly string[], source: ContentSource, facts: FileFacts): Promise<Written>
  makeFolder(by: By, path: readonly string[]): Promise<store.NodeRow>
  remove(by: By, path: readonly string[], depth: Depth): Promise<void>
  /** Notes checksums of a file. False when it has other content by now. */
  keepChecksums(by: By, path: readonly string[], node: store.NodeRow, checksums: string): Promise<boolean>
  /**
   * Runs a change that needs the tree to stay as it is meanwhile, in one transaction. `freeBytes` is what its quota leaves,
   * below zero when it is exceeded.
   */
  besideTree<T>(accountId: number, work: (tx: Tx, freeBytes: number) => Promise<T>): Promise<T>
  /** Bytes that an account's tree holds. At once when the tree has not changed, as far as this process has heard. */
  usedBytes(accountId: number): number | Promise<number>
  /** The same as it is at this moment, whichever process has changed it. */
  readUsedBytes(accountId: number): Promise<number>
}

export const PAGE = 1_000
const MAX_REMEMBERED = 10_000

export interface FilesDeps extends ScopeDeps {
  readonly contents: Contents
}

export function createFiles(deps: FilesDeps): Files {
  const { db, roots } = deps
  const used = new LRUCache<number, { readonly stamp: number; readonly bytes: number }>({ max: MAX_REMEMBERED })
  const readUsed = async (accountId: number): Promise<number> => {
    const root = await roots.find(accountId)
    return root === undefined ? 0 : ((await store.findById(db.read, root.rootId))?.size_bytes ?? 0)
  }
  return {
    async find(accountId, path) {
      const root = await roots.of(accountId)
      return store.findByPath(db.read, root.rootId, acceptPath(path))
    },
    async *children(folderId) {
      let after = ''
      for (;;) {
        const page = await store.listChildren(db.read, folderId, after, PAGE)
        if (page.length > 0) yield page
        if (page.length < PAGE) return
        after = page.at(-1)?.name ?? ''
      }
    },
    write: (by, path, source, facts) => writeFile(deps, by, acceptPath(path), source, facts),
    makeFolder: (by, path) => makeFolder(deps, by, acceptPath(path)),
    remove: (by, path, depth) => removeNode(deps, by, acceptPath(path), depth),
    besideTree: (accountId, work) => besideTree(deps, accountId, work),
    keepChecksums: (by, path, { id, etag }, checksums) =>
      inTree(deps, by, { writes: acceptPath(path) }, async (scope) => {
        const current = await store.findById(scope.tx, id)
        await checkConditions(scope, current)
        if (current?.etag !== etag) return false
        await store.updateNode(scope.tx, id, { checksums })
        scope.touched.add(id)
        return true
      }),
    readUsedBytes: readUsed,
    usedBytes(accountId) {
      const stamp = db.stamps.of(filesTopic(accountId))
      const known = used.get(accountId)
      if (known !== undefined && known.stamp === stamp) return known.bytes
      return readUsed(accountId).then((bytes) => {
        used.set(accountId, { stamp, bytes })
        return bytes
      })
    },
  }
}

async function writeFile(
  deps: FilesDeps,
  by: By,
  path: readonly string[],
  source: ContentSource,
  facts: FileFacts,
): Promise<Written> {
  const name = path.at(-1)
  if (name === undefined) throw new Fault('conflict', 'PUT is not allowed on non-files.')
  return inTree(deps, by, { writes: path }, async (scope) => {
    const { tx, nowMs, locks, holder } = scope
    const parent = await parentOf(scope, path, facts.makesFolders)
    const before = await store.findChild(tx, parent.id, name)
    await checkConditions(scope, before)
    if (before?.is_folder === 1) throw new Fault('conflict', 'PUT is not allowed on non-files.')
    if (before === undefined) checkNewName(name)
    requireHeld(await locks.of(before?.id ?? parent.id), holder, path)
    await facts.guard?.(tx, before)
    const sizeBytes = sizeOf(source)
    const addedBytes = sizeBytes - (before?.size_bytes ?? 0)
    await requireSpace(scope, addedBytes, shown(path))
    const content = { sizeBytes, blobId: await deps.contents.save(tx, source, nowMs) }
    const node = await saveFile(scope, { parent, before, name }, content, facts)
    await touchFolders(scope, parent.id, addedBytes)
    scope.touched.add(node.id)
    const result = { node, created: before === undefined }
    await facts.alsoIn?.(tx, result)
    return result
  })
}

interface FilePlace {
  readonly parent: store.NodeRow
  readonly before: store.NodeRow | undefined
  readonly name: string
}

/** Makes the node of a file, or gives it other content; what it held before is let go. */
async function saveFile(
  { tx, root, nowMs, etag }: Scope,
  { parent, before, name }: FilePlace,
  content: { readonly sizeBytes: number; readonly blobId: number | null },
  facts: FileFacts,
): Promise<store.NodeRow> {
  const fields = {
    size_bytes: content.sizeBytes,
    mtime_ms: facts.mtimeMs ?? nowMs,
    etag,
    mime: mimeOf(name),
    blob_id: content.blobId,
    checksums: facts.checksums,
    created_s: facts.createdS ?? before?.created_s ?? 0,
    uploaded_at_ms: nowMs,
  }
  if (before === undefined) {
    return store.insertNode(tx, { tree_id: root.treeId, parent_id: parent.id, name, is_folder: 0, ...fields })
  }
  const node = { ...before, ...fields }
  await store.updateContent(tx, node)
  if (before.blob_id !== null) await contentStore.releaseBlobs(tx, [before.blob_id], nowMs)
  return node
}

/** The folder that a file goes into. Throws Fault `not-found`. */
async function parentOf(scope: Scope, path: readonly string[], makesFolders: boolean): Promise<store.NodeRow> {
  const above = path.slice(0, -1)
  const parent = makesFolders
    ? await makeFoldersAbove(scope, path)
    : await store.findByPath(scope.tx, scope.root.rootId, above)
  if (parent === undefined) throw missing(above)
  if (parent.is_folder === 0) throw new Fault('not-found', `Node with name '${parent.name}' could not be found`)
  return parent
}

function sizeOf(source: ContentSource): number {
  if (source.kind === 'arrived') return source.arrived.sizeBytes
  return source.parts.reduce((sum, part) => sum + part.sizeBytes, 0)
}

/** The folder above a path, made with all that are missing above it. */
async function makeFoldersAbove(scope: Scope, path: readonly string[]): Promise<store.NodeRow | undefined> {
  const { tx, root, locks, holder, nowMs } = scope
  let parent = await store.findById(tx, root.rootId)
  for (const name of path.slice(0, -1)) {
    if (parent === undefined || parent.is_folder === 0) return parent
    const known: store.NodeRow | undefined = await store.findChild(tx, parent.id, name)
    if (known === undefined) {
      checkNewName(name)
      requireHeld(await locks.of(parent.id), holder, path)
      const made: store.NodeRow = await store.insertNode(tx, folderNode(root.treeId, parent.id, name, nowMs))
      await touchFolders(scope, parent.id, 0)
      scope.touched.add(made.id)
      parent = made
    } else {
      parent = known
    }
  }
  return parent
}

async function makeFolder(deps: FilesDeps, by: By, path: readonly string[]): Promise<store.NodeRow> {
  const exists = (): Fault => new Fault('exists', 'The resource you tried to create already exists')
  const name = path.at(-1)
  if (name === undefined) throw exists()
  return inTree(deps, by, { writes: path }, async (scope) => {
    const { tx, root, nowMs, locks, holder, quotaBytes } = scope
    const parent = await store.findByPath(tx, root.rootId, path.slice(0, -1))
    if (parent === undefined || parent.is_folder === 0) throw new Fault('conflict', 'Parent node does not exist')
    const before = await store.findChild(tx, parent.id, name)
    await checkConditions(scope, before)
    if (before !== undefined) throw exists()
    checkNewName(name)
    requireHeld(await locks.of(parent.id), holder, path)
    // A folder takes no bytes, but whoever has used up all space makes nothing new (recording webdav-errors).
    if (quotaBytes !== undefined && ((await store.findById(tx, root.rootId))?.size_bytes ?? 0) >= quotaBytes) {
      throw new Fault('no-space', `Insufficient space in ${shown(path.slice(0, -1))}. Cannot create directory`)
    }
    const made = await store.insertNode(tx, folderNode(root.treeId, parent.id, name, nowMs))
    await touchFolders(scope, parent.id, 0)
    scope.touched.add(made.id)
    return made
  })
}

async function removeNode(deps: FilesDeps, by: By, path: readonly string[], depth: Depth): Promise<void> {
  if (path.length === 0) throw new Fault('forbidden', 'Permission denied to delete home folder')
  await inTree(deps, by, { writes: path }, async (scope) => {
    const node = await store.findByPath(scope.tx, scope.root.rootId, path)
    if (node === undefined) throw missing(path)
    if (node.is_folder === 1 && depth !== 'infinity') throw wrongDepth()
    await checkConditions(scope, node)
    await removeSubtree(scope, node, path)
    if (node.parent_id !== null) await touchFolders(scope, node.parent_id, -node.size_bytes)
  })
}

/** More would keep everybody else waiting. */
const REMOVED_AT_ONCE = 500

/**
 * Deletes a node with all below it, when no lock of somebody else is on the way. Sizes above are the caller's. Of a large
 * folder the top is cut off, so that nobody finds it any more, and the rest goes bit by bit (`purge.ts`).
 */
export async function removeSubtree(scope: Scope, node: store.NodeRow, path: readonly string[]): Promise<void> {
  const { tx, root, locks, holder, nowMs, purgeLater } = scope
  requireHeld(await locks.of(node.id), holder, path)
  if (node.parent_id !== null) requireHeld(await locks.of(node.parent_id), holder, path.slice(0, -1))
  if (node.is_folder === 1) {
    const inside = await locks.below(node.id)
    requireHeld(inside, holder, path)
    if ((await store.countBelow(tx, node.id, REMOVED_AT_ONCE + 1)) > REMOVED_AT_ONCE) {
      await lockStore.deleteLocksOf(tx, [node.id, ...inside.map(({ node_id }) => node_id)])
      await detached.detachSubtree(tx, root.treeId, node.id)
      return purgeLater(tx)
    }
  }
  await contentStore.releaseBlobs(tx, await store.deleteSubtree(tx, node.id), nowMs)
}
