import { constants, publicEncrypt } from 'node:crypto'
import { Fault } from '../../lib/fault.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import { commonOutcome, failureOutcome, type Outcome, RETRY_MS } from './answers.ts'
import type { DeviceRow } from './device-store.ts'
import type { AlertType, Urgency } from './messages.ts'
import type { UserKey, UserKeys } from './user-keys.ts'

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
  const tried = await Promise.all(messages.map((message) => trySealing(deps.keys, message)))
  const spoiled = tried.flatMap(({ message, outcome }) => (outcome === undefined ? [] : [{ message, outcome }]))
  const sealed = tried.filter(({ outcome }) => outcome === undefined)
  return [...spoiled, ...(await postSealed(deps, proxyUrl, sealed))]
}

async function postSealed<M extends DeviceMessage>(
  deps: ProxyDeliveryDeps,
  proxyUrl: string,
  sealed: readonly Sealed<M>[],
): Promise<ProxyReport<M>[]> {
  if (sealed.length === 0) return []
  const { outcome, unknown } = await post(
    deps,
    proxyUrl,
    sealed.map(({ element }) => element),
  )
  if (outcome.kind === 'too-large' && sealed.length > 1) {
    const half = Math.ceil(sealed.length / 2)
    const first = await postSealed(deps, proxyUrl, sealed.slice(0, half))
    return [...first, ...(await postSealed(deps, proxyUrl, sealed.slice(half)))]
  }
  return sealed.map(({ message }) => ({
    message,
    outcome: unknown.has(message.device.device_identifier) ? { kind: 'unknown' } : outcome,
  }))
}

interface Sealed<M> {
  readonly message: M
  /** As the proxy takes it; empty with an outcome. */
  readonly element: string
  /** Why it cannot be sent. */
  readonly outcome: Outcome | undefined
}

/** What is wrong with one message or one account holds up nobody else's. */
async function trySealing<M extends DeviceMessage>(keys: UserKeys, message: M): Promise<Sealed<M>> {
  let key: UserKey
  try {
    key = await keys.get(message.device.account_id)
  } catch (error) {
    const isGone = error instanceof Fault && error.kind === 'not-found'
    const outcome: Outcome = isGone
      ? { kind: 'dropped', why: 'gone' }
      : { kind: 'later', afterMs: RETRY_MS, why: 'the key of the account cannot be read', isUnsent: true }
    return { message, element: '', outcome }
  }
  const subject = encrypted(message)
  if (subject === undefined)
    return { message, element: '', outcome: { kind: 'unusable', why: 'the key of the device' } }
  return { message, element: await sealedElement(key, message, subject), outcome: undefined }
}

/** undefined when nothing can be encrypted with the device's key. */
function encrypted({ device, text }: DeviceMessage): Buffer | undefined {
  try {
    return publicEncrypt({ key: device.device_key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text))
  } catch {
    return undefined
  }
}

/** One element of what a proxy takes, in the form and order that it is recorded in (recording notifications-push). */
async function sealedElement(key: UserKey, { device, urgency, type }: DeviceMessage, subject: Buffer): Promise<string> {
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
