import { activeLock } from '../../dav/methods/lock.ts'
import type { Property } from '../../dav/properties.ts'
import type { DavCall } from '../../dav/tree.ts'
import { escapeText } from '../../lib/xml-text.ts'
import type { Locking } from './locking.ts'
import type { PlacedLock } from './locks.ts'
import type { FileResource } from './resource.ts'

const NC = '{http://nextcloud.org/ns}'

/** A lock that whoever has its token may use, among the kinds that clients know. */
const TOKEN_LOCK = '2'

type ReadLocks = (held: readonly PlacedLock[], call: DavCall, resource: FileResource) => string | undefined

type LocksByNode = ReadonlyMap<number, readonly PlacedLock[]>

/**
 * Locks as RFC 4918 section 15.8 tells them, and as clients show them: `nc:lock` is empty or 1, and the rest is there
 * only with a lock (recording webdav-locks).
 */
export function addLockProperties(known: Map<string, Property<FileResource>>, locking: Locking): void {
  const locksOf = oncePerPage(locking)
  const set = (name: string, read: ReadLocks): void => {
    known.set(name, {
      load: async (call, resources) => {
        const locks = await locksOf(call, resources)
        const values = new Map<FileResource, string>()
        for (const resource of resources) {
          const value = read(locks.get(resource.node.id) ?? [], call, resource)
          if (value !== undefined) values.set(resource, value)
        }
        return values
      },
    })
  }
  set('{DAV:}lockdiscovery', (held, { base }, resource) =>
    held.map((placed) => discovered(base, resource, placed)).join(''),
  )
  set(`${NC}lock`, ([held]) => (held === undefined ? '' : '1'))
  for (const [name, read] of TELLING)
    set(`${NC}${name}`, ([held], call) => (held === undefined ? held : read(held, call)))
}

const TELLING: ReadonlyMap<string, (held: PlacedLock, call: DavCall) => string> = new Map([
  [
    'lock-owner',
    ({ lock }: PlacedLock, { viewer }: DavCall) =>
      lock.account_id === viewer.accountId ? escapeText(viewer.userId) : '',
  ],
  ['lock-owner-type', () => TOKEN_LOCK],
  // Inside of the owner is XML; what remains without its tags is its text.
  ['lock-owner-displayname', ({ lock }: PlacedLock) => lock.owner.replace(/<[^>]*>/g, '')],
  ['lock-time', ({ lock }: PlacedLock) => String(Math.floor(lock.created_at_ms / 1_000))],
  ['lock-timeout', ({ lock }: PlacedLock) => String(lock.timeout_s)],
  ['lock-token', ({ lock }: PlacedLock) => escapeText(lock.token)],
])

/** Clients ask for all of these properties together: the locks are looked up once for each page. */
function oncePerPage(locking: Locking): (call: DavCall, resources: readonly FileResource[]) => Promise<LocksByNode> {
  const found = new WeakMap<readonly FileResource[], Promise<LocksByNode>>()
  return ({ viewer }, resources) => {
    const known = found.get(resources)
    if (known !== undefined) return known
    const locks = locking.listFor(
      viewer.accountId,
      resources.map(({ node }) => node.id),
    )
    found.set(resources, locks)
    return locks
  }
}

/** The root of a lock is the folder that was locked, also when something below it is asked. */
function discovered(
  base: readonly string[],
  { path, isCollection }: FileResource,
  { lock, height }: PlacedLock,
): string {
  return activeLock(base, {
    token: lock.token,
    scope: lock.scope === 'shared' ? 'shared' : 'exclusive',
    depth: lock.depth === '0' ? '0' : 'infinity',
    owner: lock.owner,
    timeoutSeconds: lock.timeout_s,
    path: path.slice(0, path.length - height),
    isCollection: isCollection || height > 0,
  })
}
