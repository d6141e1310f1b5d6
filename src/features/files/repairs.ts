import type { Database, Tx } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as checkStore from './check-store.ts'
import * as contentStore from './content-store.ts'
import { newEtag } from './etag.ts'
import * as lockStore from './lock-store.ts'
import * as maintenance from './maintenance-store.ts'
import { cutName, sayableName } from './names.ts'
import { folderNode } from './roots.ts'
import { filesTopic } from './scope.ts'
import * as store from './store.ts'

/**
 * Sets right what `files:check` finds, beside a running server: each repair is a change like any other, with new etags, so
 * that clients look again. Whether it still is wrong is asked inside of its transaction. Resolves to whether it is right
 * now.
 */
export interface Repairs {
  /** Gives a tree a root, and puts further roots into the first. */
  root(treeId: number): Promise<boolean>
  /** Puts a node that hangs nowhere, or below a file, into the root of its tree. */
  recover(nodeId: number): Promise<boolean>
  /** Makes a node and all below it part of the tree that it hangs in. */
  adopt(nodeId: number): Promise<boolean>
  rename(nodeId: number): Promise<boolean>
  fileSize(nodeId: number): Promise<boolean>
  folderSize(nodeId: number): Promise<boolean>
  dropChecksum(nodeId: number, checksums: string): Promise<boolean>
  release(blobId: number): Promise<boolean>
  keepFromGarbage(keys: readonly string[]): Promise<boolean>
  discard(keys: readonly string[]): Promise<boolean>
  unlock(token: string): Promise<boolean>
}

interface Change {
  readonly tx: Tx
  readonly nowMs: number
  readonly etag: string
  /** The folder and all above it are new for clients, and so much larger. */
  touch(folderId: number, addedBytes: number): Promise<void>
}

type InTree = (treeId: number, work: (change: Change) => Promise<boolean>) => Promise<boolean>

export function createRepairs({ db, clock }: { readonly db: Database; readonly clock: Clock }): Repairs {
  const inTree: InTree = async (treeId, work) => {
    const ownerId = await store.findOwner(db.read, treeId)
    return db.write(async (tx) => {
      if (!(await maintenance.lockTree(tx, db.kind, treeId))) return false
      const [nowMs, etag] = [clock.nowMs(), newEtag()]
      const touch: Change['touch'] = (folderId, addedBytes) =>
        store.touchFolders(tx, folderId, { addedBytes, etag, mtimeMs: nowMs })
      const isDone = await work({ tx, nowMs, etag, touch })
      if (isDone && ownerId !== undefined) await db.stamps.bump(tx, filesTopic(ownerId))
      return isDone
    })
  }
  const atNode = async (
    nodeId: number,
    work: (node: store.NodeRow, change: Change) => Promise<boolean>,
  ): Promise<boolean> => {
    const before = await store.findById(db.read, nodeId)
    if (before === undefined) return true
    return inTree(before.tree_id, async (change) => {
      const node = await store.findById(change.tx, nodeId)
      return node === undefined || work(node, change)
    })
  }
  return {
    root: (treeId) => inTree(treeId, (change) => mendRoot(change, treeId)),
    recover: (nodeId) => atNode(nodeId, recover),
    adopt: (nodeId) => atNode(nodeId, adopt),
    rename: (nodeId) => atNode(nodeId, rename),
    fileSize: (nodeId) => atNode(nodeId, mendFileSize),
    folderSize: (nodeId) => atNode(nodeId, mendFolderSize),
    dropChecksum: (nodeId, checksums) =>
      atNode(nodeId, async (node, { tx }) => {
        if (node.checksums === checksums) await store.updateNode(tx, node.id, { checksums: '' })
        return true
      }),
    ...contentRepairs(db, clock),
    async unlock(token) {
      await db.write((tx) => lockStore.deleteLock(tx, token))
      return true
    },
  }
}

function contentRepairs(db: Database, clock: Clock): Pick<Repairs, 'release' | 'keepFromGarbage' | 'discard'> {
  return {
    async release(blobId) {
      await db.write((tx) => contentStore.releaseBlobs(tx, [blobId], clock.nowMs()))
      return (await contentStore.findBlob(db.read, blobId)) === undefined
    },
    async keepFromGarbage(keys) {
      await db.write((tx) => contentStore.deleteGarbage(tx, keys))
      return true
    },
    async discard(keys) {
      await db.write((tx) => contentStore.addGarbage(tx, keys, clock.nowMs()))
      return true
    },
  }
}

async function mendRoot({ tx, nowMs, touch }: Change, treeId: number): Promise<boolean> {
  const [first, ...others] = await checkStore.listRootsOf(tx, treeId)
  if (first === undefined) {
    await store.insertNode(tx, folderNode(treeId, null, '', nowMs))
    return true
  }
  for (const id of others) {
    const node = await store.findById(tx, id)
    if (node === undefined) continue
    await store.updateNode(tx, id, { parent_id: first, name: await freeName(tx, first, node) })
    await touch(first, node.size_bytes)
  }
  return true
}

/** A name for a node in a folder that may have one like it already. */
async function freeName(tx: Tx, parentId: number, { id, name }: store.NodeRow): Promise<string> {
  const wanted = sayableName(name)
  for (let attempt = 0; ; attempt++) {
    const ending = attempt === 0 ? '' : ` (${[id, attempt].slice(0, attempt).join('-')})`
    const free = cutName(wanted, ending)
    const other = await store.findChild(tx, parentId, free)
    if (other === undefined || other.id === id) return free
  }
}

/** A node whose chain of folders does not lead to a root, or leads through a file. */
async function recover(node: store.NodeRow, change: Change): Promise<boolean> {
  const { tx, touch } = change
  const [rootId] = await checkStore.listRootsOf(tx, node.tree_id)
  if (rootId === undefined || rootId === node.id) return false
  await store.updateNode(tx, node.id, { parent_id: rootId, name: await freeName(tx, rootId, node) })
  await touch(rootId, node.size_bytes)
  return true
}

async function adopt(node: store.NodeRow, { tx, touch }: Change): Promise<boolean> {
  const parent = node.parent_id === null ? undefined : await store.findById(tx, node.parent_id)
  if (parent === undefined) return false
  if (parent.tree_id === node.tree_id) return true
  await maintenance.setTreeBelow(tx, node.id, parent.tree_id)
  await touch(parent.id, 0)
  return true
}

async function rename(node: store.NodeRow, { tx, touch }: Change): Promise<boolean> {
  if (node.parent_id === null) {
    await store.updateNode(tx, node.id, { name: '' })
    return true
  }
  if (sayableName(node.name) === node.name) return true
  await store.updateNode(tx, node.id, { name: await freeName(tx, node.parent_id, node) })
  await touch(node.parent_id, 0)
  return true
}

async function mendFileSize(node: store.NodeRow, { tx, etag, touch }: Change): Promise<boolean> {
  const content = node.blob_id === null ? undefined : await contentStore.findBlob(tx, node.blob_id)
  if (node.is_folder === 1 || (node.blob_id !== null && content === undefined)) return false
  const sizeBytes = content?.size_bytes ?? 0
  if (sizeBytes === node.size_bytes) return true
  await store.updateNode(tx, node.id, { size_bytes: sizeBytes, etag })
  if (node.parent_id !== null) await touch(node.parent_id, sizeBytes - node.size_bytes)
  return true
}

/** The folders above are so much too small or too large as well: each of them keeps being the sum of its members. */
async function mendFolderSize(node: store.NodeRow, { tx, touch }: Change): Promise<boolean> {
  const [wrong] = await checkStore.listWrongFolders(tx, node.id - 1, node.id)
  if (wrong === undefined) return true
  await touch(node.id, wrong.actual - wrong.recorded)
  return true
}
