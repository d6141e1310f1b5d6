import type { Migration } from '../../../db/database.ts'

/** Tokens for the websocket. */
export const notifyPushMigration: Migration = {
  name: '20261129-notify-push',
  async up(tx) {
    await tx.schema
      .createTable('push_token')
      .addColumn('token_digest', 'text', (column) => column.primaryKey())
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('via', 'text', (column) => column.notNull())
      .addColumn('app_password_id', 'bigint')
      .addColumn('session_key', 'text')
      .addColumn('version', 'text', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('push_token_account').on('push_token').column('account_id').execute()
    await tx.schema.createIndex('push_token_expiry').on('push_token').column('expires_at_ms').execute()
  },
}
