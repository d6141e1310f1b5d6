import { wrongDepth } from '../../dav/depth.ts'
import type { Depth } from '../../dav/tree.ts'
import type { Tx } from '../../db/database.ts'
import { limited } from '../../http/reach.ts'
import { Fault } from '../../lib/fault.ts'
import { copyMembers, dropCopy, type GrownCopy, growCopy, placeCopy } from './copying.ts'
import * as lockStore from './lock-store.ts'
import { requireHeld } from './locks.ts'
import { mimeOf } from './mime.ts'
import { acceptPath, checkNewName, missing, shown } from './names.ts'
import * as propertyStore from './property-store.ts'
import { type By, checkConditions, inTree, requireSpace, type Scope, type ScopeDeps, touchFolders } from './scope.ts'
import { removeSubtree, type Written } from './service.ts'
import * as store from './store.ts'

export interface Relocation {
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly overwrite: boolean
  readonly depth: Depth
}

/** Copying and moving inside one tree: rows change, content never does. */
export interface Relocating {
  move(by: By, relocation: Relocation): Promise<Written>
  copy(by: By, relocation: Relocation): Promise<Written>
}

export function createRelocating(deps: ScopeDeps): Relocating {
  return {
    move: (by, relocation) => moveNode(deps, by, accepted(relocation)),
    copy: (by, relocation) => copyNode(deps, by, accepted(relocation)),
  }
}

function accepted(relocation: Relocation): Relocation {
  return { ...relocation, from: acceptPath(relocation.from), to: acceptPath(relocation.to) }
}

interface Places {
  readonly source: store.NodeRow
  readonly parent: store.NodeRow
  readonly name: string
  readonly before: store.NodeRow | undefined
}

/** Finds both ends and refuses what cannot be. In the order of the recordings (webdav-files). */
async function findPlaces(
  scope: Scope,
  { from, to, overwrite, depth }: Relocation,
  depths: readonly Depth[],
): Promise<Places> {
  const { tx, root } = scope
  const source = await store.findByPath(tx, root.rootId, from)
  if (source === undefined) throw missing(from)
  if (source.is_folder === 1 && !depths.includes(depth)) throw wrongDepth()
  await checkConditions(scope, source)
  const isSame = from.length === to.length && startsWith(to, from)
  if (isSame) throw new Fault('forbidden', 'Source and destination uri are identical.')
  if (startsWith(to, from)) {
    throw new Fault('conflict', 'The destination may not be part of the same subtree as the source path.')
  }
  const name = to.at(-1)
  if (name === undefined || startsWith(from, to)) {
    throw new Fault('forbidden', `${shown(from)} cannot be put in the place of a folder that it is in`)
  }
  const parent = await store.findByPath(tx, root.rootId, to.slice(0, -1))
  if (parent === undefined || parent.is_folder === 0) {
    throw new Fault('conflict', 'The destination node is not found')
  }
  const before = await store.findChild(tx, parent.id, name)
  if (before !== undefined && !overwrite) {
    throw new Fault('precondition', 'The destination node already exists, and the overwrite header is set to false', {
      field: 'Overwrite',
    })
  }
  if (before === undefined) checkNewName(name)
  return { source, parent, name, before }
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.length <= path.length && start.every((segment, index) => path[index] === segment)
}

async function moveNode(deps: ScopeDeps, by: By, relocation: Relocation): Promise<Written> {
  const { from, to } = relocation
  if (from.length === 0) {
    throw new Fault('conflict', 'The destination may not be part of the same subtree as the source path.')
  }
  return inTree(deps, by, { reads: from, writes: to }, async (scope) => {
    const { tx, locks, holder, bounds } = scope
    // The folder itself is not theirs to take away.
    if (bounds.relation(from) !== 'below') throw limited()
    const { source, parent, name, before } = await findPlaces(scope, relocation, ['infinity'])
    await letGo(scope, source, from)
    requireHeld(await locks.of(parent.id), holder, to)
    if (before !== undefined) await removeSubtree(scope, before, to)
    const change = source.is_folder === 1 ? {} : { mime: mimeOf(name) }
    await store.updateNode(tx, source.id, { parent_id: parent.id, name, ...change })
    if (source.parent_id !== null) {
      await touchFolders(scope, source.parent_id, -source.size_bytes)
    }
    const addedBytes = source.size_bytes - (before?.size_bytes ?? 0)
    await touchFolders(scope, parent.id, addedBytes)
    scope.touched.add(source.id)
    return { node: { ...source, parent_id: parent.id, name, ...change }, created: before === undefined }
  })
}

/** Locks at and below what is moved must be held, and stay behind (RFC 4918 section 7.5). */
async function letGo({ tx, locks, holder }: Scope, source: store.NodeRow, from: readonly string[]): Promise<void> {
  requireHeld(await locks.of(source.id), holder, from)
  if (source.parent_id !== null) requireHeld(await locks.of(source.parent_id), holder, from.slice(0, -1))
  const inside = source.is_folder === 1 ? await locks.below(source.id) : []
  requireHeld(inside, holder, from)
  await lockStore.deleteLocksOf(tx, [source.id, ...inside.map(({ node_id }) => node_id)])
}

/** Attempts to copy a large folder bit by bit while others change it; then it is copied at once, and they wait. */
const MAX_ATTEMPTS = 3
/** Members that are copied at once. */
const COPIED_AT_ONCE = 2_000

/** Leaves the transaction: what is to be copied is too large for it, or has changed since it was copied. */
class CopyFirst extends Error {
  readonly source: store.NodeRow

  constructor(source: store.NodeRow) {
    super('The folder has to be copied first')
    this.source = source
  }
}

async function copyNode(deps: ScopeDeps, by: By, relocation: Relocation): Promise<Written> {
  let grown: GrownCopy | undefined
  for (let attempt = 1; ; attempt++) {
    try {
      return await copyOnce(deps, by, relocation, grown ?? (attempt > MAX_ATTEMPTS ? 'at once' : undefined))
    } catch (error) {
      if (grown !== undefined) await dropCopy(deps, grown).catch(() => {})
      if (!(error instanceof CopyFirst)) throw error
      grown = attempt < MAX_ATTEMPTS ? await growCopy(deps, by.accountId, error.source) : undefined
    }
  }
}

async function copyOnce(
  deps: ScopeDeps,
  by: By,
  relocation: Relocation,
  grown: GrownCopy | 'at once' | undefined,
): Promise<Written> {
  return inTree(deps, by, { reads: relocation.from, writes: relocation.to }, async (scope) => {
    const { tx, locks, holder } = scope
    const places = await findPlaces(scope, relocation, ['infinity', '0'])
    const { source, parent, before } = places
    requireHeld(await locks.of(parent.id), holder, relocation.to)
    const isDeep = source.is_folder === 1 && relocation.depth !== '0'
    const sizeBytes = source.is_folder === 1 && !isDeep ? 0 : source.size_bytes
    const addedBytes = sizeBytes - (before?.size_bytes ?? 0)
    await requireSpace(scope, addedBytes, shown(relocation.to))
    if (isDeep) await requireGrown(tx, source, grown)
    if (before !== undefined) await removeSubtree(scope, before, relocation.to)
    const made =
      isDeep && typeof grown === 'object'
        ? await placeCopy(tx, grown, placeOf(scope, places))
        : await insertCopy(scope, places, sizeBytes, isDeep)
    await touchFolders(scope, parent.id, addedBytes)
    scope.touched.add(made.id)
    return { node: made, created: before === undefined }
  })
}

/** Throws `CopyFirst` when there is no copy that can be put in place, and there has to be one. */
async function requireGrown(tx: Tx, source: store.NodeRow, grown: GrownCopy | 'at once' | undefined): Promise<void> {
  if (typeof grown === 'object') {
    if (grown.source.id !== source.id || grown.source.etag !== source.etag) throw new CopyFirst(source)
  } else if (grown === undefined && (await store.countBelow(tx, source.id, COPIED_AT_ONCE + 1)) > COPIED_AT_ONCE) {
    throw new CopyFirst(source)
  }
}

/** Where a copy goes. The same content has the same etag (recording webdav-files); a folder has a history of its own. */
function placeOf({ root, etag, nowMs }: Scope, { source, parent, name }: Places) {
  const own = source.is_folder === 1 ? { etag } : { etag: source.etag, mime: mimeOf(name) }
  return { tree_id: root.treeId, parent_id: parent.id, name, uploaded_at_ms: nowMs, ...own }
}

async function insertCopy(scope: Scope, places: Places, sizeBytes: number, isDeep: boolean): Promise<store.NodeRow> {
  const { tx, nowMs } = scope
  const { id, ...fields } = places.source
  const made = await store.insertNode(tx, { ...fields, ...placeOf(scope, places), size_bytes: sizeBytes })
  await propertyStore.copyProperties(tx, id, made.id)
  if (isDeep) await copyMembers(tx, id, made.id, nowMs)
  return made
}
