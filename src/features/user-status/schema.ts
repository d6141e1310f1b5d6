/** How available an account is, and what it says about it. None until it is set or a client is there. */
export interface UserStatusTable {
  account_id: number
  /** One of `STATUS_TYPES`. */
  type: string
  /** Whether the account has chosen the type; else a client that is there has said it. */
  is_chosen: number
  /** When the type was set, or a client last said that somebody is there. */
  type_at_ms: number
  /** Of a message in the language of whoever reads it; null for the account's own, and for none. */
  message_id: string | null
  icon: string | null
  message: string | null
  /** When the message goes. */
  clear_at_ms: number | null
  /** What an automatic status, such as an absence, has taken the place of: the columns above as JSON. */
  replaced: string | null
}

declare module '../../db/database.ts' {
  interface Tables {
    user_status: UserStatusTable
  }
}
