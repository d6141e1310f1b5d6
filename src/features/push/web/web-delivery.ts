import { Fault } from '../../../lib/fault.ts'
import type { Outgoing } from '../../../outgoing/outgoing.ts'
import { commonOutcome, failureOutcome, type Outcome } from '../answers.ts'
import type { Urgency } from '../messages.ts'
import { encryptFor, MAX_TEXT_BYTES } from './encryption.ts'
import type { SubscriptionRow } from './subscription-store.ts'
import type { Vapid } from './vapid.ts'

/** One message for one subscription, before it is encrypted. */
export interface WebMessage {
  readonly subscription: SubscriptionRow
  /** JSON; `writes` it again in fewer bytes. */
  readonly write: (maxBytes: number) => string
  /** None for the activation (recording notifications-webpush). */
  readonly urgency?: Urgency
  /** A later message of the same topic takes the place of one that was not delivered yet (RFC 8030 section 5.4). */
  readonly topic?: string
}

export interface WebDeliveryDeps {
  readonly outgoing: Outgoing
  readonly vapid: Vapid
  readonly nowMs: () => number
}

/** Four weeks, in seconds, for a push service to keep a message (recording notifications-webpush). */
const TTL_SECONDS = 2_419_200
/** For push services that say a message is too large. */
const SHORT_BYTES = 512

/** Sends one message to a push service (RFC 8030). */
export async function deliverToSubscription(deps: WebDeliveryDeps, message: WebMessage): Promise<Outcome> {
  const outcome = await post(deps, message, message.write(MAX_TEXT_BYTES), {})
  if (outcome.kind !== 'too-large') return outcome
  return post(deps, message, message.write(SHORT_BYTES), { paddedBytes: 0 })
}

async function post(
  { outgoing, vapid, nowMs }: WebDeliveryDeps,
  { subscription, urgency, topic }: WebMessage,
  text: string,
  padding: { readonly paddedBytes?: number },
): Promise<Outcome> {
  const { endpoint, account_id, base_url } = subscription
  const headers = {
    'content-type': 'application/octet-stream',
    'content-encoding': 'aes128gcm',
    ttl: String(TTL_SECONDS),
    ...(urgency === undefined ? {} : { urgency }),
    ...(topic === undefined ? {} : { topic }),
    authorization: await vapid.authorization(new URL(endpoint), base_url),
  }
  let body: Buffer
  try {
    body = await encryptFor(subscription, text, padding)
  } catch {
    return { kind: 'unusable', why: 'the keys of the subscription' }
  }
  try {
    const request = { url: endpoint, method: 'POST', headers, body, owner: `account ${account_id}` } as const
    const answer = await outgoing.send(request)
    // RFC 8030 section 7.3, and what push services say in practice.
    if (answer.status === 404 || answer.status === 410) return { kind: 'unknown' }
    return commonOutcome(answer, nowMs())
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return failureOutcome(error.detail.reason)
  }
}
