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
  list(wanted: ListWanted): OcsShared | OcsStatus | Promise<OcsShared>
}

interface ListingDeps {
  readonly notifications: Pick<Notifications, 'list'>
  readonly stamps: Stamps
  /** Whether anything on this server can notify. */
  readonly canNotify: boolean
}

interface Remembered {
  readonly stamp: number
  readonly answer: OcsShared
}

/** Characters that remembered lists hold, about: data and up to three written forms. */
const MAX_REMEMBERED_CHARS = 16 * 1024 * 1024
const FORMS = 4

const HEADERS = { 'x-nextcloud-user-status': 'online' }

/**
 * The list that every client polls. It is written once for each change, and then sent, or answered with 304, from
 * memory. Nobody here has a status like do-not-disturb: whoever asks is online.
 */
export function createListing({ notifications, stamps, canNotify }: ListingDeps): Listing {
  const remembered = new LRUCache<string, Remembered>({ maxSize: MAX_REMEMBERED_CHARS })
  const read = async ({ viewer, api, language, baseUrl }: ListWanted, key: string): Promise<OcsShared> => {
    const stamp = stamps.of(notificationsTopic(viewer.accountId))
    const entries = await notifications.list(viewer.accountId, language)
    const data: Json = entries.map((entry) => notificationView(entry, viewer.userId, api, baseUrl))
    // Version 1 of the API has no ETag (recording notifications).
    const answer = new OcsShared(data, api === 'v1' ? undefined : etagOf(data), HEADERS)
    remembered.set(key, { stamp, answer }, { size: FORMS * (JSON.stringify(data).length + key.length) })
    return answer
  }
  return {
    list(wanted) {
      if (!canNotify) return new OcsStatus(204, undefined, HEADERS)
      const { viewer, api, language, baseUrl } = wanted
      const key = `${viewer.accountId} ${api} ${language} ${baseUrl}`
      const known = remembered.get(key)
      const isFresh = known !== undefined && known.stamp === stamps.of(notificationsTopic(viewer.accountId))
      return isFresh ? known.answer : read(wanted, key)
    },
  }
}
