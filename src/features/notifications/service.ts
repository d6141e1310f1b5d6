import type { Database, Tx } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Json } from '../../lib/json.ts'
import type { Language } from '../../lib/languages.ts'
import { lookUp } from '../../lib/lookup.ts'
import type {} from './events.ts'
import type { Composed, NotificationKind } from './kinds.ts'
import { plainText } from './rich-text.ts'
import * as store from './store.ts'

/** A notification as its reader gets it. Paths are of this server. */
export interface Notification extends Composed {
  readonly id: number
  readonly app: string
  readonly kind: string
  readonly object: { readonly type: string; readonly id: string }
  readonly createdAtMs: number
  readonly plainSubject: string
  readonly plainMessage: string
  readonly icon: string
  readonly path: string
}

export interface NewNotification {
  readonly accountId: number
  readonly kind: string
  readonly object: { readonly type: string; readonly id: string }
  /** What the kind composes its words from. */
  readonly params: Json
  /** See `NotificationDraft`; empty: every call is a thing of its own. */
  readonly ref: string
  /** Whether several of the same object in a short time become one that counts them. */
  readonly isCounted: boolean
}

export interface Notifications {
  /**
   * Tells an account something, in the transaction of what has happened. Resolves to the id; undefined when nothing new
   * is on the list, because it had been told already or was only counted.
   */
  add(tx: Tx, notification: NewNotification): Promise<number | undefined>
  /** Newest first, in one statement. */
  list(accountId: number, language: Language): Promise<Notification[]>
  find(accountId: number, id: number, language: Language): Promise<Notification | undefined>
  /** Of these ids, those that are on the account's list, in their order. */
  listExisting(accountId: number, ids: readonly number[]): Promise<number[]>
  /** Dismisses one. Without one by this id on the account's list, nothing happens. */
  remove(accountId: number, id: number): Promise<void>
  removeAll(accountId: number): Promise<void>
  /** Drops what has expired. */
  sweep(): Promise<void>
}

export interface NotificationsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: Events
  readonly kinds: readonly NotificationKind[]
}

/** Stamp topic of an account's list. */
export const notificationsTopic = (accountId: number): string => `notifications:${accountId}`

/** An account has at most so many; the oldest make room. */
export const MAX_PER_ACCOUNT = 100
/** What happens again within this time is counted up in one notification. */
export const COALESCE_MS = 60 * 60_000
/** Within this time the count goes up without telling any device again. */
export const QUIET_MS = 60_000

const DAY_MS = 86_400_000
const SWEPT_AT_ONCE = 500

export function createNotificationsService(deps: NotificationsDeps): Notifications {
  const { db, clock, events } = deps
  const kinds: Kinds = Object.fromEntries(deps.kinds.map((kind) => [kind.kind, kind]))
  const removeIds = async (accountId: number, ids: readonly number[]): Promise<void> => {
    if ((await store.listExisting(db.read, accountId, ids)).length === 0) return
    await db.write(async (tx) => {
      await lockList(deps, tx, accountId)
      const notificationIds = await store.deleteNotifications(tx, accountId, ids)
      if (notificationIds.length > 0) await events.add(tx, 'notification.removed', { accountId, notificationIds })
    })
  }
  return {
    add: (tx, notification) => addNotification(deps, kinds, tx, notification),
    async list(accountId, language) {
      const rows = await store.listNotifications(db.read, accountId, MAX_PER_ACCOUNT)
      return rows.flatMap((row) => compose(kinds, row, language) ?? [])
    },
    async find(accountId, id, language) {
      const row = await store.findNotification(db.read, accountId, id)
      return row === undefined ? undefined : compose(kinds, row, language)
    },
    listExisting: (accountId, ids) => store.listExisting(db.read, accountId, ids),
    remove: (accountId, id) => removeIds(accountId, [id]),
    async removeAll(accountId) {
      if ((await store.listNotifications(db.read, accountId, 1)).length === 0) return
      await db.write(async (tx) => {
        await lockList(deps, tx, accountId)
        await store.deleteAllNotifications(tx, accountId)
        await events.add(tx, 'notification.removed', { accountId, notificationIds: 'all' })
      })
    },
    async sweep() {
      for (;;) {
        const expired = await store.listExpired(db.read, clock.nowMs(), SWEPT_AT_ONCE)
        for (const [accountId, rows] of Map.groupBy(expired, (row) => row.account_id)) {
          await removeIds(
            accountId,
            rows.map(({ id }) => id),
          )
        }
        if (expired.length < SWEPT_AT_ONCE) return
      }
    },
  }
}

type Kinds = Readonly<Record<string, NotificationKind>>
type Changing = Pick<NotificationsDeps, 'db' | 'clock' | 'events'>

async function addNotification(
  deps: Changing,
  kinds: Kinds,
  tx: Tx,
  notification: NewNotification,
): Promise<number | undefined> {
  const kind = lookUp(kinds, notification.kind)
  if (kind === undefined) throw new Error(`There is no kind of notification ${notification.kind}`)
  const { accountId, object, params, ref } = notification
  await lockList(deps, tx, accountId)
  const nowMs = deps.clock.nowMs()
  const before = await store.findSame(tx, accountId, notification)
  const step = stepAfter(before, notification, nowMs)
  if (step.kind === 'known') return undefined
  const change = { params: JSON.stringify(params), count: step.count, source_ref: ref }
  if (before !== undefined && step.kind === 'count') {
    await store.updateNotification(tx, before.id, change)
    return undefined
  }
  const replaced = await store.deleteSame(tx, accountId, notification)
  const notificationId = await store.insertNotification(tx, {
    ...change,
    account_id: accountId,
    kind: kind.kind,
    object_type: object.type,
    object_id: object.id,
    created_at_ms: nowMs,
    expires_at_ms: nowMs + kind.keptDays * DAY_MS,
  })
  const gone = [...replaced, ...(await store.deleteBeyond(tx, accountId, MAX_PER_ACCOUNT))]
  if (gone.length > 0) await deps.events.add(tx, 'notification.removed', { accountId, notificationIds: gone })
  await deps.events.add(tx, 'notification.added', { accountId, notificationId, app: kind.app })
  return notificationId
}

/**
 * Says that the list is another one. Before anything of it is touched: the stamp's row is also the lock, so that on
 * PostgreSQL two that change the same list wait for each other.
 */
function lockList({ db }: Changing, tx: Tx, accountId: number): Promise<void> {
  return db.stamps.bump(tx, notificationsTopic(accountId))
}

interface Step {
  readonly kind: 'known' | 'count' | 'replace'
  readonly count: number
}

/** What a new notification means for the one of the same object that is on the list. */
function stepAfter(
  before: store.NotificationRow | undefined,
  { ref, isCounted }: NewNotification,
  nowMs: number,
): Step {
  if (before === undefined) return { kind: 'replace', count: 1 }
  if (ref !== '' && before.source_ref === ref) return { kind: 'known', count: before.count }
  const ageMs = nowMs - before.created_at_ms
  if (!isCounted || ageMs >= COALESCE_MS) return { kind: 'replace', count: 1 }
  return { kind: ageMs < QUIET_MS ? 'count' : 'replace', count: before.count + 1 }
}

/** undefined for a kind that this version does not know (any more). */
function compose(kinds: Kinds, row: store.NotificationRow, language: Language): Notification | undefined {
  const kind = lookUp(kinds, row.kind)
  if (kind === undefined) return undefined
  const composed = kind.compose(JSON.parse(row.params) as Json, row.count, language)
  return {
    ...composed,
    id: row.id,
    app: kind.app,
    kind: kind.kind,
    object: { type: row.object_type, id: row.object_id },
    createdAtMs: row.created_at_ms,
    plainSubject: plainText(composed.subject, composed.subjectParameters),
    plainMessage: plainText(composed.message, composed.messageParameters),
    icon: kind.icon,
    path: kind.path,
  }
}
