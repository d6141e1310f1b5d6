import { API_PAGES } from '../ocs/api-pages.ts'
import type { Features } from './features.ts'

/** One line of the list of everything that the server answers. */
export interface Address {
  readonly methods: readonly string[]
  readonly path: string
  /** Who may ask: `public`, `user`, or more. */
  readonly access: string
  readonly feature: string
  readonly summary: string
}

export function listAddresses({ list, dav }: Features): Address[] {
  return [
    ...list.flatMap((feature) => [
      ...(feature.ocs ?? []).map(({ method, path, auth, summary }) => ({
        methods: [method],
        path: `/ocs/{v1,v2}.php${path}`,
        access: auth,
        feature: feature.name,
        summary,
      })),
      ...(feature.http ?? []).map(({ method, path, access, summary }) => ({
        methods: [method].flat(),
        path,
        access,
        feature: feature.name,
        summary,
      })),
    ]),
    ...API_PAGES.map(({ path, summary }) => ({ methods: ['GET'], path, access: 'public', feature: 'ocs', summary })),
    ...dav.mounts.map(({ pattern, tree, isPublic = false }) => ({
      methods: tree.methods,
      path: `/${pattern.join('/')}/*`,
      access: isPublic ? 'public' : 'user',
      feature: 'dav',
      summary: 'WebDAV',
    })),
  ]
}
