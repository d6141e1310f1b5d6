import type { Generated } from 'kysely'

export interface AccountTable {
  id: Generated<number>
  /** The id on the wire, in the spelling of its creation. */
  user_id: string
  /** `user_id` in lower case: two accounts may not differ in letter case alone. */
  user_key: string
  display_name: string
  /** `display_name` in lower case, for searching. */
  display_key: string
  email: string | null
  email_key: string | null
  /** PHC string, null for an account without a password. */
  password_hash: string | null
  password_changed_at_ms: number
  enabled: number
  /** `default`, `none`, or a number of bytes. */
  quota: string
  language: string
  locale: string
  timezone: string
  notify_email: string | null
  manager: string
  created_at_ms: number
  first_login_at_ms: number | null
  last_login_at_ms: number | null
}

/** Profile fields: a row for each value, and one for each field whose scope was changed. */
export interface AccountPropertyTable {
  account_id: number
  name: string
  /** 0, but for fields with several values. */
  position: number
  value: string
  scope: string
}

declare module '../../db/database.ts' {
  interface Tables {
    account: AccountTable
    account_property: AccountPropertyTable
  }
}
