import type { DeliveryRow } from './delivery-store.ts'
import type { DeviceRow } from './device-store.ts'
import {
  ALL_REMOVED_TEXT,
  activationText,
  alertTypeOf,
  manyRemovedText,
  notificationText,
  type PushedNotification,
  removedText,
  urgencyOf,
} from './messages.ts'
import { type DeviceMessage, MAX_DEVICE_TEXT_BYTES } from './proxy-delivery.ts'
import type { SubscriptionRow } from './web/subscription-store.ts'
import type { WebMessage } from './web/web-delivery.ts'

/** undefined: it is gone, and nobody needs to hear of it. */
export type FindNotification = (accountId: number, notificationId: number) => Promise<PushedNotification | undefined>

/** A message with the rows of the queue that it stands for. */
export type RowsMessage = DeviceMessage & { readonly rows: readonly DeliveryRow[] }

/** So many ids of removed notifications fit into one message. */
const MAX_REMOVED_TOGETHER = 10

/** What is sent for rows of devices; `inVain` are those whose notification is gone. */
export async function deviceMessages(
  rows: readonly DeliveryRow[],
  devices: ReadonlyMap<number, DeviceRow>,
  find: FindNotification,
): Promise<{ readonly messages: RowsMessage[]; readonly inVain: DeliveryRow[] }> {
  const messages: RowsMessage[] = []
  const inVain: DeliveryRow[] = []
  for (const together of rowsTogether(rows, devices)) {
    const [row] = together
    const device = devices.get(row?.device_id ?? 0)
    if (row === undefined || device === undefined) continue
    const message = row.message === 'added' ? await addedMessage(row, device, find) : removedMessage(together, device)
    if (message === undefined) inVain.push(row)
    else messages.push({ ...message, rows: together })
  }
  return { messages, inVain }
}

async function addedMessage(
  row: DeliveryRow,
  device: DeviceRow,
  find: FindNotification,
): Promise<DeviceMessage | undefined> {
  const notification = await find(row.account_id, row.notification_id ?? 0)
  if (notification === undefined) return undefined
  const text = notificationText(notification, MAX_DEVICE_TEXT_BYTES)
  return { device, text, urgency: urgencyOf(notification.app), type: alertTypeOf(notification) }
}

function removedMessage(rows: readonly DeliveryRow[], device: DeviceRow): DeviceMessage {
  return { device, text: removedTextOf(rows), urgency: 'normal', type: 'background' }
}

function removedTextOf(rows: readonly DeliveryRow[]): string {
  const ids = rows.flatMap(({ notification_id }) => notification_id ?? [])
  const [first, ...others] = ids
  if (first === undefined) return ALL_REMOVED_TEXT
  return others.length === 0 ? removedText(first) : manyRemovedText(ids)
}

/** Each row alone, but removals for Talk ten at a time: the other apps read one id in a message. */
function rowsTogether(rows: readonly DeliveryRow[], devices: ReadonlyMap<number, DeviceRow>): DeliveryRow[][] {
  const isJoined = ({ message, device_id }: DeliveryRow): boolean =>
    message === 'removed' && devices.get(device_id ?? 0)?.app_kind === 'talk'
  const alone = rows.filter((row) => !isJoined(row)).map((row) => [row])
  const joined = Map.groupBy(rows.filter(isJoined), ({ device_id }) => device_id)
  return [...alone, ...[...joined.values()].flatMap((own) => inTens(own))]
}

function inTens(rows: readonly DeliveryRow[]): DeliveryRow[][] {
  const count = Math.ceil(rows.length / MAX_REMOVED_TOGETHER)
  return Array.from({ length: count }, (_, index) =>
    rows.slice(index * MAX_REMOVED_TOGETHER, (index + 1) * MAX_REMOVED_TOGETHER),
  )
}

/** What is sent for a row of a subscription; undefined when its notification is gone. */
export async function webMessage(
  row: DeliveryRow,
  subscription: SubscriptionRow,
  find: FindNotification,
): Promise<WebMessage | undefined> {
  if (row.message === 'activation') {
    return { subscription, write: () => activationText(subscription.activation_token) }
  }
  if (row.message === 'all-removed') return { subscription, write: () => ALL_REMOVED_TEXT, urgency: 'normal' }
  const id = row.notification_id ?? 0
  const topic = `nid${id}`
  if (row.message === 'removed') return { subscription, write: () => removedText(id), urgency: 'normal', topic }
  const notification = await find(row.account_id, id)
  if (notification === undefined) return undefined
  const write = (maxBytes: number): string => notificationText(notification, maxBytes)
  return { subscription, write, urgency: urgencyOf(notification.app), topic }
}
