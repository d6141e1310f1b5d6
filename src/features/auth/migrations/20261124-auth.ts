import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** App passwords, sessions, counted guesses and the secrets of this installation. After `20261124-accounts`. */
export const authMigration: Migration = {
  name: '20261124-auth',
  async up(tx, kind) {
    await tx.schema
      .createTable('app_password')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('token_digest', 'text', (column) => column.notNull().unique())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('wipe', 'text', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('app_password_account').on('app_password').columns(['account_id']).execute()
    await tx.schema
      .createTable('session')
      .addColumn('session_key', 'text', (column) => column.primaryKey())
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_seen_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('confirmed_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('user_agent', 'text', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('session_account').on('session').columns(['account_id']).execute()
    await tx.schema
      .createTable('throttle')
      .addColumn('account_key', 'text', (column) => column.notNull())
      .addColumn('network', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('window_started_at_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('throttle_key', ['account_key', 'network'])
      .execute()
    await tx.schema
      .createTable('instance_secret')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute()
  },
}
