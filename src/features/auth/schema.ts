import type { Generated } from 'kysely'

export interface AppPasswordTable {
  id: Generated<number>
  account_id: number
  /** What the device is called. */
  name: string
  /** SHA-256 of the secret, hex. The secret itself is kept nowhere. */
  token_digest: string
  created_at_ms: number
  last_used_at_ms: number
  /**
   * `none`; `wanted` while the device still has to delete its data, `started` when it knows: the secret opens nothing any
   * more.
   */
  wipe: string
  is_read_only: Generated<number>
  /** The only folder that it opens. */
  folder_id: number | null
  /** When it stops by itself. */
  ends_at_ms: number | null
  /** It can only be turned into an app password, once. */
  is_one_time: Generated<number>
}

export interface SessionTable {
  /** SHA-256 of the cookie, hex. */
  session_key: string
  account_id: number
  created_at_ms: number
  last_seen_at_ms: number
  expires_at_ms: number
  /** When the password was last typed in this session. */
  confirmed_at_ms: number
  user_agent: string
}

export interface ThrottleTable {
  /** Account key, or empty for the network as a whole. */
  account_key: string
  network: string
  attempts: number
  window_started_at_ms: number
}

export interface InstanceSecretTable {
  name: string
  value: string
}

export interface KnownClientTable {
  id: Generated<number>
  account_id: number
  /** SHA-256 of program and network, hex. */
  client_digest: string
  /** Of its first sign-in, as the address. */
  user_agent: string
  address: string
  last_seen_at_ms: number
}

declare module '../../db/database.ts' {
  interface Tables {
    app_password: AppPasswordTable
    session: SessionTable
    throttle: ThrottleTable
    instance_secret: InstanceSecretTable
    known_client: KnownClientTable
  }
}
