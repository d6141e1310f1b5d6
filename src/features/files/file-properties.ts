import { type BatchLoader, commonProperties, type Property, type PropertyTable } from '../../dav/properties.ts'
import type { DavCall } from '../../dav/tree.ts'
import type { Database } from '../../db/database.ts'
import { escapeText } from '../../lib/xml-text.ts'
import type { FreeSpace } from './free-space.ts'
import { addLockProperties } from './lock-properties.ts'
import type { Locking } from './locking.ts'
import * as propertyStore from './property-store.ts'
import { type FileResource, fileIdOf, permissionsOf } from './resource.ts'
import * as store from './store.ts'

export interface FilePropertiesDeps {
  readonly db: Database
  readonly locking: Locking
  readonly instanceId: () => string
  readonly dataFingerprint: () => string
  /** Limit of an account in bytes, undefined for none. */
  readonly quotaOf: (accountId: number) => Promise<number | undefined>
  readonly readUsedBytes: (accountId: number) => Promise<number>
  readonly freeSpace: FreeSpace
  readonly displayNameOf: (accountId: number) => Promise<string>
}

const DAV = '{DAV:}'
const OC = '{http://owncloud.org/ns}'
const NC = '{http://nextcloud.org/ns}'

/** `quota-available-bytes` without a limit (recording webdav-errors). */
const UNLIMITED = '-3'

type Table = Map<string, Property<FileResource>>

const SUPPORTED_LOCK =
  '<d:lockentry><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockentry><d:lockentry><d:lockscope><d:shared/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockentry>'

/** What files and folders say of themselves (recording webdav-files: the sets of the desktop and mobile clients). */
export function fileProperties(deps: FilePropertiesDeps): PropertyTable<FileResource> {
  const known: Table = commonProperties<FileResource>()
  addDavProperties(known, deps)
  addClientProperties(known, deps)
  addLockProperties(known, deps.locking)
  return {
    known,
    async loadOthers(_call, resources, names) {
      const byId = new Map(resources.map((resource) => [resource.node.id, resource]))
      const found = new Map<FileResource, Map<string, string>>()
      for (const row of await propertyStore.listProperties(deps.db.read, [...byId.keys()], names)) {
        const resource = byId.get(row.node_id)
        if (resource === undefined) continue
        const values = found.get(resource) ?? new Map<string, string>()
        values.set(row.name, row.value)
        found.set(resource, values)
      }
      return found
    },
  }
}

const ofFile =
  (value: (resource: FileResource) => string) =>
  (resource: FileResource): string | undefined =>
    resource.isCollection ? undefined : value(resource)

function addDavProperties(known: Table, deps: FilePropertiesDeps): void {
  known.set(`${DAV}getcontentlength`, { value: ofFile(({ node }) => String(node.size_bytes)) })
  known.set(`${DAV}getcontenttype`, { value: ofFile(({ node }) => escapeText(node.mime)) })
  known.set(`${DAV}displayname`, { value: (resource, call) => escapeText(nameOf(resource, call)) })
  known.set(`${DAV}creationdate`, {
    value: ({ node }) => new Date(node.created_s * 1_000).toISOString().replace(/\.\d+Z$/, '+00:00'),
  })
  known.set(`${DAV}quota-used-bytes`, {
    value: ({ isCollection, node }) => (isCollection ? String(node.size_bytes) : undefined),
  })
  known.set(`${DAV}quota-available-bytes`, { load: availableBytes(deps) })
  known.set(`${DAV}supportedlock`, { value: () => SUPPORTED_LOCK })
  known.set(`${DAV}supported-report-set`, {
    value: () => '<d:supported-report><d:report><oc:filter-files/></d:report></d:supported-report>',
  })
}

/** The name on the wire; the root is named after its account. */
function nameOf({ node }: FileResource, { viewer }: DavCall): string {
  return node.parent_id === null ? viewer.userId : node.name
}

/** What is left of the quota and fits on the disk (RFC 4331 section 3, recording webdav-files). */
function availableBytes({ quotaOf, readUsedBytes, freeSpace }: FilePropertiesDeps): BatchLoader<FileResource> {
  const leftOf = async (quota: number, used: number): Promise<number> =>
    Math.min(quota - used, (await freeSpace()) ?? Number.POSITIVE_INFINITY)
  return async ({ viewer }, resources) => {
    const folders = resources.filter(({ isCollection }) => isCollection)
    if (folders.length === 0) return new Map()
    const quota = await quotaOf(viewer.accountId)
    const root = folders.find(({ node, relation }) => node.parent_id === null && relation !== 'above')
    const used = quota === undefined ? 0 : (root?.node.size_bytes ?? (await readUsedBytes(viewer.accountId)))
    const text = quota === undefined ? UNLIMITED : String(Math.max(0, await leftOf(quota, used)))
    return new Map(folders.map((folder) => [folder, text]))
  }
}

function addClientProperties(known: Table, deps: FilePropertiesDeps): void {
  const { instanceId, dataFingerprint, db } = deps
  const always = (text: string) => ({ value: () => text })
  known.set(`${OC}id`, { value: ({ node }) => fileIdOf(node.id, instanceId()) })
  known.set(`${OC}fileid`, { value: ({ node }) => String(node.id) })
  known.set(`${OC}size`, { value: ({ node }) => String(node.size_bytes) })
  known.set(`${OC}permissions`, {
    value: ({ isCollection, relation }, { viewer }) => permissionsOf(isCollection, viewer.limits, relation),
  })
  known.set(`${OC}checksums`, {
    value: ({ node }) =>
      node.checksums === '' ? undefined : `<oc:checksum>${escapeText(node.checksums)}</oc:checksum>`,
  })
  known.set(`${OC}data-fingerprint`, { value: () => escapeText(dataFingerprint()) })
  known.set(`${OC}share-types`, always(''))
  known.set(`${OC}downloadURL`, { value: ofFile(() => '') })
  known.set(`${OC}owner-id`, { value: (_resource, { viewer }) => escapeText(viewer.userId) })
  known.set(`${OC}owner-display-name`, {
    load: async ({ viewer }, resources) => {
      const name = escapeText(await deps.displayNameOf(viewer.accountId))
      return new Map(resources.map((resource) => [resource, name]))
    },
  })
  known.set(`${OC}favorite`, {
    load: async ({ viewer }, resources) => {
      const ids = resources.map(({ node }) => node.id)
      const favorites = await propertyStore.listFavorites(db.read, viewer.accountId, ids)
      return new Map(resources.map((resource) => [resource, favorites.has(resource.node.id) ? '1' : '0']))
    },
  })
  known.set(`${OC}tags`, {
    load: async (_call, resources) => {
      const ids = resources.map(({ node }) => node.id)
      const rows = await propertyStore.listProperties(db.read, ids, [`${OC}tags`])
      const values = new Map(rows.map(({ node_id, value }) => [node_id, value]))
      return new Map(resources.map((resource) => [resource, values.get(resource.node.id) ?? '']))
    },
  })
  known.set(`${NC}creation_time`, { value: ({ node }) => String(node.created_s) })
  known.set(`${NC}upload_time`, { value: ofFile(({ node }) => String(Math.floor(node.uploaded_at_ms / 1_000))) })
  known.set(`${NC}has-preview`, always('false'))
  known.set(`${NC}mount-type`, always(''))
  known.set(`${NC}is-mount-root`, always('false'))
  known.set(`${NC}sharees`, always(''))
  known.set(`${NC}share-attributes`, always('[]'))
  known.set(`${NC}hidden`, always('false'))
  known.set(`${NC}contained-folder-count`, { load: memberCounts(deps, 1) })
  known.set(`${NC}contained-file-count`, { load: memberCounts(deps, 0) })
}

function memberCounts({ db }: FilePropertiesDeps, isFolder: number): BatchLoader<FileResource> {
  return async (_call, resources) => {
    const folders = resources.filter(({ isCollection }) => isCollection)
    const rows = await store.countMembers(
      db.read,
      folders.map(({ node }) => node.id),
    )
    const counts = new Map(rows.filter((row) => row.is_folder === isFolder).map((row) => [row.parent_id, row.count]))
    // Above the only folder that an app password opens, there is the way to it and nothing else.
    const countOf = ({ node, relation }: FileResource): number =>
      relation === 'above' ? isFolder : (counts.get(node.id) ?? 0)
    return new Map(folders.map((folder) => [folder, String(countOf(folder))]))
  }
}
