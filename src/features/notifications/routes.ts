import { languageFor } from '../../http/language.ts'
import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { UNKNOWN_ADDRESS_MESSAGE } from '../../ocs/answer.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Listing } from './listing.ts'
import type { Notifications } from './service.ts'
import { type ListApi, NotificationReply, notificationView } from './views.ts'

export interface NotificationRoutesDeps {
  readonly notifications: Notifications
  readonly listing: Listing
}

const BASE = '/apps/notifications/api'
/** Version 2 has the rich forms. Everything else is the same (recording notifications). */
const APIS: readonly ListApi[] = ['v2', 'v1']

export function notificationRoutes(deps: NotificationRoutesDeps): OcsRoute[] {
  return APIS.flatMap((api) => [
    listAll(deps, api),
    getOne(deps, api),
    findExisting(deps, api),
    removeOne(deps, api),
    removeAll(deps, api),
  ])
}

const listAll = ({ listing }: NotificationRoutesDeps, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/${api}/notifications`,
    summary: 'Notifications of the account, newest first',
    auth: 'user',
    reach: 'read',
    reply: Type.Array(NotificationReply),
    statuses: { 204: 'Nothing on this server can notify; ask again in an hour' },
    handler: ({ viewer, request }) =>
      listing.list({ viewer, api, language: languageFor(viewer, request), baseUrl: request.baseUrl }),
  })

const getOne = ({ notifications }: NotificationRoutesDeps, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/${api}/notifications/:id`,
    summary: 'One notification',
    auth: 'user',
    reach: 'read',
    reply: NotificationReply,
    codes: { 'no-address': 998 },
    async handler({ viewer, params, request }) {
      const id = acceptId(params.id)
      const found = await notifications.find(viewer.accountId, id, languageFor(viewer, request))
      if (found === undefined) throw missing()
      return notificationView(found, viewer.userId, api, request.baseUrl)
    },
  })

/** Throws Fault `not-found`; a text that is no number is no address at all (recording notifications). */
function acceptId(text: string): number {
  if (!/^\d+$/.test(text)) throw new Fault('not-found', UNKNOWN_ADDRESS_MESSAGE, { reason: 'no-address' })
  const id = Number(text)
  if (id === 0 || !Number.isSafeInteger(id)) throw missing()
  return id
}

const missing = (): Fault => new Fault('not-found', '', { data: null })

const MAX_IDS = 200

const findExisting = ({ notifications }: NotificationRoutesDeps, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${BASE}/${api}/notifications/exists`,
    summary: `Which of at most ${MAX_IDS} notifications the account still has`,
    auth: 'user',
    reach: 'read',
    input: Type.Object({ ids: Type.Array(Type.Integer()) }),
    reply: Type.Array(Type.Integer()),
    handler({ viewer, input }) {
      if (input.ids.length > MAX_IDS) throw new Fault('bad-request', '')
      return notifications.listExisting(viewer.accountId, input.ids.filter(Number.isSafeInteger))
    },
  })

/** Done when it is not there (any more), whosever it was. */
const removeOne = ({ notifications }: NotificationRoutesDeps, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: `${BASE}/${api}/notifications/:id`,
    summary: 'Dismisses a notification',
    auth: 'user',
    codes: { 'no-address': 998 },
    async handler({ viewer, params }) {
      await notifications.remove(viewer.accountId, acceptId(params.id))
      return undefined
    },
  })

const removeAll = ({ notifications }: NotificationRoutesDeps, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: `${BASE}/${api}/notifications`,
    summary: 'Dismisses all notifications',
    auth: 'user',
    async handler({ viewer }) {
      await notifications.removeAll(viewer.accountId)
      return undefined
    },
  })
