import type { Migration } from '../../../db/database.ts'

/** Clients that wait to be let in. */
export const loginFlowMigration: Migration = {
  name: '20261201-login-flow',
  async up(tx) {
    await tx.schema
      .createTable('login_flow')
      .addColumn('poll_digest', 'text', (column) => column.primaryKey())
      .addColumn('flow_digest', 'text', (column) => column.notNull().unique())
      .addColumn('client_name', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('account_id', 'bigint', (column) => column.references('account.id').onDelete('cascade'))
      .execute()
    await tx.schema.createIndex('login_flow_expiry').on('login_flow').column('expires_at_ms').execute()
    await tx.schema.createIndex('login_flow_address').on('login_flow').column('address').execute()
    await tx.schema.createIndex('login_flow_account').on('login_flow').column('account_id').execute()
  },
}
