import type { Migration } from '../../../db/database.ts'

/** What accounts say about themselves; it goes with the account. */
export const userStatusMigration: Migration = {
  name: '20261202-user-status',
  async up(tx) {
    await tx.schema
      .createTable('user_status')
      .addColumn('account_id', 'bigint', (column) => column.primaryKey().references('account.id').onDelete('cascade'))
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('is_chosen', 'integer', (column) => column.notNull())
      .addColumn('type_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('message_id', 'text')
      .addColumn('icon', 'text')
      .addColumn('message', 'text')
      .addColumn('clear_at_ms', 'bigint')
      .addColumn('replaced', 'text')
      .execute()
    await tx.schema.createIndex('user_status_clear').on('user_status').column('clear_at_ms').execute()
    await tx.schema.createIndex('user_status_type').on('user_status').columns(['type', 'type_at_ms']).execute()
  },
}
