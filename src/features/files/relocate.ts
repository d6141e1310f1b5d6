import { wrongDepth } from '../../dav/depth.ts'
import type { Depth } from '../../dav/tree.ts'
import { limited } from '../../http/reach.ts'
import { Fault } from '../../lib/fault.ts'
import * as lockStore from './lock-store.ts'
import { requireHeld } from './locks.ts'
import { mimeOf } from './mime.ts'
import { acceptPath, checkNewName, missing, shown } from './names.ts'
import * as propertyStore from './property-store.ts'
import { type By, checkConditions, inTree, requireSpace, type Scope, type ScopeDeps, touchFolders } from './scope.ts'
import { PAGE, removeSubtree, type Written } from './service.ts'
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

async function copyNode(deps: ScopeDeps, by: By, relocation: Relocation): Promise<Written> {
  return inTree(deps, by, { reads: relocation.from, writes: relocation.to }, async (scope) => {
    const { tx, locks, holder, etag, nowMs } = scope
    const { source, parent, name, before } = await findPlaces(scope, relocation, ['infinity', '0'])
    requireHeld(await locks.of(parent.id), holder, relocation.to)
    const isShallow = relocation.depth === '0' && source.is_folder === 1
    const sizeBytes = isShallow ? 0 : source.size_bytes
    const addedBytes = sizeBytes - (before?.size_bytes ?? 0)
    await requireSpace(scope, addedBytes, shown(relocation.to))
    if (before !== undefined) await removeSubtree(scope, before, relocation.to)
    const change = source.is_folder === 1 ? {} : { mime: mimeOf(name) }
    const { id: _, ...fields } = source
    const made = await store.insertNode(tx, {
      ...fields,
      ...change,
      parent_id: parent.id,
      name,
      size_bytes: sizeBytes,
      // The same content has the same etag (recording webdav-files); a folder has a history of its own.
      etag: source.is_folder === 1 ? etag : source.etag,
      uploaded_at_ms: nowMs,
    })
    await propertyStore.copyProperties(tx, source.id, made.id)
    if (source.is_folder === 1 && !isShallow) await copyMembers(scope, source.id, made.id)
    await touchFolders(scope, parent.id, addedBytes)
    scope.touched.add(made.id)
    return { node: made, created: before === undefined }
  })
}

/** Everything below a folder, folder by folder: one statement for the files of each, whatever their number. */
async function copyMembers({ tx, etag, nowMs }: Scope, fromId: number, toId: number): Promise<void> {
  const open = [{ fromId, toId }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    await store.copyFiles(tx, { ...next, nowMs })
    let after = ''
    for (;;) {
      const folders = await store.listFolders(tx, next.fromId, after, PAGE)
      for (const folder of folders) {
        const { id, ...fields } = folder
        const made = await store.insertNode(tx, { ...fields, parent_id: next.toId, etag, uploaded_at_ms: nowMs })
        await propertyStore.copyProperties(tx, id, made.id)
        open.push({ fromId: id, toId: made.id })
      }
      if (folders.length < PAGE) break
      after = folders.at(-1)?.name ?? ''
    }
  }
}
