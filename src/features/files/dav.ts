import { notAllowed } from '../../dav/methods/not-found.ts'
import type { ArchiveEntry, DavCall, DavContent, DavTarget, DavTree, DavWritten } from '../../dav/tree.ts'
import { child, type XmlElement } from '../../dav/xml/read.ts'
import { disposition } from '../../http/disposition.ts'
import { Fault } from '../../lib/fault.ts'
import { archiveEntries } from './archive.ts'
import { boundsFor } from './bounds.ts'
import { type ChecksumAlgorithm, Meter, writeChecksum } from './checksums.ts'
import type { FilePropertiesDeps } from './file-properties.ts'
import { fileProperties } from './file-properties.ts'
import { missing } from './names.ts'
import type { Patching } from './patching.ts'
import * as propertyStore from './property-store.ts'
import { byOf, type PutDeps, putFile } from './put.ts'
import type { Relocating } from './relocate.ts'
import { type FileResource, fileIdOf, resourceOf } from './resource.ts'
import { PAGE, type Written } from './service.ts'
import * as store from './store.ts'

const METHODS = [
  'GET',
  'HEAD',
  'DELETE',
  'PROPFIND',
  'PUT',
  'PROPPATCH',
  'COPY',
  'MOVE',
  'REPORT',
  'MKCOL',
  'LOCK',
  'UNLOCK',
]

const OC = '{http://owncloud.org/ns}'
const MAX_FAVORITES = 10_000

export interface FilesTreeDeps extends PutDeps, FilePropertiesDeps {
  readonly relocating: Relocating
  readonly patching: Patching
  /** Most entries that `Depth: infinity` lists. */
  readonly maxInfinity: number
}

/** An account's files as a DAV tree, at `/remote.php/dav/files/{user}` and `/remote.php/webdav`. */
export function createFilesTree(deps: FilesTreeDeps): DavTree<FileResource> {
  const { files, locking, relocating, patching } = deps
  const tree: DavTree<FileResource> = {
    methods: METHODS,
    properties: fileProperties(deps),
    find: (call, path) => findAs(deps, call, path),
    async *list(call, resource) {
      const { node, path } = resource
      if (resource.relation === 'above') {
        yield wayFrom(deps, call, resource, 1)
        return
      }
      for await (const page of files.children(node.id)) {
        yield page.map((member) => resourceOf(member, [...path, member.name]))
      }
    },
    async page(call, resource, { offset, count }) {
      const { node, path } = resource
      if (resource.relation === 'above') {
        const way = await wayFrom(deps, call, resource, 1)
        return { members: way.slice(offset, offset + count), total: way.length }
      }
      const members = await store.listChildrenAt(deps.db.read, node.id, offset, count)
      return {
        members: members.map((member) => resourceOf(member, [...path, member.name])),
        total: await store.countChildren(deps.db.read, node.id),
      }
    },
    listAll: (call, resource) => listAll(deps, call, resource),
    content: (_call, resource) => contentOf(deps, resource),
    archive: (call, resource, names) => archive(deps, call, resource, names),
    put: (call, path) => putFile(deps, call, path),
    async makeCollection(call, path) {
      const node = await files.makeFolder(byOf(call), path)
      return { created: true, headers: { 'oc-fileid': fileIdOf(node.id, deps.instanceId()) } }
    },
    remove: (call, path, depth) => files.remove(byOf(call), path, depth),
    async copy(call, path, target) {
      return relocated(deps, await relocating.copy(byOf(call), relocation(tree, path, target)), false)
    },
    async move(call, path, target) {
      return relocated(deps, await relocating.move(byOf(call), relocation(tree, path, target)), true)
    },
    patchProperties: (call, path, changes) => patching.patch(byOf(call), path, changes),
    lock: (call, path, wanted) => locking.lock(byOf(call), path, wanted),
    unlock: (call, path, token) => locking.unlock(byOf(call), path, token),
    report: (call, resource, body) => filterFiles(deps, call, resource, body),
    recalculate: (call, path, algorithm) => recalculate(deps, call, path, algorithm as ChecksumAlgorithm),
  }
  return tree
}

/** What this caller finds at a path. */
async function findAs(deps: FilesTreeDeps, call: DavCall, path: readonly string[]): Promise<FileResource | undefined> {
  const node = await deps.files.find(call.viewer.accountId, path)
  if (node === undefined) return undefined
  return (await boundsFor(deps, call)).shown(node, path)
}

/** Throws Fault `not-found` for a name that is not there. */
async function archive(
  deps: FilesTreeDeps,
  call: DavCall,
  resource: FileResource,
  names: readonly string[],
): Promise<AsyncIterable<ArchiveEntry>> {
  const picked: FileResource[] = []
  for (const name of names) {
    const path = [...resource.path, name]
    const member = await findAs(deps, call, path)
    if (member === undefined) throw missing(path)
    picked.push(asNamed(member))
  }
  const wayDown = (above: FileResource) => wayFrom(deps, call, above, Number.POSITIVE_INFINITY)
  return archiveEntries({ ...deps, wayDown, confirm: call.confirm }, asNamed(resource), picked)
}

/** With its name as it is kept, however the request spells it. */
function asNamed(resource: FileResource): FileResource {
  const { path, node } = resource
  return path.length === 0 ? resource : { ...resource, path: [...path.slice(0, -1), node.name] }
}

/** Reads a file to its end and keeps its checksum, as long as it is still the same file. */
async function recalculate(
  deps: FilesTreeDeps,
  call: DavCall,
  path: readonly string[],
  algorithm: ChecksumAlgorithm,
): Promise<string> {
  const { node } = (await findAs(deps, call, path)) ?? {}
  if (node === undefined) throw missing(path)
  if (node.is_folder === 1) throw notAllowed('A folder has no checksum')
  const meter = new Meter([algorithm])
  const content = await deps.contents.read(node.blob_id)
  for await (const piece of content?.open(undefined) ?? []) meter.add(piece)
  const sum = meter.checksum(algorithm)
  const checksums = sum === undefined ? '' : writeChecksum(sum)
  const isKept = await deps.files.keepChecksums(byOf(call), path, node, checksums)
  if (!isKept) throw new Fault('conflict', 'The file was changed while it was read. Try again')
  return checksums
}

function relocation(tree: DavTree<FileResource>, from: readonly string[], target: DavTarget) {
  if (target.mount.tree !== tree) throw new Fault('forbidden', 'Nothing can be written at the destination')
  return { from, to: target.path, overwrite: target.overwrite, depth: target.depth }
}

function relocated({ instanceId }: FilesTreeDeps, { node, created }: Written, hasEtag: boolean): DavWritten {
  const etag = hasEtag && node.is_folder === 0 ? { etag: `"${node.etag}"`, 'oc-etag': `"${node.etag}"` } : {}
  return { created, headers: { 'oc-fileid': fileIdOf(node.id, instanceId()), ...etag } }
}

/** The folders between a folder above the only one that is open, and that one; at most so many. */
async function wayFrom(
  deps: FilesTreeDeps,
  call: DavCall,
  { path }: FileResource,
  count: number,
): Promise<FileResource[]> {
  const bounds = await boundsFor(deps, call)
  const way: FileResource[] = []
  for (let depth = path.length + 1; depth <= (bounds.folder?.path.length ?? 0) && way.length < count; depth++) {
    const place = bounds.folder?.path.slice(0, depth) ?? []
    const node = await deps.files.find(call.viewer.accountId, place)
    const shown = node === undefined ? undefined : bounds.shown(node, place)
    if (shown !== undefined) way.push(shown)
  }
  return way
}

/**
 * Folder by folder, so that memory holds a page or two and the folders that are still to come. Small folders share a
 * page: what is loaded for each page costs the same for many of them.
 */
async function* listAll(
  deps: FilesTreeDeps,
  call: DavCall,
  resource: FileResource,
): AsyncGenerator<readonly FileResource[]> {
  if (resource.relation !== 'above') {
    yield* listBelow(deps, resource)
    return
  }
  const way = await wayFrom(deps, call, resource, Number.POSITIVE_INFINITY)
  if (way.length > 0) yield way
  const folder = way.at(-1)
  if (folder?.relation === 'folder') yield* listBelow(deps, folder)
}

async function* listBelow(
  { db, files, maxInfinity }: FilesTreeDeps,
  resource: FileResource,
): AsyncGenerator<readonly FileResource[]> {
  if ((await store.countBelow(db.read, resource.node.id, maxInfinity + 1)) > maxInfinity) {
    throw new Fault('forbidden', 'There is too much below this folder to list it at once', { reason: 'finite-depth' })
  }
  // The last of them is the next.
  const open = [resource]
  let waiting: FileResource[] = []
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const { path, node } = folder
    const inside: FileResource[] = []
    for await (const page of files.children(node.id)) {
      const members = page.map((member) => resourceOf(member, [...path, member.name]))
      for (const member of members) if (member.isCollection) inside.push(member)
      waiting = waiting.length === 0 ? members : waiting.concat(members)
      if (waiting.length < PAGE) continue
      yield waiting
      waiting = []
    }
    for (const folder of inside.toReversed()) open.push(folder)
  }
  if (waiting.length > 0) yield waiting
}

export async function contentOf(
  { contents }: Pick<FilesTreeDeps, 'contents'>,
  { node }: FileResource,
): Promise<DavContent | undefined> {
  const content = await contents.read(node.blob_id)
  if (content === undefined) return undefined
  return {
    sizeBytes: node.size_bytes,
    contentType: contentTypeOf(node.mime),
    headers: {
      'oc-etag': `"${node.etag}"`,
      'content-disposition': disposition(node.name),
      ...(node.checksums === '' ? {} : { 'oc-checksum': node.checksums }),
    },
    ...content,
  }
}

export function contentTypeOf(mime: string): string {
  return mime.startsWith('text/') ? `${mime};charset=UTF-8` : mime
}

/** `oc:filter-files` with the rule `oc:favorite` (recording webdav-favorites-tags). */
async function filterFiles(
  deps: FilesTreeDeps,
  call: DavCall,
  { node, path }: FileResource,
  body: XmlElement,
): Promise<readonly FileResource[] | undefined> {
  if (body.name !== `${OC}filter-files`) return undefined
  const rules = child(body, `${OC}filter-rules`)
  if (rules === undefined || rules.children.length === 0) {
    throw new Fault('bad-request', 'Missing filter-rule block in request')
  }
  if (child(rules, `${OC}systemtag`) !== undefined) {
    throw new Fault('precondition', 'Cannot filter by non-existing tag')
  }
  if (child(rules, `${OC}favorite`) === undefined) throw new Fault('bad-request', 'This filter rule is not known')
  const { db } = deps
  const { viewer } = call
  const bounds = await boundsFor(deps, call)
  const nodes = await propertyStore.listFavoriteNodes(db.read, viewer.accountId, node.tree_id, MAX_FAVORITES)
  const paths = await store.pathsOf(
    db.read,
    nodes.map(({ id }) => id),
  )
  return nodes.flatMap((found) => {
    const place = paths.get(found.id)
    const isBelow = place !== undefined && path.every((segment, index) => place[index] === segment)
    return isBelow ? (bounds.shown(found, place) ?? []) : []
  })
}
