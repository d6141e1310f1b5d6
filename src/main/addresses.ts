import type { Reach } from '../http/reach.ts'
import { API_PAGES } from '../ocs/api-pages.ts'
import type { Features } from './features.ts'

/** One line of the list of everything that the server answers. */
export interface Address {
  readonly methods: readonly string[]
  readonly path: string
  /** Who may ask: `public`, `user`, or more. */
  readonly access: string
  /** How far it reaches for app passwords with limits. */
  readonly reach: Reach | 'files'
  readonly feature: string
  readonly summary: string
}

export function listAddresses({ list, dav }: Features): Address[] {
  return [
    ...list.flatMap((feature) => [
      ...(feature.ocs ?? []).map(({ method, path, auth, reach, summary }) => ({
        methods: [method],
        path: `/ocs/{v1,v2}.php${path}`,
        access: auth,
        reach,
        feature: feature.name,
        summary,
      })),
      ...(feature.http ?? []).map(({ method, path, access, reach, summary }) => ({
        methods: [method].flat(),
        path,
        access,
        reach: reach ?? (access === 'public' ? 'self' : 'all'),
        feature: feature.name,
        summary,
      })),
    ]),
    ...API_PAGES.map(({ path, summary }) => ({
      methods: ['GET'],
      path,
      access: 'public',
      reach: 'self' as const,
      feature: 'ocs',
      summary,
    })),
    ...dav.mounts.map(({ pattern, tree, isPublic = false, knowsLimits = false }) => ({
      methods: tree.methods,
      path: `/${pattern.join('/')}/*`,
      access: isPublic ? 'public' : 'user',
      reach: isPublic ? ('self' as const) : knowsLimits ? ('files' as const) : ('all' as const),
      feature: 'dav',
      summary: 'WebDAV',
    })),
  ]
}
