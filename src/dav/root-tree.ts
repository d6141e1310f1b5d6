import { Fault } from '../lib/fault.ts'
import { escapeText } from '../lib/xml-text.ts'
import { notAllowed } from './methods/not-found.ts'
import { encodePath } from './path.ts'
import { commonProperties, type PropertyTable } from './properties.ts'
import type { DavMount, DavResource, DavTree } from './tree.ts'

interface Place extends DavResource {
  readonly kind: 'collection' | 'account' | 'group'
}

/** What an account may know of itself. */
export interface OwnPrincipal {
  readonly displayName: string
  readonly email: string | undefined
  /** All of its addresses, others before the main one. */
  readonly emails: readonly string[]
  readonly groupIds: readonly string[]
  readonly language: string
}

export interface RootTreeDeps {
  /** Top collections besides `principals`, each hiding who has something in it. */
  readonly collections: readonly string[]
  readonly principalOf: (accountId: number) => Promise<OwnPrincipal>
  /** Name of a group that exists. */
  readonly groupNameOf: (groupId: string) => Promise<string>
}

/**
 * What is above the trees: enough for clients to find the way (recordings webdav-files, webdav-principals). An account
 * sees its own principal and those of its groups; everybody else's is as if it were not there.
 */
export function createRootMount(deps: RootTreeDeps): DavMount {
  return { pattern: ['remote.php', 'dav'], tree: createRootTree(deps), knowsLimits: true, admits: () => true }
}

const PRINCIPALS = ['users', 'groups']

function createRootTree({ collections, principalOf, groupNameOf }: RootTreeDeps): DavTree<Place> {
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
    properties: placeProperties({ principalOf, groupNameOf }),
    async find({ viewer }, path) {
      const [first = '', second = '', third = ''] = path
      if (path.length === 0) return place(path)
      if (path.length === 1) return top.includes(first) ? place(path) : undefined
      if (path.length > 3 || first !== 'principals' || !PRINCIPALS.includes(second)) return undefined
      if (path.length === 2) return place(path)
      if (second === 'users') {
        return third.toLowerCase() === viewer.userId.toLowerCase() ? place(path, 'account') : undefined
      }
      const { groupIds } = await principalOf(viewer.accountId)
      return groupIds.includes(third) ? place(path, 'group') : undefined
    },
    async *list(_call, { path, kind }) {
      if (kind !== 'collection') return
      if (path.length === 0) yield top.map((name) => place([name]))
      else if (path.length === 1 && path[0] === 'principals') {
        yield PRINCIPALS.map((name) => place([...path, name]))
      } else throw notAllowed('Listing members of this collection is disabled')
    },
    async report(_call, _resource, body) {
      if (body.name !== '{DAV:}principal-property-search') return undefined
      throw new Fault('forbidden', 'Principals cannot be searched here')
    },
  }
}

type PrincipalDeps = Pick<RootTreeDeps, 'principalOf' | 'groupNameOf'>

const href = (address: string): string => `<d:href>${escapeText(address)}</d:href>`
const principalAddress = (...path: readonly string[]): string =>
  `${encodePath(['remote.php', 'dav', 'principals', ...path])}/`

/** RFC 3744 section 4, and what goes with it (recording webdav-principals). */
function placeProperties({ principalOf, groupNameOf }: PrincipalDeps): PropertyTable<Place> {
  const known = commonProperties<Place>()
  known.set('{DAV:}resourcetype', {
    value: ({ kind }) => (kind === 'collection' ? '<d:collection/>' : '<d:collection/><d:principal/>'),
  })
  known.set('{DAV:}current-user-principal', {
    value: (_place, { viewer }) => href(principalAddress('users', viewer.userId)),
  })
  known.set('{DAV:}principal-URL', {
    value: ({ kind, path }, { viewer }) => {
      if (kind === 'collection') return undefined
      return href(kind === 'account' ? principalAddress('users', viewer.userId) : principalAddress(...path.slice(1)))
    },
  })
  known.set('{DAV:}displayname', {
    load: async ({ viewer }, places) => {
      const names = new Map<Place, string>()
      for (const place of places) {
        if (place.kind === 'account') names.set(place, escapeText((await principalOf(viewer.accountId)).displayName))
        if (place.kind === 'group') names.set(place, escapeText(await groupNameOf(place.path[2] ?? '')))
      }
      return names
    },
  })
  for (const [name, ownValue] of OWN_PROPERTIES) {
    known.set(name, {
      load: async ({ viewer }, places) => {
        const accounts = places.filter(({ kind }) => kind === 'account')
        const text = accounts.length === 0 ? undefined : ownValue(await principalOf(viewer.accountId))
        return new Map(text === undefined ? [] : accounts.map((place) => [place, text]))
      },
    })
  }
  return { known }
}

type OwnValue = (principal: OwnPrincipal) => string | undefined

const OWN_PROPERTIES: ReadonlyMap<string, OwnValue> = new Map<string, OwnValue>([
  ['{http://sabredav.org/ns}email-address', ({ email }) => (email === undefined ? undefined : escapeText(email))],
  ['{DAV:}alternate-URI-set', ({ emails }) => emails.map((email) => href(`mailto:${email}`)).join('')],
  [
    '{DAV:}group-membership',
    ({ groupIds }) => groupIds.map((groupId) => href(principalAddress('groups', groupId))).join(''),
  ],
  ['{DAV:}group-member-set', () => ''],
  ['{http://nextcloud.com/ns}language', ({ language }) => (language === '' ? undefined : escapeText(language))],
])
