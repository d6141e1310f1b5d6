import type { Generated } from 'kysely'

/** The key with which this server signs what it pushes to the devices of an account. */
export interface PushKeyTable {
  account_id: number
  /** SubjectPublicKeyInfo, PEM. */
  public_key: string
  /** PKCS#8, PEM. */
  private_key: string
}

/** A phone that is reached through a push proxy. One for each app password, and gone with it. */
export interface PushDeviceTable {
  id: Generated<number>
  account_id: number
  app_password_id: number
  /** SHA-512 of the token that Apple or Google gave the device, hex. */
  push_token_hash: string
  /** SubjectPublicKeyInfo, PEM, without a final line end. */
  device_key: string
  /** Address of the proxy, without a final slash. */
  proxy_url: string
  device_identifier: string
  /** `files`, `talk` or `unknown`. */
  app_kind: string
  registered_at_ms: number
}

/** A browser or app that is reached through a push service of its own choice. Gone with the credential that made it. */
export interface PushSubscriptionTable {
  id: Generated<number>
  account_id: number
  /** One of these two is set. */
  app_password_id: number | null
  session_key: string | null
  endpoint: string
  /** Base64url of an uncompressed point on P-256 (RFC 8291). */
  p256dh: string
  /** Base64url of 16 bytes (RFC 8291). */
  auth: string
  /** As the client wrote it: `all,-spreed`. */
  app_types: string
  /** Address by which the client reaches this server; for the push service, should it want to complain. */
  base_url: string
  /** What the client has to send back to show that messages arrive. */
  activation_token: string
  /** 0 until it did. */
  active: number
  created_at_ms: number
}

/** The key that names this server to push services (RFC 8292). One row. */
export interface PushVapidKeyTable {
  name: string
  /** Base64url of an uncompressed point on P-256. */
  public_key: string
  /** PKCS#8, PEM. */
  private_key: string
}

/** One message for one device or subscription: waiting, or done with its result, which is kept for a day. */
export interface PushDeliveryTable {
  id: Generated<number>
  account_id: number
  /** One of these two is set. */
  device_id: number | null
  subscription_id: number | null
  /** `added`, `removed`, `all-removed` or `activation`. */
  message: string
  notification_id: number | null
  due_at_ms: number
  /** Whoever sends it has it until then; 0 when nobody does. */
  leased_until_ms: number
  attempts: number
  /** Of the last attempt; empty before it. */
  result: string
  created_at_ms: number
  done_at_ms: number | null
}

declare module '../../db/database.ts' {
  interface Tables {
    push_key: PushKeyTable
    push_device: PushDeviceTable
    push_subscription: PushSubscriptionTable
    push_vapid_key: PushVapidKeyTable
    push_delivery: PushDeliveryTable
  }
}
