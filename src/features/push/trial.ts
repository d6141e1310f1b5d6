import { setTimeout } from 'node:timers/promises'
import type { Database } from '../../db/database.ts'
import { type DeliveryRow, listAdded } from './delivery-store.ts'
import { listDevices } from './device-store.ts'
import type { IsQuiet, Queue } from './queue.ts'
import type { Sender } from './sender.ts'
import { listActive } from './web/subscription-store.ts'

/** A device or subscription, and what became of the notification that it was sent. */
export interface Tried {
  readonly kind: 'device' | 'web-push'
  /** `files`, `talk` or `unknown` for a device; which apps a subscription wants. */
  readonly app: string
  /** The app password that it belongs to; null for the session of a browser. */
  readonly appPasswordId: number | null
  /** Host of the push proxy or push service. */
  readonly host: string
  /** For administrators alone: it may hold what the other side has answered. */
  readonly result: string
  readonly outcome: 'sent' | 'not wanted' | 'not taken' | 'later'
}

/** Tries the devices of an account: sends them a notification that is there already, at once, and says how it went. */
export type TryDevices = (accountId: number, notificationId: number, app: string) => Promise<Tried[]>

export interface TrialDeps {
  readonly db: Database
  readonly queue: Pick<Queue, 'addAdded'>
  readonly sender: Pick<Sender, 'sendOnly'>
  readonly isQuiet: IsQuiet
}

/** When another process has taken the messages first. */
const LOOK_EVERY_MS = 200
const LOOKS = 75

export function createTrial({ db, queue, sender, isQuiet }: TrialDeps): TryDevices {
  return async (accountId, notificationId, app) => {
    const devices = await listDevices(db.read, accountId)
    const subscriptions = await listActive(db.read, accountId)
    // The event of the notification does the same; whoever comes second changes nothing.
    await queue.addAdded({ accountId, notificationId, app })
    await sender.sendOnly({ accountId, notificationId })
    const rows = await waitForEnd(db, accountId, notificationId)
    const without = (await isQuiet(accountId)) ? QUIET : UNWANTED
    const toDevices = devices.map(({ id, app_kind, app_password_id, proxy_url }) => ({
      kind: 'device' as const,
      app: app_kind,
      appPasswordId: app_password_id,
      host: new URL(proxy_url).host,
      ...endOf(rows.find(({ device_id }) => device_id === id) ?? without),
    }))
    const toSubscriptions = subscriptions.map(({ id, app_types, app_password_id, endpoint }) => ({
      kind: 'web-push' as const,
      app: app_types,
      appPasswordId: app_password_id,
      host: new URL(endpoint).host,
      ...endOf(rows.find(({ subscription_id }) => subscription_id === id) ?? without),
    }))
    return [...toDevices, ...toSubscriptions]
  }
}

/** What the owner of the account reads: not a word of what anybody has answered. */
export function ownersLines(tried: readonly Tried[]): string[] {
  if (tried.length === 0) return ['No devices found for user']
  const lines = tried.map(({ kind, app, host, outcome }) => `${kind} (${app}) at ${host}: ${outcome}`)
  return [`Found ${tried.length} devices registered for push notifications`, ...lines]
}

async function waitForEnd(db: Database, accountId: number, notificationId: number): Promise<DeliveryRow[]> {
  for (let look = 0; ; look++) {
    const rows = await listAdded(db.read, accountId, [notificationId])
    const isAtWork = rows.some(({ done_at_ms, leased_until_ms }) => done_at_ms === null && leased_until_ms > 0)
    if (!isAtWork || look >= LOOKS) return rows
    await setTimeout(LOOK_EVERY_MS)
  }
}

type End = Pick<Tried, 'result' | 'outcome'>

/** Nothing was to be sent to it. */
const UNWANTED: End = { result: 'not for this one, or it was unknown there and is forgotten', outcome: 'not wanted' }
const QUIET: End = { result: 'the account is not to be disturbed', outcome: 'not wanted' }

function endOf(row: DeliveryRow | End): End {
  if ('outcome' in row) return row
  if (row.result === 'sent') return { result: 'sent', outcome: 'sent' }
  if (row.done_at_ms !== null) return { result: row.result, outcome: 'not taken' }
  return { result: `will be tried again${row.result === '' ? '' : ` (${row.result})`}`, outcome: 'later' }
}
