import type { DavResource } from '../../dav/tree.ts'
import type { NodeRow } from './store.ts'

/** A node as the DAV engine sees it. */
export interface FileResource extends DavResource {
  readonly node: NodeRow
}

export function resourceOf(node: NodeRow, path: readonly string[]): FileResource {
  return { path, isCollection: node.is_folder === 1, etag: node.etag, mtimeMs: node.mtime_ms, node }
}

/** `oc:id` and `OC-FileId`: the id in eight digits or more, and the instance id (recording webdav-files). */
export function fileIdOf(nodeId: number, instanceId: string): string {
  return `${String(nodeId).padStart(8, '0')}${instanceId}`
}

/** Letters of `oc:permissions`: everything, since everybody is at home here. */
export function permissionsOf(isFolder: boolean): string {
  return isFolder ? 'RGDNVCK' : 'RGDNVW'
}
