import type { FastifyRequest } from 'fastify'
import { languageFor } from '../../http/language.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, etagOf, type OcsRoute, OcsShared } from '../../ocs/route.ts'
import type { Feature, NavigationItem } from '../feature.ts'

/** The menus of clients, from what features have pages for. */
export function createNavigation(features: readonly Feature[]): Feature {
  const itemsOf = (kind: NavigationItem['kind'], viewer: AccountViewer, request: FastifyRequest): NavigationItem[] =>
    features
      .flatMap((feature) => feature.navigation?.(viewer, request) ?? [])
      .filter((item) => item.kind === kind)
      .toSorted((one, other) => one.order - other.order)
  return { name: 'navigation', ocs: [listEntries('apps', itemsOf), listEntries('settings', itemsOf)] }
}

const Entry = Type.Object({
  id: Type.String(),
  order: Type.Integer(),
  href: Type.String(),
  icon: Type.String(),
  type: Type.String(),
  name: Type.String(),
  app: Type.Optional(Type.String()),
  default: Type.Optional(Type.Boolean()),
  active: Type.Boolean(),
  unread: Type.Integer(),
  classes: Type.String(),
})

type ItemsOf = (kind: NavigationItem['kind'], viewer: AccountViewer, request: FastifyRequest) => NavigationItem[]

/** Read with each connection of the desktop client (recording navigation-profile-hovercard): mostly answered with 304. */
const listEntries = (kind: NavigationItem['kind'], itemsOf: ItemsOf): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `/core/navigation/${kind}`,
    summary: kind === 'apps' ? 'Apps that have a page, for menus' : 'Pages about the account, for menus',
    auth: 'user',
    reach: 'read',
    input: Type.Object({ absolute: Type.Optional(Type.Boolean()) }),
    reply: Type.Array(Entry),
    handler({ viewer, input, request }) {
      const base = input.absolute === true ? request.baseUrl : ''
      const language = languageFor(viewer, request)
      const entries = itemsOf(kind, viewer, request).map(({ id, order, path, icon, name }, index) => ({
        id,
        order,
        href: base + path,
        icon: icon === '' ? '' : base + icon,
        type: kind === 'apps' ? 'link' : 'settings',
        name: name[language],
        ...(kind === 'apps' ? { app: id, default: index === 0 } : {}),
        active: false,
        unread: 0,
        classes: '',
      }))
      return new OcsShared(entries, etagOf(entries))
    },
  })
