import type { WebPush } from '../../config/load.ts'
import type { Database, Migration } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import { opensAccount } from '../../http/reach.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../../lib/log.ts'
import type { Feature } from '../feature.ts'
import type { Accounts } from '../users/index.ts'
import { type AdminMessages, createAdminMessages } from './admin.ts'
import { ADMIN_MESSAGE, SELF_TEST } from './admin-kinds.ts'
import { adminRoutes, type TellDevices } from './admin-routes.ts'
import { notificationCommands } from './cli.ts'
import { notificationIcon } from './icons.ts'
import type { NotificationSource } from './kinds.ts'
import { createListing, type StatusOf } from './listing.ts'
import { notificationsMigration } from './migrations/20261128-notifications.ts'
import { createReactions } from './reactions.ts'
import { notificationRoutes } from './routes.ts'
import { createNotificationsService, type Notifications } from './service.ts'
import { createSettings } from './settings.ts'
import { settingsRoutes } from './settings-routes.ts'

export { defineSource, type NotificationDraft, type NotificationSource } from './kinds.ts'
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
  readonly webPush: WebPush
  readonly tellDevices: TellDevices
  readonly statusOf: StatusOf
}

export interface NotificationsFeature {
  readonly notifications: Notifications
  /** Resolves to the id of a notification by which an account tries its devices. */
  readonly sendTest: AdminMessages['sendTest']
  readonly feature: Feature
}

/** What accounts are told, and where their clients look for it. */
export function createNotifications(deps: NotificationsFeatureDeps): NotificationsFeature {
  const { db, clock, audit, events, accounts, sources } = deps
  const kinds = [ADMIN_MESSAGE, SELF_TEST, ...sources]
  const notifications = createNotificationsService({ db, clock, events, kinds })
  const listing = createListing({
    notifications,
    stamps: db.stamps,
    canNotify: kinds.length > 0,
    statusOf: deps.statusOf,
  })
  const messages = createAdminMessages({ db, audit, accounts, notifications })
  const topicIds = [...new Set(sources.flatMap(({ topic }) => topic ?? []))]
  const settings = createSettings({ db, audit, topicIds })
  return {
    notifications,
    sendTest: messages.sendTest,
    feature: {
      name: 'notifications',
      appId: 'notifications',
      ocs: [
        ...notificationRoutes({ notifications, listing }),
        ...adminRoutes(messages, deps.tellDevices),
        ...settingsRoutes(settings, deps.webPush),
      ],
      http: [notificationIcon],
      commands: notificationCommands({ messages, notifications, accounts }),
      capabilities: (viewer) => (!opensAccount(viewer) ? {} : { notifications: CAPABILITIES }),
      on: createReactions({ db, notifications, sources, hasAskedFor: settings.hasAskedFor }),
      sweep: notifications.sweep,
    },
  }
}

/** What works (recording notifications); what push can do is told by the feature that does it. */
const CAPABILITIES = {
  'ocs-endpoints': [
    'list',
    'get',
    'delete',
    'delete-all',
    'icons',
    'rich-strings',
    'action-web',
    'user-status',
    'exists',
    'test-push',
  ],
  'admin-notifications': ['ocs', 'cli'],
}
