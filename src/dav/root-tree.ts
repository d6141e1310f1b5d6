import { Fault } from '../lib/fault.ts'
import { notAllowed } from './methods/not-found.ts'
import { commonProperties, type PropertyTable } from './properties.ts'
import type { DavCall, DavMount, DavResource, DavTree } from './tree.ts'
import { escapeText } from './xml/write.ts'

interface Place extends DavResource {
  readonly kind: 'collection' | 'principal'
}

export interface RootTreeDeps {
  /** Top collections besides `principals`, each hiding who has something in it. */
  readonly collections: readonly string[]
  readonly displayNameOf: (accountId: number) => Promise<string>
}

/**
 * What is above the trees: enough for clients to find the way (recordings webdav-files, webdav-principals). An account
 * sees its own principal alone; everybody else's is as if it were not there.
 */
export function createRootMount(deps: RootTreeDeps): DavMount {
  return { pattern: ['remote.php', 'dav'], tree: createRootTree(deps), admits: () => true }
}

function createRootTree({ collections, displayNameOf }: RootTreeDeps): DavTree<Place> {
  const top = ['principals', ...collections]
  const place = (path: readonly string[], kind: Place['kind'] = 'collection'): Place => ({
    path,
    kind,
    isCollection: true,
    etag: undefined,
    mtimeMs: 0,
  })
  return {
    methods: ['GET', 'HEAD', 'PROPFIND', 'REPORT', 'SEARCH'],
    properties: placeProperties(displayNameOf),
    async find({ viewer }, path) {
      const [first, second, third] = path
      if (path.length === 0) return place(path)
      if (first === undefined || !top.includes(first)) return undefined
      if (path.length === 1) return place(path)
      if (first !== 'principals' || (second !== 'users' && second !== 'groups')) return undefined
      if (path.length === 2) return place(path)
      const isOwn = second === 'users' && third?.toLowerCase() === viewer.userId.toLowerCase()
      return path.length === 3 && isOwn ? place(path, 'principal') : undefined
    },
    async *list(_call, { path, kind }) {
      if (kind === 'principal') return
      if (path.length === 0) yield top.map((name) => place([name]))
      else if (path.length === 1 && path[0] === 'principals') {
        yield ['users', 'groups'].map((name) => place([...path, name]))
      } else throw notAllowed('Listing members of this collection is disabled')
    },
    async report(_call, _resource, body) {
      if (body.name !== '{DAV:}principal-property-search') return undefined
      throw new Fault('forbidden', 'Principals cannot be searched here')
    },
  }
}

function placeProperties(displayNameOf: RootTreeDeps['displayNameOf']): PropertyTable<Place> {
  const known = commonProperties<Place>()
  const principalOf = ({ viewer }: DavCall): string =>
    `<d:href>/remote.php/dav/principals/users/${encodeURIComponent(viewer.userId)}/</d:href>`
  known.set('{DAV:}resourcetype', {
    isCommon: true,
    value: ({ kind }) => (kind === 'principal' ? '<d:collection/><d:principal/>' : '<d:collection/>'),
  })
  known.set('{DAV:}current-user-principal', { value: (_place, call) => principalOf(call) })
  known.set('{DAV:}principal-URL', {
    value: ({ kind }, call) => (kind === 'principal' ? principalOf(call) : undefined),
  })
  known.set('{DAV:}displayname', {
    load: async ({ viewer }, places) => {
      const principals = places.filter(({ kind }) => kind === 'principal')
      if (principals.length === 0) return new Map()
      const name = escapeText(await displayNameOf(viewer.accountId))
      return new Map(principals.map((principal) => [principal, name]))
    },
  })
  return { known }
}
