import type { DavResource } from '../../dav/tree.ts'
import type { ViewerLimits } from '../../http/viewer.ts'
import type { NodeRow } from './store.ts'

/** Where a path is, seen from the only folder that an app password opens. */
export type Relation = 'outside' | 'above' | 'folder' | 'below'

/** A node as the DAV engine sees it. */
export interface FileResource extends DavResource {
  readonly node: NodeRow
  /** Only for app passwords that open a single folder. */
  readonly relation?: Relation
}

export function resourceOf(node: NodeRow, path: readonly string[]): FileResource {
  return { path, isCollection: node.is_folder === 1, etag: node.etag, mtimeMs: node.mtime_ms, node }
}

/** `oc:id` and `OC-FileId`: the id in eight digits or more, and the instance id (recording webdav-files). */
export function fileIdOf(nodeId: number, instanceId: string): string {
  return `${String(nodeId).padStart(8, '0')}${instanceId}`
}

/**
 * Letters of `oc:permissions`: everything, since everybody is at home here. Clients try nothing else, so they do not run
 * into the limits of their app password.
 */
export function permissionsOf(isFolder: boolean, limits?: ViewerLimits, relation: Relation = 'below'): string {
  if (limits?.isReadOnly === true || relation === 'above') return 'G'
  if (relation === 'folder') return 'GCK'
  return isFolder ? 'RGDNVCK' : 'RGDNVW'
}
