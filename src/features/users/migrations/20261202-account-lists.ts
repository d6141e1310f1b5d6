import { sql } from 'kysely'
import type { Migration } from '../../../db/database.ts'

/** For lists of a hundred thousand accounts: who signed in last, and the few that may not. */
export const accountListsMigration: Migration = {
  name: '20261202-account-lists',
  async up(tx) {
    await sql`create index account_last_login on account (last_login_at_ms) where last_login_at_ms is not null`.execute(
      tx,
    )
    await sql`create index account_disabled on account (user_key) where enabled = 0`.execute(tx)
  },
}
