import { sql } from 'kysely'
import type { Migration } from '../../../db/database.ts'

/** Accounts by phone number. For this field alone: others are longer than PostgreSQL takes into an index. */
export const phoneIndexMigration: Migration = {
  name: '20261202-phone-index',
  async up(tx) {
    await sql`create index account_property_phone on account_property (value) where name = 'phone'`.execute(tx)
  },
}
