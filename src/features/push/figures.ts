import type { Database } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import { countWaiting } from './delivery-store.ts'

/** What became of messages, for `/metrics`. */
export interface PushFigures {
  /** `service`: the host of a push proxy, `web-push` for all push services together, or `queue`. */
  count(service: string, result: PushResult, messages?: number): void
}

/** `dropped`: not sent, because it was too old, too many or in vain. */
export type PushResult = 'sent' | 'unknown' | 'retried' | 'refused' | 'failed' | 'dropped'

export const WEB_PUSH_SERVICE = 'web-push'
/** For what never came as far as anybody. */
export const QUEUE = 'queue'

export function createFigures(metrics: Metrics, db: Database): PushFigures {
  const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>()
  metrics.add({
    name: 'cloudlet_push_deliveries_waiting',
    help: 'Messages that wait to be pushed, to devices through proxies and to subscriptions for web push',
    type: 'gauge',
    async read() {
      const { devices, subscriptions } = await countWaiting(db.read)
      return [
        { labels: { kind: 'device' }, value: devices },
        { labels: { kind: 'web-push' }, value: subscriptions },
      ]
    },
  })
  metrics.add({
    name: 'cloudlet_push_deliveries_total',
    help: 'Messages that were pushed or could not be, by push proxy (its host, or web-push) and result',
    type: 'counter',
    read: async () => [...counts.values()],
  })
  return {
    count(service, result, messages = 1) {
      const key = `${service} ${result}`
      const entry = counts.get(key) ?? { labels: { service, result }, value: 0 }
      entry.value += messages
      counts.set(key, entry)
    },
  }
}
