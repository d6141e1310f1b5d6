import type { BlobStore } from '../../blobs/blob-store.ts'
import type { DavMount, DavSearch, DavTree } from '../../dav/tree.ts'
import type { Database, Migration, Tx } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { ViewerLimits } from '../../http/viewer.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Feature } from '../feature.ts'
import { isWithin } from './bounds.ts'
import { type Checking, createChecking } from './check.ts'
import { type Cleaning, createCleaning } from './clean.ts'
import { fileCommands } from './cli.ts'
import * as contentStore from './content-store.ts'
import { type Contents, createContents } from './contents.ts'
import { createFilesTree } from './dav.ts'
import * as detached from './detached-store.ts'
import { createFreeSpace } from './free-space.ts'
import type { ContentHolder } from './held-content.ts'
import { createLocking } from './locking.ts'
import * as maintenance from './maintenance-store.ts'
import { filesMigration } from './migrations/20261125-files.ts'
import { detachedTreesMigration } from './migrations/20261202-detached-trees.ts'
import { copiesMigration } from './migrations/20261203-copies.ts'
import { FORBIDDEN_CHARACTERS, FORBIDDEN_EXTENSIONS, FORBIDDEN_NAMES, missing, shown } from './names.ts'
import { filesSources } from './notifications.ts'
import { createPatching } from './patching.ts'
import type { PutDeps } from './put.ts'
import { createRelocating } from './relocate.ts'
import type { FileResource } from './resource.ts'
import { createRoots } from './roots.ts'
import { isNearlyFull } from './scope.ts'
import { createFilesSearch } from './search.ts'
import { createFiles, type Files } from './service.ts'
import * as store from './store.ts'

export { type Checksum, checksumMismatch, Meter, parseChecksum } from './checksums.ts'
export { type ContentHome, createContentHome } from './content-home.ts'
export { type Contents, newBlobKey, noSpace } from './contents.ts'
export { contentTypeOf } from './dav.ts'
export type { ContentHolder } from './held-content.ts'
export { acceptPath } from './names.ts'
export { byOf, type PutDeps, timesOf, writtenAnswer } from './put.ts'
export type { FileResource } from './resource.ts'
export type { By } from './scope.ts'
export type { Files } from './service.ts'
export type { NodeRow } from './store.ts'
export { createFileReader } from './whole-file.ts'

export const filesMigrations: readonly Migration[] = [filesMigration, detachedTreesMigration, copiesMigration]

export interface FilesFeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly events: Events
  readonly jobs: Pick<Jobs, 'add'>
  /** Limit of an account in bytes, undefined for none. */
  readonly quotaOf: (accountId: number) => Promise<number | undefined>
  readonly displayNameOf: (accountId: number) => Promise<string>
  readonly maxInfinity: number
  /** Another feature that keeps content for now, such as chunks of uploads. */
  readonly holder: ContentHolder
  /** Until it is released. Throws Fault `conflict` while a server runs on the data folder. */
  readonly keepServersAway: () => { release(): void }
}

export interface FilesFeature {
  readonly files: Files
  readonly contents: Contents
  readonly put: PutDeps
  readonly mounts: readonly DavMount[]
  readonly tree: DavTree<FileResource>
  readonly search: DavSearch
  readonly checking: Checking
  readonly cleaning: Cleaning
  /** Reads what does not change while the server runs. Before the first request. */
  readonly start: () => Promise<void>
  /** Keys that nothing will refer to, for the sweeper. */
  discardKeys(tx: Tx, keys: readonly string[]): Promise<void>
  /** These nodes and every folder above them, as far as they are there. */
  withAncestors(nodeIds: readonly number[]): Promise<number[]>
  /** Bytes that the trees of some accounts hold; accounts without one are missing. */
  usedBytesOf(accountIds: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** A node that an account still has. */
  findNode(nodeId: number): Promise<store.NodeRow | undefined>
  /** Whether these limits let a node be read. */
  isWithin(limits: ViewerLimits | undefined, nodeId: number): Promise<boolean>
  /** Id of a folder, by path: `/Photos/Sea`. Throws Fault `not-found` or `bad-request`. */
  folderAt(accountId: number, path: string): Promise<number>
  /** `/Photos/Sea`; undefined for what is not there any more. */
  pathOf(nodeId: number): Promise<string | undefined>
  /** The account whose tree holds a node. */
  ownerOf(node: store.NodeRow): Promise<number | undefined>
  readonly feature: Feature
}

/** Files and folders of accounts, over WebDAV. */
export function createFilesFeature(deps: FilesFeatureDeps): FilesFeature {
  const { db, clock, blobs, events, jobs, quotaOf, displayNameOf, maxInfinity } = deps
  const roots = createRoots(db, clock)
  const scope = { db, clock, events, roots, quotaOf, purgeLater: (tx: Tx) => jobs.add(tx, PURGE, {}, { key: PURGE }) }
  const contents = createContents(db, blobs)
  const files = createFiles({ ...scope, contents })
  const settings = { instanceId: '', dataFingerprint: '' }
  const instanceId = (): string => settings.instanceId
  const put: PutDeps = { ...scope, files, contents, instanceId }
  const tree = createFilesTree({
    ...put,
    locking: createLocking(scope),
    relocating: createRelocating(scope),
    patching: createPatching(scope),
    dataFingerprint: () => settings.dataFingerprint,
    readUsedBytes: files.readUsedBytes,
    freeSpace: createFreeSpace(blobs, clock),
    displayNameOf,
    maxInfinity,
  })
  const cleaning = createCleaning({ db, clock, blobs, holder: deps.holder })
  const checking = createChecking({ db, blobs, clock, holder: deps.holder, displayNameOf })
  return {
    files,
    contents,
    put,
    tree,
    checking,
    cleaning,
    async discardKeys(tx, keys) {
      await contentStore.addGarbage(tx, keys, clock.nowMs())
    },
    mounts: mountsOf(tree),
    search: createFilesSearch({ db, roots, tree }),
    async start() {
      settings.instanceId = (await maintenance.findSetting(db.read, 'instance_id')) ?? ''
      settings.dataFingerprint = (await maintenance.findSetting(db.read, 'data_fingerprint')) ?? ''
    },
    withAncestors: (nodeIds) => store.withAncestors(db.read, nodeIds),
    usedBytesOf: (accountIds) => store.sizesOfTrees(db.read, accountIds),
    isWithin: (limits, nodeId) => isWithin(db.read, limits, nodeId),
    ...createFolderNames(db, files),
    findNode: (nodeId) => detached.findAttached(db.read, nodeId),
    ownerOf: (node) => store.findOwner(db.read, node.tree_id),
    feature: {
      name: 'files',
      appId: 'files',
      capabilities: (viewer) => (viewer.kind === 'anonymous' ? {} : CAPABILITIES),
      on: { 'account.quota-changed': ({ accountId }) => lookAtQuota(deps, files, accountId) },
      notificationSources: filesSources({ quotaOf, usedBytes: files.usedBytes }),
      commands: fileCommands({ db, checking, cleaning, keepServersAway: deps.keepServersAway }),
      jobs: [{ kind: PURGE, run: (_payload, { signal }) => cleaning.purge(signal) }],
      sweep: () => cleaning.sweep(),
    },
  }
}

async function lookAtQuota({ db, events, quotaOf }: FilesFeatureDeps, files: Files, accountId: number): Promise<void> {
  const quotaBytes = await quotaOf(accountId)
  if (quotaBytes === undefined || !isNearlyFull(await files.usedBytes(accountId), quotaBytes)) return
  await db.write((tx) => events.add(tx, 'quota.nearly-full', { accountId }))
}

/** Takes away what is left of large folders that were deleted. */
const PURGE = 'files.purge'

function createFolderNames(db: Database, files: Files): Pick<FilesFeature, 'folderAt' | 'pathOf'> {
  return {
    async folderAt(accountId, path) {
      const names = path.split('/').filter((name) => name !== '')
      const node = await files.find(accountId, names)
      if (node === undefined) throw missing(names)
      if (node.is_folder === 0) {
        throw new Fault('bad-request', `${shown(names)} is a file, not a folder`, { reason: 'no-folder' })
      }
      return node.id
    },
    async pathOf(nodeId) {
      const path = (await store.pathsOf(db.read, [nodeId])).get(nodeId)
      return path === undefined ? undefined : shown(path)
    },
  }
}

/** Everybody is at home at the short addresses, and at the long one under the own name alone. */
function mountsOf(tree: DavTree<FileResource>): DavMount[] {
  const isOwn: DavMount['admits'] = (viewer, { user }) => user?.toLowerCase() === viewer.userId.toLowerCase()
  return [
    { pattern: ['remote.php', 'dav', 'files', ':user'], tree, knowsLimits: true, admits: isOwn },
    { pattern: ['remote.php', 'webdav'], tree, knowsLimits: true, admits: () => true },
    { pattern: ['remote.php', 'files'], tree, knowsLimits: true, admits: () => true },
  ]
}

const CAPABILITIES = {
  core: { 'webdav-root': 'remote.php/webdav' },
  files: {
    bigfilechunking: true,
    chunked_upload: { max_size: 100 * 1024 * 1024, max_parallel_count: 5 },
    blacklisted_files: [...FORBIDDEN_NAMES],
    forbidden_filenames: [...FORBIDDEN_NAMES],
    forbidden_filename_basenames: [],
    forbidden_filename_characters: [...FORBIDDEN_CHARACTERS],
    forbidden_filename_extensions: [...FORBIDDEN_EXTENSIONS],
    windows_compatible_filenames: false,
    undelete: false,
    versioning: false,
    comments: false,
  },
  dav: { chunking: '1.0', search_supports_creation_time: true, search_supports_upload_time: true },
  checksums: { supportedTypes: ['SHA1', 'SHA256', 'MD5', 'ADLER32'], preferredUploadType: 'SHA1' },
}
