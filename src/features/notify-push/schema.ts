/** A token that stands for a signed-in account at the websocket, once and for seconds. Kept as a digest. */
export interface PushTokenTable {
  token_digest: string
  account_id: number
  expires_at_ms: number
  via: string
  /** Of the app password or session it was asked for with; it ends with them. */
  app_password_id: number | null
  session_key: string | null
  /** Of that credential. */
  version: string
}

declare module '../../db/database.ts' {
  interface Tables {
    push_token: PushTokenTable
  }
}
