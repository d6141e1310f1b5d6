import type { Database, Migration } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../../lib/log.ts'
import type { Feature } from '../feature.ts'
import type { Accounts } from '../users/index.ts'
import { createAdminMessages } from './admin.ts'
import { ADMIN_MESSAGE, SELF_TEST } from './admin-kinds.ts'
import { adminRoutes } from './admin-routes.ts'
import { notificationIcon } from './icons.ts'
import type { NotificationSource } from './kinds.ts'
import { createListing } from './listing.ts'
import { notificationsMigration } from './migrations/20261128-notifications.ts'
import { createReactions } from './reactions.ts'
import { notificationRoutes } from './routes.ts'
import { createNotificationsService, type Notifications } from './service.ts'

export { defineSource, type NotificationSource } from './kinds.ts'
export { highlight } from './rich-text.ts'
export type { Notifications } from './service.ts'

export const notificationsMigrations: readonly Migration[] = [notificationsMigration]

export interface NotificationsFeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  readonly accounts: Pick<Accounts, 'get'>
  /** What the other features tell accounts. */
  readonly sources: readonly NotificationSource[]
}

export interface NotificationsFeature {
  readonly notifications: Notifications
  readonly feature: Feature
}

/** What accounts are told, and where their clients look for it. */
export function createNotifications(deps: NotificationsFeatureDeps): NotificationsFeature {
  const { db, clock, events, sources } = deps
  const kinds = [ADMIN_MESSAGE, SELF_TEST, ...sources]
  const notifications = createNotificationsService({ db, clock, events, kinds })
  const messages = createAdminMessages({ ...deps, notifications })
  return {
    notifications,
    feature: {
      name: 'notifications',
      appId: 'notifications',
      ocs: [
        ...notificationRoutes({ notifications, listing: createListing(notifications, db.stamps) }),
        ...adminRoutes(messages),
      ],
      http: [notificationIcon],
      on: createReactions({ db, notifications, sources, hasAskedFor: async () => false }),
      sweep: notifications.sweep,
    },
  }
}
