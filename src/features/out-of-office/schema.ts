import type { Generated } from 'kysely'

/** The absence that an account has announced; at most one. */
export interface OutOfOfficeTable {
  /** Also on the wire. */
  id: Generated<number>
  account_id: number
  /** `YYYY-MM-DD`, in the time zone of the account. */
  first_day: string
  /** Included. */
  last_day: string
  /** Shown as the message of the account's status while it is away; empty for the usual words. */
  short_text: string
  message: string
  replacement_account_id: number | null
  /** `waiting`, `begun` (the status says so) or `over`. */
  state: string
}

declare module '../../db/database.ts' {
  interface Tables {
    out_of_office: OutOfOfficeTable
  }
}
