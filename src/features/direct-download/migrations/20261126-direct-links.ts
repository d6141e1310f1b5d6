import type { Migration } from '../../../db/database.ts'

/** Direct links; they go with the file and with the account. */
export const directLinksMigration: Migration = {
  name: '20261126-direct-links',
  async up(tx) {
    await tx.schema
      .createTable('direct_link')
      .addColumn('token_digest', 'text', (column) => column.primaryKey())
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('node_id', 'bigint', (column) => column.notNull().references('node.id').onDelete('cascade'))
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('used_at_ms', 'bigint')
      .addColumn('is_expiry_told', 'integer', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('direct_link_expiry').on('direct_link').column('expires_at_ms').execute()
    await tx.schema.createIndex('direct_link_node').on('direct_link').column('node_id').execute()
    await tx.schema.createIndex('direct_link_account').on('direct_link').column('account_id').execute()
  },
}
