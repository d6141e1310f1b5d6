import type { PropertyChange } from '../../dav/tree.ts'
import { innerXml, type XmlElement } from '../../dav/xml/read.ts'
import { Fault } from '../../lib/fault.ts'
import { requireHeld } from './locks.ts'
import { acceptPath, missing } from './names.ts'
import * as propertyStore from './property-store.ts'
import { type By, checkConditions, inTree, type Scope, type ScopeDeps, touchFolders } from './scope.ts'
import * as store from './store.ts'

const DAV = '{DAV:}'
const OC = '{http://owncloud.org/ns}'
const NC = '{http://nextcloud.org/ns}'
/** The time of a file as Windows sends it, after the content. It also asks for it back, as it was. */
const WINDOWS_MODIFIED = '{urn:schemas-microsoft-com:}Win32LastModifiedTime'

const MAX_VALUE_CHARS = 64 * 1024
const MAX_NAME_CHARS = 500
const MAX_PROPERTIES = 200

/** Seconds: a year in the first days of 1970 is a clock that was never set. */
const DAY_SECONDS = 86_400

type Apply = (scope: Scope, node: store.NodeRow, value: XmlElement | undefined) => Promise<void>

/** Live properties that clients may set; undefined as a result of `value` refuses. */
const WRITABLE: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  [`${OC}favorite`, setFavorite],
  [`${DAV}lastmodified`, (scope, node, value) => setTime(scope, node, value, 'mtime')],
  [`${NC}creation_time`, (scope, node, value) => setTime(scope, node, value, 'created')],
  [`${DAV}creationdate`, setCreationDate],
])

/** Namespaces whose other properties are ours alone to say (recording webdav-files: fileid is 403). */
const PROTECTED = new Set([
  `${DAV}getetag`,
  `${DAV}getlastmodified`,
  `${DAV}getcontentlength`,
  `${DAV}getcontenttype`,
  `${DAV}resourcetype`,
  `${DAV}displayname`,
  `${DAV}lockdiscovery`,
  `${DAV}supportedlock`,
  `${DAV}quota-available-bytes`,
  `${DAV}quota-used-bytes`,
  `${DAV}supported-report-set`,
  `${DAV}current-user-principal`,
  `${OC}id`,
  `${OC}fileid`,
  `${OC}size`,
  `${OC}permissions`,
  `${OC}checksums`,
  `${OC}owner-id`,
  `${OC}owner-display-name`,
  `${OC}share-types`,
  `${OC}data-fingerprint`,
  `${OC}downloadURL`,
  `${NC}upload_time`,
  `${NC}has-preview`,
  `${NC}mount-type`,
  `${NC}is-mount-root`,
  `${NC}sharees`,
  `${NC}share-attributes`,
  `${NC}hidden`,
  `${NC}contained-folder-count`,
  `${NC}contained-file-count`,
])

export interface Patching {
  patch(by: By, path: readonly string[], changes: readonly PropertyChange[]): Promise<ReadonlyMap<string, number>>
}

/** PROPPATCH: a property that cannot be set makes all of them fail, the others with 424 (recording webdav-files). */
export function createPatching(deps: ScopeDeps): Patching {
  return {
    async patch(by, given, changes) {
      const path = acceptPath(given)
      return inTree(deps, by, { writes: path }, async (scope) => {
        const { tx, root, locks, holder } = scope
        const node = await store.findByPath(tx, root.rootId, path)
        if (node === undefined) throw missing(path)
        await checkConditions(scope, node)
        requireHeld(await locks.of(node.id), holder, path)
        const refused = new Set(changes.filter((change) => isRefused(change)).map(({ name }) => name))
        if (refused.size > 0) {
          return new Map(changes.map(({ name }) => [name, refused.has(name) ? 403 : 424]))
        }
        for (const { name, value } of changes) {
          const apply = WRITABLE.get(name)
          if (apply !== undefined) await apply(scope, node, value)
          else if (value === undefined) await propertyStore.deleteProperty(tx, node.id, name)
          else await keep(scope, node, name, value)
        }
        if ((await propertyStore.countProperties(tx, node.id)) > MAX_PROPERTIES) {
          throw new Fault('no-space', 'The resource has too many properties')
        }
        return new Map(changes.map(({ name, value }) => [name, value === undefined ? 204 : 200]))
      })
    },
  }
}

async function keep(scope: Scope, node: store.NodeRow, name: string, value: XmlElement): Promise<void> {
  await propertyStore.saveProperty(scope.tx, node.id, name, innerXml(value))
  const milliseconds = name === WINDOWS_MODIFIED ? Date.parse(value.text.trim()) : Number.NaN
  if (milliseconds > DAY_SECONDS * 1_000) await changeTime(scope, node, { mtime_ms: milliseconds })
}

function isRefused({ name, value }: PropertyChange): boolean {
  if (PROTECTED.has(name) || name.length > MAX_NAME_CHARS) return true
  if (value === undefined) return WRITABLE.has(name) && name !== `${OC}favorite`
  if (name === `${DAV}lastmodified` || name === `${NC}creation_time`) return secondsIn(value) === undefined
  if (name === `${DAV}creationdate`) return Number.isNaN(Date.parse(value.text.trim()))
  return innerXml(value).length > MAX_VALUE_CHARS
}

function secondsIn(value: XmlElement): number | undefined {
  const seconds = Number(value.text.trim())
  return Number.isSafeInteger(seconds) && seconds > DAY_SECONDS && seconds < 1e11 ? seconds : undefined
}

async function setFavorite({ tx, holder }: Scope, node: store.NodeRow, value: XmlElement | undefined): Promise<void> {
  const isOn = ['1', 'true'].includes(value?.text.trim() ?? '')
  if (isOn) await propertyStore.addFavorite(tx, holder.accountId, node.id)
  else await propertyStore.removeFavorite(tx, holder.accountId, node.id)
}

async function setTime(
  scope: Scope,
  node: store.NodeRow,
  value: XmlElement | undefined,
  which: 'mtime' | 'created',
): Promise<void> {
  const seconds = value === undefined ? undefined : secondsIn(value)
  if (seconds === undefined) return
  await changeTime(scope, node, which === 'mtime' ? { mtime_ms: seconds * 1_000 } : { created_s: seconds })
}

/** The time of a file is part of what clients sync: etags above change, the file's own does not. */
async function changeTime(
  scope: Scope,
  node: store.NodeRow,
  time: { readonly mtime_ms: number } | { readonly created_s: number },
): Promise<void> {
  await store.updateNode(scope.tx, node.id, time)
  scope.touched.add(node.id)
  if (node.parent_id !== null) await touchFolders(scope, node.parent_id, 0)
}

async function setCreationDate(scope: Scope, node: store.NodeRow, value: XmlElement | undefined): Promise<void> {
  const milliseconds = Date.parse(value?.text.trim() ?? '')
  if (Number.isNaN(milliseconds)) return
  await store.updateNode(scope.tx, node.id, { created_s: Math.max(0, Math.floor(milliseconds / 1_000)) })
}
