import type { Database, Migration } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import { opensAccount } from '../../http/reach.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import type { Feature } from '../feature.ts'
import { pushCommands } from './cli.ts'
import { createDeliver, type DeliverDeps } from './deliver.ts'
import { deviceRoutes } from './device-routes.ts'
import { createDevices } from './devices.ts'
import { createFigures, QUEUE } from './figures.ts'
import { identityRoutes } from './identity-routes.ts'
import { pushMigration } from './migrations/20261201-push.ts'
import { createQueue, type IsQuiet, type Queue } from './queue.ts'
import { createReachable, type ReachableDeps } from './reachable.ts'
import { createSender, type Sender } from './sender.ts'
import { createTrial, ownersLines } from './trial.ts'
import { createPublicKeys, createUserKeys } from './user-keys.ts'
import { webPushRoutes } from './web/routes.ts'
import { createSubscriptions } from './web/subscriptions.ts'
import { createVapid } from './web/vapid.ts'

export const pushMigrations: readonly Migration[] = [pushMigration]

export interface PushDeps extends ReachableDeps, Pick<DeliverDeps, 'findNotification'> {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly outgoing: Outgoing
  /** Puts a notification on the list of an account with which it tries its devices. Resolves to the id. */
  readonly sendTest: (accountId: number) => Promise<number>
  readonly isQuiet: IsQuiet
  /** Throws Fault `not-found`. */
  readonly accountIdOf: (userId: string) => Promise<number>
}

/** App of the notifications that try devices. */
const TEST_APP = 'admin_notifications'

export interface Push {
  readonly queue: Queue
  readonly sender: Sender
  /** Sends a notification that is there already to the devices of its account. Lines for that account's owner. */
  tellDevices(accountId: number, notificationId: number): Promise<readonly string[]>
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
  const queue = createQueue({ db, clock, countDropped, isQuiet: deps.isQuiet })
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
  const sending = { outgoing, keys, vapid, figures, findNotification, reachable, isQuiet: deps.isQuiet }
  const deliver = createDeliver({ db, clock, ...sending })
  const sender = createSender({ db, clock, log, deliver })
  const tryDevices = createTrial({ db, queue, sender, isQuiet: deps.isQuiet })
  const addTestNotification = async (accountId: number): Promise<{ id: number; app: string }> => ({
    id: await deps.sendTest(accountId),
    app: TEST_APP,
  })
  const feature: Feature = {
    name: 'push',
    commands: pushCommands({ ...deps, tryDevices, addTestNotification }),
    ocs: [
      ...deviceRoutes(devices),
      ...identityRoutes({ findPublicKey: createPublicKeys(deps) }),
      ...webPushRoutes(subscriptions, vapid),
    ],
    capabilities: (viewer) => (!opensAccount(viewer) ? {} : { notifications: { push: abilities(deps) } }),
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
  const tellDevices = async (accountId: number, notificationId: number): Promise<string[]> =>
    ownersLines(await tryDevices(accountId, notificationId, TEST_APP))
  return { queue, sender, tellDevices, feature }
}
