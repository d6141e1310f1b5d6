import type { BlobStore } from '../../blobs/blob-store.ts'
import type { DavMount, DavTree } from '../../dav/tree.ts'
import type { Database, Migration } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Feature } from '../feature.ts'
import type { ContentHolder, FileResource, NodeRow, PutDeps } from '../files/index.ts'
import { createUploadsTree } from './dav.ts'
import { uploadsMigration } from './migrations/20261126-uploads.ts'
import type { UploadsDeps } from './model.ts'
import { createUploads } from './service.ts'

export const uploadsMigrations: readonly Migration[] = [uploadsMigration]

export interface UploadsFeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly put: PutDeps
  readonly filesTree: DavTree<FileResource>
  readonly findNode: (nodeId: number) => Promise<NodeRow | undefined>
  readonly discardKeys: UploadsDeps['discardKeys']
}

export interface UploadsFeature {
  readonly mount: DavMount
  /** Of chunks that wait. */
  readonly holder: ContentHolder
  readonly feature: Feature
}

/** Large files in chunks. */
export function createUploadsFeature(deps: UploadsFeatureDeps): UploadsFeature {
  const uploads = createUploads(deps)
  const tree = createUploadsTree({ uploads, put: deps.put, filesTree: deps.filesTree })
  return {
    mount: {
      pattern: ['remote.php', 'dav', 'uploads', ':user'],
      tree,
      knowsLimits: true,
      admits: (viewer, { user }) => user?.toLowerCase() === viewer.userId.toLowerCase(),
    },
    holder: uploads.holder,
    feature: { name: 'uploads', sweep: uploads.sweep },
  }
}
