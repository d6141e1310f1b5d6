import type { Migration } from '../../../db/database.ts'

/** What an app password may do less than its account. */
export const appPasswordLimitsMigration: Migration = {
  name: '20261202-app-password-limits',
  async up(tx) {
    await tx.schema
      .alterTable('app_password')
      .addColumn('is_read_only', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
    // No foreign key: with the folder gone the app password opens nothing, and never everything.
    await tx.schema.alterTable('app_password').addColumn('folder_id', 'bigint').execute()
    await tx.schema.alterTable('app_password').addColumn('ends_at_ms', 'bigint').execute()
    await tx.schema
      .alterTable('app_password')
      .addColumn('is_one_time', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  },
}
