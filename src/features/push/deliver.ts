import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { crashPoint } from '../../lib/crash-point.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import type { DeliveryRow } from './delivery-store.ts'
import { type DeviceRow, deleteDevices, loadDevices } from './device-store.ts'
import { type PushFigures, QUEUE, WEB_PUSH_SERVICE } from './figures.ts'
import { disturbsAnyway } from './messages.ts'
import { createPauses } from './pauses.ts'
import { deliverToProxy, type ProxyReport } from './proxy-delivery.ts'
import type { IsQuiet } from './queue.ts'
import type { Reachable } from './reachable.ts'
import { deviceMessages, type FindNotification, type RowsMessage, webMessage } from './row-messages.ts'
import { createSettle } from './settle.ts'
import type { UserKeys } from './user-keys.ts'
import { deleteById, loadSubscriptions, type SubscriptionRow } from './web/subscription-store.ts'
import type { Vapid } from './web/vapid.ts'
import { deliverToSubscription } from './web/web-delivery.ts'

/** Sends claimed messages, those of devices together or those of one subscription, and writes down how it went. */
export type Deliver = (rows: readonly DeliveryRow[]) => Promise<void>

export interface DeliverDeps {
  readonly db: Database
  readonly clock: Clock
  readonly outgoing: Outgoing
  readonly keys: UserKeys
  readonly vapid: Vapid
  readonly figures: PushFigures
  readonly findNotification: FindNotification
  readonly reachable: Reachable
  readonly isQuiet: IsQuiet
}

/** What waited longer than this has become old news. */
const MAX_AGE_MS = 24 * 3_600_000
/** What a process took so often without an end, it or the process will not survive the next time either. */
const MAX_CLAIMS = 5

export function createDeliver(given: DeliverDeps): Deliver {
  const deps: DeliverDeps = { ...given, findNotification: loudOnly(given) }
  const { clock } = deps
  const toDevices = createToDevices(deps)
  const toSubscription = createToSubscription(deps)
  const settle = createSettle(deps)
  return async (rows) => {
    const bornAfterMs = clock.nowMs() - MAX_AGE_MS
    const isHopeless = ({ created_at_ms, attempts }: DeliveryRow): boolean =>
      created_at_ms < bornAfterMs || attempts > MAX_CLAIMS
    const [old, fresh] = partition(rows, isHopeless)
    await settle(old, { kind: 'dropped', why: 'too old, or begun too often' }, QUEUE)
    const [first] = fresh
    if (first === undefined) return
    crashPoint('push.claimed')
    await (first.subscription_id === null ? toDevices(fresh) : toSubscription(fresh, first.subscription_id))
  }
}

/** What had to wait is not pushed to whoever is not to be disturbed any more: it counts as gone. */
function loudOnly({ findNotification, isQuiet }: DeliverDeps): FindNotification {
  return async (accountId, notificationId) => {
    const found = await findNotification(accountId, notificationId)
    const isWanted = found === undefined || disturbsAnyway(found.app) || !(await isQuiet(accountId))
    return isWanted ? found : undefined
  }
}

function createToDevices(deps: DeliverDeps): Deliver {
  const { db, clock, findNotification } = deps
  const pauses = createPauses(clock)
  const settle = createSettle(deps)
  const sending = { outgoing: deps.outgoing, keys: deps.keys, nowMs: () => clock.nowMs() }
  const settleReports = async (
    proxyUrl: string,
    reports: readonly ProxyReport<RowsMessage>[],
    service: string,
  ): Promise<void> => {
    for (const same of Map.groupBy(reports, ({ outcome }) => JSON.stringify(outcome)).values()) {
      const outcome = same[0]?.outcome ?? { kind: 'sent' }
      if (outcome.kind === 'later' && outcome.isUnsent !== true) pauses.begin(proxyUrl, outcome.afterMs)
      const rows = same.flatMap(({ message }) => message.rows)
      const told = same.map(({ message }) => message.device)
      const isGone = outcome.kind === 'unknown' || outcome.kind === 'unusable'
      await settle(rows, outcome, service, isGone ? (tx) => deleteDevices(tx, told) : undefined)
    }
  }
  const toProxy = async (
    proxyUrl: string,
    rows: readonly DeliveryRow[],
    devices: ReadonlyMap<number, DeviceRow>,
  ): Promise<void> => {
    const service = new URL(proxyUrl).host
    const paused = pauses.of(proxyUrl)
    if (paused !== undefined) return settle(rows, paused, service)
    const { messages, inVain } = await deviceMessages(rows, devices, findNotification)
    await settle(inVain, { kind: 'dropped', why: 'gone' }, service)
    const reports = await deliverToProxy(sending, proxyUrl, messages)
    crashPoint('push.sent')
    return settleReports(proxyUrl, reports, service)
  }
  return async (rows) => {
    const ids = rows.flatMap(({ device_id }) => device_id ?? [])
    const devices = await loadDevices(db.read, ids)
    const live = await deps.reachable([...devices.values()])
    const byProxy = Map.groupBy(rows, ({ device_id }) => devices.get(device_id ?? 0)?.proxy_url ?? '')
    // Without a device: it was removed, and the rows with it.
    byProxy.delete('')
    const work = [...byProxy].map(async ([proxyUrl, own]) => {
      const [reached, lost] = partition(own, ({ device_id }) => {
        const device = devices.get(device_id ?? 0)
        return device !== undefined && live.has(device)
      })
      await settle(lost, { kind: 'dropped', why: 'unreachable' }, new URL(proxyUrl).host)
      if (reached.length > 0) await toProxy(proxyUrl, reached, devices)
    })
    await Promise.all(work)
  }
}

function createToSubscription(
  deps: DeliverDeps,
): (rows: readonly DeliveryRow[], subscriptionId: number) => Promise<void> {
  const { db, clock, findNotification } = deps
  const pauses = createPauses(clock)
  const settle = createSettle(deps)
  const sending = { outgoing: deps.outgoing, vapid: deps.vapid, nowMs: () => clock.nowMs() }
  const sendOne = async (row: DeliveryRow, subscription: SubscriptionRow): Promise<boolean> => {
    const place = String(subscription.id)
    const paused = pauses.of(place)
    const message = paused === undefined ? await webMessage(row, subscription, findNotification) : undefined
    const outcome =
      paused ??
      (message === undefined
        ? ({ kind: 'dropped', why: 'gone' } as const)
        : await deliverToSubscription(sending, message))
    crashPoint('push.sent')
    if (outcome.kind === 'later' && outcome.isUnsent !== true) pauses.begin(place, outcome.afterMs)
    const isGone = outcome.kind === 'unknown' || outcome.kind === 'unusable'
    const forget = isGone ? { forget: (tx: Parameters<typeof deleteById>[0]) => deleteById(tx, subscription.id) } : {}
    await settle([row], outcome, WEB_PUSH_SERVICE, forget.forget)
    return !isGone
  }
  return async (rows, subscriptionId) => {
    const subscription = (await loadSubscriptions(db.read, [subscriptionId])).get(subscriptionId)
    if (subscription === undefined) return
    const live = await deps.reachable([subscription])
    if (!live.has(subscription)) return settle(rows, { kind: 'dropped', why: 'unreachable' }, WEB_PUSH_SERVICE)
    for (const row of rows) if (!(await sendOne(row, subscription))) return
  }
}

function partition<T>(values: readonly T[], isFirst: (value: T) => boolean): [T[], T[]] {
  return [values.filter(isFirst), values.filter((value) => !isFirst(value))]
}
