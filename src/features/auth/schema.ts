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

export interface TotpTable {
  account_id: number
  /** See `lib/seal.ts`. */
  sealed_secret: string
  /** 0 while it is being set up: the first right code switches it on. */
  is_on: number
  /** Half minute since 1970 of the last code that was taken: no code is taken twice. */
  last_step: number
  created_at_ms: number
}

export interface RecoveryCodeTable {
  account_id: number
  /** SHA-256, hex. The code itself is kept nowhere. A used one is deleted. */
  code_digest: string
}

/** Somebody who has typed the right password, and is nobody until the code is right, too. */
export interface PendingLoginTable {
  /** SHA-256 of the cookie, hex. */
  token_digest: string
  account_id: number
  redirect_path: string
  attempts: number
  created_at_ms: number
}

/** Who has to have a second factor. */
export interface TwoFactorRuleTable {
  /** `all` with an empty group; `group` for members of a group alone; `exclude` for groups that need none. */
  kind: string
  group_id: string
}

declare module '../../db/database.ts' {
  interface Tables {
    app_password: AppPasswordTable
    session: SessionTable
    throttle: ThrottleTable
    instance_secret: InstanceSecretTable
    known_client: KnownClientTable
    totp: TotpTable
    recovery_code: RecoveryCodeTable
    pending_login: PendingLoginTable
    two_factor_rule: TwoFactorRuleTable
  }
}
