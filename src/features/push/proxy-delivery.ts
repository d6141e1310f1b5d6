import { constants, publicEncrypt } from 'node:crypto'
import { Fault } from '../../lib/fault.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import { commonOutcome, failureOutcome, type Outcome } from './answers.ts'
import type { DeviceRow } from './device-store.ts'
import type { AlertType, Urgency } from './messages.ts'
import type { UserKeys } from './user-keys.ts'

/** One message for one device, before it is encrypted. */
export interface DeviceMessage {
  readonly device: DeviceRow
  /** JSON of at most `MAX_DEVICE_TEXT_BYTES`. */
  readonly text: string
  readonly urgency: Urgency
  readonly type: AlertType
}

/** As much as one block of RSA with 2048 bits holds beside its padding (RFC 8017 section 7.2.1). */
export const MAX_DEVICE_TEXT_BYTES = 245

/** So few that the answer can name every one of them as unknown in the four kilobytes that are read. */
const MAX_IN_ONE_POST = 40

export interface ProxyReport<M> {
  readonly message: M
  readonly outcome: Outcome
}

export interface ProxyDeliveryDeps {
  readonly outgoing: Outgoing
  readonly keys: UserKeys
  readonly nowMs: () => number
}

/** Sends messages for devices at one proxy, several at once, and says for each how it went. Never throws for one alone. */
export async function deliverToProxy<M extends DeviceMessage>(
  deps: ProxyDeliveryDeps,
  proxyUrl: string,
  messages: readonly M[],
): Promise<ProxyReport<M>[]> {
  const batches: M[][] = []
  for (let start = 0; start < messages.length; start += MAX_IN_ONE_POST) {
    batches.push(messages.slice(start, start + MAX_IN_ONE_POST))
  }
  return (await Promise.all(batches.map((batch) => deliverBatch(deps, proxyUrl, batch)))).flat()
}

async function deliverBatch<M extends DeviceMessage>(
  deps: ProxyDeliveryDeps,
  proxyUrl: string,
  messages: readonly M[],
): Promise<ProxyReport<M>[]> {
  const sealed = await Promise.all(messages.map((message) => seal(deps.keys, message)))
  const { outcome, unknown } = await post(deps, proxyUrl, sealed)
  if (outcome.kind === 'too-large' && messages.length > 1) {
    const half = Math.ceil(messages.length / 2)
    const first = await deliverBatch(deps, proxyUrl, messages.slice(0, half))
    return [...first, ...(await deliverBatch(deps, proxyUrl, messages.slice(half)))]
  }
  return messages.map((message) => ({
    message,
    outcome: unknown.has(message.device.device_identifier) ? { kind: 'unknown' } : outcome,
  }))
}

/** One element of what a proxy takes, in the form and order that it is recorded in (recording notifications-push). */
async function seal(keys: UserKeys, { device, text, urgency, type }: DeviceMessage): Promise<string> {
  const key = await keys.get(device.account_id)
  const subject = publicEncrypt({ key: device.device_key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text))
  const signature = await key.sign(subject)
  return JSON.stringify({
    deviceIdentifier: device.device_identifier,
    pushTokenHash: device.push_token_hash,
    subject: subject.toString('base64'),
    signature: signature.toString('base64'),
    priority: urgency,
    type,
  })
}

interface ProxyAnswer {
  readonly outcome: Outcome
  /** Device identifiers. */
  readonly unknown: ReadonlySet<string>
}

const NOBODY: ReadonlySet<string> = new Set()

async function post(
  { outgoing, nowMs }: ProxyDeliveryDeps,
  proxyUrl: string,
  sealed: readonly string[],
): Promise<ProxyAnswer> {
  const body = new URLSearchParams(sealed.map((element, index) => [`notifications[${index}]`, element])).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  try {
    const answer = await outgoing.send({
      url: `${proxyUrl}/notifications`,
      method: 'POST',
      headers,
      body,
      owner: proxyUrl,
    })
    const outcome = commonOutcome(answer, nowMs())
    const told = answer.status < 500 && answer.status !== 429 ? readAnswer(answer.body.toString()) : undefined
    if (told === undefined) return { outcome, unknown: NOBODY }
    // A proxy that says who is unknown has taken the others, whatever its status.
    return { outcome: outcome.kind === 'refused' ? { kind: 'sent' } : outcome, unknown: told }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { outcome: failureOutcome(error.detail.reason), unknown: NOBODY }
  }
}

/** `{"unknown": [...], "failed": 0}`; undefined for anything else, such as the answer of an old proxy. */
function readAnswer(text: string): ReadonlySet<string> | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || !('failed' in parsed)) return undefined
  const { unknown } = parsed as { readonly unknown?: unknown }
  const names = Array.isArray(unknown) ? unknown.filter((name) => typeof name === 'string') : []
  return new Set(names)
}
