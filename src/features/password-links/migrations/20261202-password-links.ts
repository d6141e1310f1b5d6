import type { Migration } from '../../../db/database.ts'

/** Addresses at which a password may be set. */
export const passwordLinksMigration: Migration = {
  name: '20261202-password-links',
  async up(tx) {
    await tx.schema
      .createTable('password_link')
      .addColumn('digest', 'text', (column) => column.primaryKey())
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('password_link_account').on('password_link').column('account_id').execute()
    await tx.schema.createIndex('password_link_expiry').on('password_link').column('expires_at_ms').execute()
  },
}
