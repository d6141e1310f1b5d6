import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import type { EventHandlers } from '../../events/catalogue.ts'
import type { Json } from '../../lib/json.ts'
import type { NotificationSource } from './kinds.ts'
import type { Notifications } from './service.ts'

export interface ReactionsDeps {
  readonly db: Database
  readonly notifications: Pick<Notifications, 'add'>
  readonly sources: readonly NotificationSource[]
  /** Whether an account has asked to be told of an optional topic. */
  readonly hasAskedFor: (accountId: number, topic: string) => Promise<boolean>
}

/** Each source's event becomes a notification. */
export function createReactions({ sources, ...deps }: ReactionsDeps): EventHandlers {
  const byEvent = Map.groupBy(sources, ({ event }) => event)
  return Object.fromEntries(
    [...byEvent].map(([event, group]) => [
      event,
      async (payload: never) => {
        for (const source of group) await tell(deps, source, payload)
      },
    ]),
  )
}

async function tell(
  { db, notifications, hasAskedFor }: Omit<ReactionsDeps, 'sources'>,
  { kind, topic, draft }: NotificationSource,
  payload: never,
): Promise<void> {
  const drafted = await draft(payload)
  if (drafted === undefined) return
  const { accountId, object, parameters, ref } = drafted
  if (topic !== undefined && !(await hasAskedFor(accountId, topic))) return
  const params = parameters as unknown as Json
  try {
    await db.write((tx) => notifications.add(tx, { accountId, kind, object, params, ref, isCounted: true }))
  } catch (error) {
    // The account was deleted meanwhile: there is nobody to tell.
    if (!isForeignKeyViolation(error)) throw error
  }
}
