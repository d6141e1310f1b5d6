import type { WebPush } from '../../config/load.ts'
import type { Database, Migration } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import type { Feature } from '../feature.ts'
import { createDeliver, type DeliverDeps } from './deliver.ts'
import { deviceRoutes } from './device-routes.ts'
import { listDevices } from './device-store.ts'
import { createDevices } from './devices.ts'
import { createFigures, QUEUE } from './figures.ts'
import { pushMigration } from './migrations/20261201-push.ts'
import { createQueue, type Queue } from './queue.ts'
import { createReachable, type ReachableDeps } from './reachable.ts'
import { createSender, type Sender } from './sender.ts'
import { createUserKeys } from './user-keys.ts'
import { webPushRoutes } from './web/routes.ts'
import { listActive } from './web/subscription-store.ts'
import { createSubscriptions } from './web/subscriptions.ts'
import { createVapid } from './web/vapid.ts'

export const pushMigrations: readonly Migration[] = [pushMigration]

export interface PushDeps extends ReachableDeps, Pick<DeliverDeps, 'findNotification'> {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly outgoing: Outgoing
  /** `host` or `host:port` of the proxies at which devices may be registered. */
  readonly proxies: readonly string[]
  readonly webPush: WebPush
}

export interface Push {
  readonly queue: Queue
  readonly sender: Sender
  /** Devices and active subscriptions of an account. */
  countTargets(accountId: number): Promise<number>
  readonly feature: Feature
}

/** What is switched on (recording notifications-webpush); what a message says is the same on every way. */
function abilities({ proxies, webPush }: Pick<PushDeps, 'proxies' | 'webPush'>): string[] {
  const devices = proxies.length > 0 ? ['devices'] : []
  const web = { off: [], apps: ['webpush'], all: ['webpush', 'webpush-browsers'] }[webPush]
  return devices.length + web.length === 0 ? [] : [...devices, 'object-data', 'delete', ...web]
}

/** Tells phones, browsers and apps of notifications: through push proxies, and through push services (web push). */
export function createPush(deps: PushDeps): Push {
  const { db, clock, log, outgoing } = deps
  const figures = createFigures(deps.metrics, db)
  const keys = createUserKeys(db)
  const vapid = createVapid(db, clock)
  const countDropped = (count: number): void => {
    if (count > 0) figures.count(QUEUE, 'dropped', count)
  }
  const queue = createQueue({ db, clock, countDropped })
  const devices = createDevices({ db, clock, outgoing, keys, proxies: deps.proxies })
  const subscriptions = createSubscriptions({
    db,
    clock,
    outgoing,
    webPush: deps.webPush,
    askForToken: queue.addActivation,
  })
  const { findNotification } = deps
  const reachable = createReachable(deps)
  const deliver = createDeliver({ db, clock, outgoing, keys, vapid, figures, findNotification, reachable })
  const sender = createSender({ db, clock, log, deliver })
  const feature: Feature = {
    name: 'push',
    ocs: [...deviceRoutes(devices), ...webPushRoutes(subscriptions, vapid)],
    capabilities: (viewer) => (viewer.kind === 'anonymous' ? {} : { notifications: { push: abilities(deps) } }),
    on: {
      'notification.added': (event) => queue.addAdded(event),
      'notification.removed': ({ accountId, notificationIds }) =>
        notificationIds === 'all' ? queue.addAllRemoved(accountId) : queue.addRemoved(accountId, notificationIds),
    },
    async sweep() {
      await sender.sweep()
      await subscriptions.sweep()
    },
  }
  const countTargets = async (accountId: number): Promise<number> =>
    (await listDevices(db.read, accountId)).length + (await listActive(db.read, accountId)).length
  return { queue, sender, countTargets, feature }
}
