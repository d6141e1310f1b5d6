import { randomUUID } from 'node:crypto'
import type { WebPush } from '../../../config/load.ts'
import type { Database, Tx } from '../../../db/database.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../../db/errors.ts'
import type { AccountViewer } from '../../../http/viewer.ts'
import type { Clock } from '../../../lib/clock.ts'
import { sameSecret } from '../../../lib/digest.ts'
import { Fault } from '../../../lib/fault.ts'
import type { Outgoing } from '../../../outgoing/outgoing.ts'
import { pushFault } from '../device-rules.ts'
import { acceptAppTypes, acceptAuth, acceptEndpoint, acceptP256dh } from './subscription-rules.ts'
import * as store from './subscription-store.ts'

export interface SubscriptionInput {
  readonly endpoint: string
  readonly uaPublicKey: string
  readonly auth: string
  readonly appTypes: string
}

/** Subscriptions for web push, from browsers and apps (UnifiedPush). Faults carry the word on the wire as reason. */
export interface Subscriptions {
  /**
   * `asked`: the client has to send back a token that is on its way. `kept`: it is active as before, with these types.
   * Throws Fault `bad-request` or `forbidden`.
   */
  subscribe(viewer: AccountViewer, input: SubscriptionInput, baseUrl: string): Promise<'asked' | 'kept'>
  /** Throws Fault `bad-request`, `forbidden` or `not-found`. */
  activate(viewer: AccountViewer, token: string): Promise<'activated' | 'active'>
  /** Returns whether there was one; also where web push is off. */
  unsubscribe(viewer: AccountViewer): Promise<boolean>
  /** Whether this viewer may subscribe. */
  isOpenTo(viewer: AccountViewer): boolean
  sweep(): Promise<void>
}

export interface SubscriptionsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly outgoing: Outgoing
  readonly webPush: WebPush
  /** Has the activation token sent, once the transaction is committed. */
  readonly askForToken: (tx: Tx, accountId: number, subscriptionId: number) => Promise<void>
}

const ACTIVATION_MS = 24 * 3_600_000

export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  const { db, clock, outgoing, webPush } = deps
  const isOpenTo = ({ via }: AccountViewer): boolean =>
    webPush === 'all' || (webPush === 'apps' && via === 'app-password')
  const refuseClosed = (viewer: AccountViewer): void => {
    if (isOpenTo(viewer)) return
    const data = { message: 'WEBPUSH_DISABLED' }
    throw new Fault('forbidden', '', { reason: 'WEBPUSH_DISABLED', data })
  }
  return {
    isOpenTo,
    async subscribe(viewer, input, baseUrl) {
      refuseClosed(viewer)
      const told = {
        p256dh: acceptP256dh(input.uaPublicKey),
        auth: acceptAuth(input.auth),
        endpoint: acceptEndpoint(input.endpoint, outgoing),
        app_types: acceptAppTypes(input.appTypes),
      }
      const row = { ...told, ...credentialOf(viewer), account_id: viewer.accountId, base_url: baseUrl, active: 0 }
      const made = { ...row, activation_token: randomUUID(), created_at_ms: clock.nowMs() }
      return db.write((tx) => replace(tx, made, deps.askForToken)).catch(asFault)
    },
    async activate(viewer, token) {
      refuseClosed(viewer)
      const row = await findOwn(db, viewer)
      if (row === undefined) {
        throw new Fault('not-found', '', { reason: 'none', data: { message: 'NO_PUSH_SUBSCRIPTION' } })
      }
      if (!sameSecret(row.activation_token, token)) throw pushFault('INVALID_ACTIVATION_TOKEN')
      if (row.active === 1) return 'active'
      await db.write((tx) => store.updateSubscription(tx, row.id, { active: 1 }))
      return 'activated'
    },
    async unsubscribe(viewer) {
      const credential = ownCredential(viewer)
      if (credential === undefined) return false
      return db.write((tx) => store.deleteSubscription(tx, viewer.accountId, credential))
    },
    async sweep() {
      await db.write((tx) => store.deleteInactive(tx, clock.nowMs() - ACTIVATION_MS))
    },
  }
}

async function replace(
  tx: Tx,
  row: Omit<store.SubscriptionRow, 'id'>,
  askForToken: SubscriptionsDeps['askForToken'],
): Promise<'asked' | 'kept'> {
  const known = await store.findSubscription(tx, row.account_id, row)
  const isSame = known?.endpoint === row.endpoint && known.p256dh === row.p256dh && known.auth === row.auth
  if (known !== undefined && known.active === 1 && isSame) {
    await store.updateSubscription(tx, known.id, { app_types: row.app_types, base_url: row.base_url })
    return 'kept'
  }
  // A new row: whatever still waits for the old one is not sent to the new address.
  if (known !== undefined) await store.deleteById(tx, known.id)
  await askForToken(tx, row.account_id, await store.insertSubscription(tx, row))
  return 'asked'
}

async function findOwn(db: Database, viewer: AccountViewer): Promise<store.SubscriptionRow | undefined> {
  const credential = ownCredential(viewer)
  return credential === undefined ? undefined : store.findSubscription(db.read, viewer.accountId, credential)
}

/** A password names no client: nothing that it subscribes could be taken away from one client alone. */
function credentialOf(viewer: AccountViewer): store.Credential {
  const credential = ownCredential(viewer)
  if (credential === undefined) throw pushFault('INVALID_SESSION_TOKEN')
  return credential
}

function ownCredential({ appPasswordId, sessionKey }: AccountViewer): store.Credential | undefined {
  if (appPasswordId !== undefined) return { app_password_id: appPasswordId, session_key: null }
  return sessionKey === undefined ? undefined : { app_password_id: null, session_key: sessionKey }
}

/** The credential was taken away meanwhile, or the same client was here twice at once. */
function asFault(error: unknown): never {
  if (isForeignKeyViolation(error)) throw pushFault('INVALID_SESSION_TOKEN')
  if (isUniqueViolation(error)) throw new Fault('conflict', 'This client has subscribed at the same time')
  throw error
}
