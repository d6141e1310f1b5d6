import type { Database, Tx } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as deliveries from './delivery-store.ts'
import * as devices from './device-store.ts'
import { disturbsAnyway, TALK } from './messages.ts'
import { wantsApp } from './web/subscription-rules.ts'
import * as subscriptions from './web/subscription-store.ts'

/** Messages that wait to be sent, in a table: none is lost when the process ends. The same news twice is told once. */
export interface Queue {
  /** For every device and subscription of the account that wants to hear of this app. */
  addAdded(news: { readonly accountId: number; readonly notificationId: number; readonly app: string }): Promise<void>
  /** For whoever was told of these; those that nobody was told of yet are not told any more. */
  addRemoved(accountId: number, notificationIds: readonly number[]): Promise<void>
  addAllRemoved(accountId: number): Promise<void>
  addActivation(tx: Tx, accountId: number, subscriptionId: number): Promise<void>
}

export interface QueueDeps {
  readonly db: Database
  readonly clock: Clock
  readonly countDropped: (count: number) => void
  readonly isQuiet: IsQuiet
}

/** Whether an account is not to be disturbed: what it would hear of is on its list all the same. */
export type IsQuiet = (accountId: number) => boolean | Promise<boolean>

/** Wakes the senders of all nodes when the transaction is committed. */
export const WAKE_CHANNEL = 'push'

/** Devices of one account that are told, and as many subscriptions: the latest. */
const MAX_TARGETS = 20
/** Messages of one account that wait; beyond, the oldest are dropped. */
const MAX_WAITING = 500

/** Most accounts have nothing to push to: they cost a read or two, and no write. */
export function createQueue({ db, clock, countDropped, isQuiet }: QueueDeps): Queue {
  const insert = async (tx: Tx, accountId: number, rows: readonly Omit<deliveries.NewDelivery, 'account_id'>[]) => {
    const nowMs = clock.nowMs()
    await deliveries.insertDeliveries(
      tx,
      rows.map((row) => ({ ...row, account_id: accountId })),
      nowMs,
    )
    countDropped(await deliveries.dropBeyond(tx, accountId, MAX_WAITING, nowMs))
    await db.signals.send(tx, WAKE_CHANNEL, '')
  }
  return {
    async addAdded({ accountId, notificationId, app }) {
      // It is not made up for later (recording notifications-push).
      if (!disturbsAnyway(app) && (await isQuiet(accountId))) return
      if ((await targetsOf(db.read, accountId, app)).length === 0) return
      await db.write(async (tx) => {
        const targets = await targetsOf(tx, accountId, app)
        const message = { message: 'added', notification_id: notificationId } as const
        await insert(
          tx,
          accountId,
          targets.map((target) => ({ ...target, ...message })),
        )
      })
    },
    async addRemoved(accountId, notificationIds) {
      if ((await deliveries.listAdded(db.read, accountId, notificationIds)).length === 0) return
      await db.write(async (tx) => {
        await deliveries.cancelAdded(tx, accountId, notificationIds, clock.nowMs())
        const told = (await deliveries.listAdded(tx, accountId, notificationIds)).filter(hasBeenTold)
        await insert(
          tx,
          accountId,
          told.map(({ device_id, subscription_id, notification_id }) => ({
            device_id,
            subscription_id,
            notification_id,
            message: 'removed',
          })),
        )
      })
    },
    async addAllRemoved(accountId) {
      if ((await targetsOf(db.read, accountId)).length === 0) return
      await db.write(async (tx) => {
        await deliveries.cancelAdded(tx, accountId, 'all', clock.nowMs())
        const message = { message: 'all-removed', notification_id: null } as const
        await insert(
          tx,
          accountId,
          (await targetsOf(tx, accountId)).map((target) => ({ ...target, ...message })),
        )
      })
    },
    addActivation: (tx, accountId, subscriptionId) => insert(tx, accountId, [activationOf(subscriptionId)]),
  }
}

function activationOf(subscriptionId: number): Omit<deliveries.NewDelivery, 'account_id'> {
  return { device_id: null, subscription_id: subscriptionId, message: 'activation', notification_id: null }
}

/** Or may have been, as far as anybody knows: an attempt that failed may have arrived all the same. */
function hasBeenTold({ attempts, result }: deliveries.DeliveryRow): boolean {
  return attempts > 0 && !/^(?:dropped|refused)/.test(result)
}

type Target = Pick<deliveries.DeliveryRow, 'device_id' | 'subscription_id'>

/** Without an app: everybody. */
async function targetsOf(db: Database['read'] | Tx, accountId: number, app?: string): Promise<Target[]> {
  const known = await devices.listDevices(db, accountId)
  const active = await subscriptions.listActive(db, accountId)
  const wanting = app === undefined ? active : active.filter(({ app_types }) => wantsApp(app_types, app))
  return [
    ...(app === undefined ? known : devicesFor(known, app))
      .slice(0, MAX_TARGETS)
      .map(({ id }) => ({ device_id: id, subscription_id: null })),
    ...wanting.slice(0, MAX_TARGETS).map(({ id }) => ({ device_id: null, subscription_id: id })),
  ]
}

/** Talk's own notifications go to Talk where there is one; Talk gets nothing else (recording notifications-push). */
function devicesFor(known: readonly devices.DeviceRow[], app: string): devices.DeviceRow[] {
  const [talk, others] = [known.filter(isTalk), known.filter((device) => !isTalk(device))]
  return app === TALK && talk.length > 0 ? talk : others
}

function isTalk({ app_kind }: devices.DeviceRow): boolean {
  return app_kind === 'talk'
}
