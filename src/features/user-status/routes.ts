import { languageFor } from '../../http/language.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute, OcsStatus } from '../../ocs/route.ts'
import type { Visibility } from '../users/index.ts'
import { MESSAGES } from './fault-messages.ts'
import { PREDEFINED } from './predefined.ts'
import type { UserStatuses } from './service.ts'
import { PredefinedReply, PrivateReply, PublicReply, predefinedView, privateView, publicView } from './views.ts'

export interface UserStatusRoutesDeps {
  readonly statuses: UserStatuses
  readonly visibility: Visibility
}

const BASE = '/apps/user_status/api/v1'
const MAX_LISTED = 500

/** An empty text, 0 and null all stand for nothing. */
const OptionalText = Type.Optional(Type.Union([Type.Null(), Type.String()]))
const OptionalTime = Type.Optional(Type.Union([Type.Null(), Type.Integer()]))

/** What accounts say about themselves, and read of others (recording user-status). */
export function userStatusRoutes(deps: UserStatusRoutesDeps): OcsRoute[] {
  return [
    getOwn(deps),
    changeType(deps),
    choosePredefined(deps),
    chooseMessage(deps),
    clearMessage(deps),
    revert(deps),
    keepAlive(deps),
    listPredefined,
    listOthers(deps),
    getOther(deps),
  ]
}

const getOwn = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/user_status`,
    summary: 'Status of the account',
    auth: 'user',
    reach: 'read',
    reply: PrivateReply,
    async handler({ viewer, request }) {
      const row = await statuses.find(viewer.accountId)
      if (row === undefined) throw new Fault('not-found', MESSAGES.noOwnStatus)
      return privateView({ userId: viewer.userId, row, language: languageFor(viewer, request) })
    },
  })

const changeType = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: `${BASE}/user_status/status`,
    summary: 'Sets how available the account is',
    auth: 'user',
    input: Type.Object({
      statusType: Type.String({ description: 'online, away, dnd, busy, invisible or offline' }),
    }),
    reply: PrivateReply,
    handler: async ({ viewer, input }) =>
      privateView({ userId: viewer.userId, row: await statuses.chooseType(viewer.accountId, input.statusType) }),
  })

const choosePredefined = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: `${BASE}/user_status/message/predefined`,
    summary: 'Sets one of the messages that each reader sees in a language of their own',
    auth: 'user',
    input: Type.Object({ messageId: Type.String(), clearAt: OptionalTime }),
    reply: PrivateReply,
    async handler({ viewer, input }) {
      const row = await statuses.choosePredefined(viewer.accountId, input.messageId, input.clearAt ?? undefined)
      return privateView({ userId: viewer.userId, row })
    },
  })

const chooseMessage = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: `${BASE}/user_status/message/custom`,
    summary: 'Sets a message of the account’s own',
    auth: 'user',
    input: Type.Object({ statusIcon: OptionalText, message: OptionalText, clearAt: OptionalTime }),
    reply: PrivateReply,
    async handler({ viewer, input }) {
      const row = await statuses.chooseMessage(viewer.accountId, {
        icon: input.statusIcon || undefined,
        message: input.message || undefined,
        clearAt: input.clearAt ?? undefined,
      })
      return privateView({ userId: viewer.userId, row })
    },
  })

const clearMessage = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: `${BASE}/user_status/message`,
    summary: 'Takes the message away',
    auth: 'user',
    async handler({ viewer }) {
      await statuses.clearMessage(viewer.accountId)
      return []
    },
  })

const revert = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: `${BASE}/user_status/revert/:messageId`,
    summary: 'Brings back the status that an automatic one with this message has replaced',
    auth: 'user',
    async handler({ viewer, params }) {
      const row = await statuses.revert(viewer.accountId, params.messageId)
      return row === undefined ? [] : privateView({ userId: viewer.userId, row })
    },
  })

const keepAlive = ({ statuses }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'PUT',
    path: `${BASE}/heartbeat`,
    summary: 'Says that somebody is at a client; without it for a quarter of an hour the account counts as offline',
    auth: 'user',
    input: Type.Object({ status: Type.String({ description: 'online or away' }) }),
    reply: PrivateReply,
    statuses: { 204: 'The account has chosen a status that stays' },
    async handler({ viewer, input }) {
      const row = await statuses.keepAlive(viewer.accountId, input.status)
      return row === undefined ? new OcsStatus(204) : privateView({ userId: viewer.userId, row })
    },
  })

const listPredefined: OcsRoute = defineOcs({
  method: 'GET',
  path: `${BASE}/predefined_statuses`,
  summary: 'Messages to choose from, in the language of the account',
  auth: 'user',
  reach: 'read',
  reply: Type.Array(PredefinedReply),
  handler({ viewer, request }) {
    const language = languageFor(viewer, request)
    return PREDEFINED.map((status) => predefinedView(status, language))
  },
})

const listOthers = ({ statuses, visibility }: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/statuses`,
    summary: `Statuses of the accounts that this one may see, at most ${MAX_LISTED}`,
    auth: 'user',
    reach: 'read',
    input: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    }),
    reply: Type.Array(PublicReply),
    async handler({ viewer, input, request }) {
      const { limit = MAX_LISTED, offset = 0 } = input
      const visible = await visibility.listVisible(viewer)
      const rows = await statuses.list(visible, Math.min(limit, MAX_LISTED), offset)
      const userIds = await visibility.userIdsOf(rows.map(({ account_id }) => account_id))
      const language = languageFor(viewer, request)
      return rows.flatMap((row) => {
        const userId = userIds.get(row.account_id)
        return userId === undefined ? [] : publicView({ userId, row, language })
      })
    },
  })

const getOther = (deps: UserStatusRoutesDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/statuses/:userId`,
    summary: 'Status of an account that this one may see',
    auth: 'user',
    reach: 'read',
    reply: PublicReply,
    async handler({ viewer, params, request }) {
      const found = await findOther(deps, viewer, params.userId)
      // The same for whoever has none, is hidden or does not exist.
      if (found === undefined) throw new Fault('not-found', MESSAGES.noStatus)
      return publicView({ ...found, language: languageFor(viewer, request) })
    },
  })

async function findOther({ statuses, visibility }: UserStatusRoutesDeps, viewer: AccountViewer, userId: string) {
  const person = await visibility.find(viewer, userId)
  const row = person === undefined ? undefined : await statuses.find(person.accountId)
  return person === undefined || row === undefined ? undefined : { userId: person.userId, row }
}
