/** A link to one file that anybody who has it can open. The token itself is kept nowhere. */
export interface DirectLinkTable {
  token_digest: string
  account_id: number
  node_id: number
  expires_at_ms: number
  /** When somebody first opened it; null before. */
  used_at_ms: number | null
  /** Whether it was said that it is about to expire. */
  is_expiry_told: number
  /** Of the app password that made it: the link opens nothing outside of this folder. */
  folder_id: number | null
  /** The app password that made it; null for a password or a session. */
  app_password_id: number | null
  /** Null for one that was made before this was kept. */
  made_at_ms: number | null
}

declare module '../../db/database.ts' {
  interface Tables {
    direct_link: DirectLinkTable
  }
}
