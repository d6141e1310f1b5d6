import type { FastifyRequest } from 'fastify'
import type { DavCall } from '../../dav/tree.ts'
import type { Database, Reader, Tx } from '../../db/database.ts'
import { limited } from '../../http/reach.ts'
import type { ViewerLimits } from '../../http/viewer.ts'
import { acceptPath, missing } from './names.ts'
import { type FileResource, type Relation, resourceOf } from './resource.ts'
import * as store from './store.ts'

/**
 * The part of a tree that an app password for a single folder opens. Addresses stay what they are for everybody: the
 * folders above it are there with nothing in them but the way to it, and everything else is not.
 */
export interface Bounds {
  relation(path: readonly string[]): Relation
  /** Itself inside; above, with only what may be seen of it; undefined where there is nothing to see. */
  shown(node: store.NodeRow, path: readonly string[]): FileResource | undefined
  /** The folder; undefined when it was deleted. */
  readonly folder: FileResource | undefined
}

/** Everything is inside for who has no limits. */
const WHOLE: Bounds = { relation: () => 'below', shown: resourceOf, folder: undefined }

/** By its id: when the folder is moved or gets another name, the app password goes with it. */
export async function readBounds(db: Reader | Tx, limits: ViewerLimits | undefined): Promise<Bounds> {
  const folderId = limits?.folderId
  if (folderId === undefined) return WHOLE
  const node = await store.findById(db, folderId)
  const place = node === undefined ? undefined : (await store.pathsOf(db, [folderId])).get(folderId)
  const folder = node === undefined || place === undefined ? undefined : resourceOf(node, place)
  return boundsOf(folder === undefined ? undefined : { ...folder, relation: 'folder' })
}

function boundsOf(folder: FileResource | undefined): Bounds {
  const relation: Bounds['relation'] = (given) => {
    const path = acceptPath(given)
    // The root is there even when the folder is not: without it clients take the account for broken.
    if (folder === undefined) return path.length === 0 ? 'above' : 'outside'
    const isOnWay = path.every((name, index) => index >= folder.path.length || name === folder.path[index])
    if (!isOnWay) return 'outside'
    if (path.length === folder.path.length) return 'folder'
    return path.length < folder.path.length ? 'above' : 'below'
  }
  return {
    relation,
    folder,
    shown(node, path) {
      const place = relation(path)
      if (place === 'outside') return undefined
      if (place !== 'above') return { ...resourceOf(node, path), relation: place }
      // What is beside the way would show in size, time and etag.
      const { size_bytes = 0, mtime_ms = 0, etag = 'empty' } = folder?.node ?? {}
      return { ...resourceOf({ ...node, size_bytes, mtime_ms, etag, checksums: '' }, path), relation: place }
    },
  }
}

const ofRequests = new WeakMap<FastifyRequest, Promise<Bounds>>()

/** The same for all that one request reads. Writes look again, inside their transaction. */
export function boundsFor({ db }: { readonly db: Database }, { viewer, request }: DavCall): Bounds | Promise<Bounds> {
  if (viewer.limits?.folderId === undefined) return WHOLE
  let bounds = ofRequests.get(request)
  if (bounds === undefined) {
    bounds = readBounds(db.read, viewer.limits)
    ofRequests.set(request, bounds)
  }
  return bounds
}

/** The paths, as `acceptPath` gives them, that one change reads and writes. */
export interface Reached {
  readonly reads?: readonly string[]
  readonly writes: readonly string[]
}

/** Throws Fault `not-found` for what cannot be seen, and `forbidden` for what cannot be changed. */
export async function requireWithin(
  db: Reader | Tx,
  limits: ViewerLimits | undefined,
  { reads, writes }: Reached,
): Promise<Bounds> {
  if (limits?.isReadOnly === true) throw limited()
  const bounds = await readBounds(db, limits)
  if (reads !== undefined && !['folder', 'below'].includes(bounds.relation(reads))) throw missing(reads)
  // Whoever could move or delete the folder itself would change what the app password opens.
  if (bounds.relation(writes) !== 'below') throw limited()
  return bounds
}

/** Whether these limits let a node be read. */
export async function isWithin(db: Reader, limits: ViewerLimits | undefined, nodeId: number): Promise<boolean> {
  if (limits?.folderId === undefined) return true
  return (await store.listAncestors(db, [nodeId])).get(nodeId)?.includes(limits.folderId) ?? false
}
