import { LRUCache } from 'lru-cache'
import type { Stamps } from '../../db/database.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Json } from '../../lib/json.ts'
import type { Language } from '../../lib/languages.ts'
import { etagOf, OcsShared, OcsStatus } from '../../ocs/route.ts'
import { type Notifications, notificationsTopic } from './service.ts'
import { type ListApi, notificationView } from './views.ts'

/** Who asks, and how the list is to be written for them. */
export interface ListWanted {
  readonly viewer: AccountViewer
  readonly api: ListApi
  readonly language: Language
  readonly baseUrl: string
}

export interface Listing {
  /** At once, without a statement, while nothing has changed. Status 204 when nothing can ever be on it. */
  list(wanted: ListWanted): OcsShared | OcsStatus | Promise<OcsShared | OcsStatus>
}

interface ListingDeps {
  readonly notifications: Pick<Notifications, 'list'>
  readonly stamps: Stamps
  /** Whether anything on this server can notify. */
  readonly canNotify: boolean
  /** How available an account is: by `dnd` its clients know to be quiet. undefined: it never said. */
  readonly statusOf: StatusOf
}

export type StatusOf = (accountId: number) => string | undefined | Promise<string | undefined>

interface Remembered {
  readonly stamp: number
  readonly status: string
  readonly answer: OcsShared
}

/** Characters that remembered lists hold, about: data and up to three written forms. */
const MAX_REMEMBERED_CHARS = 16 * 1024 * 1024
const FORMS = 4

/** Who asks is online, unless it was said otherwise. */
const headersFor = (status: string): Readonly<Record<string, string>> => ({ 'x-nextcloud-user-status': status })

/** The list that every client polls. It is written once for each change, and then sent, or answered with 304, from memory. */
export function createListing({ notifications, stamps, canNotify, statusOf }: ListingDeps): Listing {
  const remembered = new LRUCache<string, Remembered>({ maxSize: MAX_REMEMBERED_CHARS })
  const read = async (wanted: ListWanted, key: string, status: string): Promise<OcsShared> => {
    const { viewer, api, language, baseUrl } = wanted
    const stamp = stamps.of(notificationsTopic(viewer.accountId))
    const entries = await notifications.list(viewer.accountId, language)
    const data: Json = entries.map((entry) => notificationView(entry, viewer.userId, api, baseUrl))
    // Version 1 of the API has no ETag (recording notifications).
    const answer = new OcsShared(data, api === 'v1' ? undefined : etagOf(data), headersFor(status))
    remembered.set(key, { stamp, status, answer }, { size: FORMS * (JSON.stringify(data).length + key.length) })
    return answer
  }
  const listWith = (wanted: ListWanted, status: string): OcsShared | OcsStatus | Promise<OcsShared> => {
    if (!canNotify) return new OcsStatus(204, undefined, headersFor(status))
    const { viewer, api, language, baseUrl } = wanted
    const key = `${viewer.accountId} ${api} ${language} ${baseUrl}`
    const known = remembered.get(key)
    const isFresh = known?.status === status && known.stamp === stamps.of(notificationsTopic(viewer.accountId))
    return isFresh ? known.answer : read(wanted, key, status)
  }
  return {
    list(wanted) {
      const status = statusOf(wanted.viewer.accountId)
      if (status instanceof Promise) return status.then((known = 'online') => listWith(wanted, known))
      return listWith(wanted, status ?? 'online')
    },
  }
}
