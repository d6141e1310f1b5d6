import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Accounts and their profile fields. */
export const accountsMigration: Migration = {
  name: '20261124-accounts',
  async up(tx, kind) {
    await tx.schema
      .createTable('account')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('user_key', 'text', (column) => column.notNull().unique())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('display_key', 'text', (column) => column.notNull())
      .addColumn('email', 'text')
      .addColumn('email_key', 'text')
      .addColumn('password_hash', 'text')
      .addColumn('password_changed_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('quota', 'text', (column) => column.notNull())
      .addColumn('language', 'text', (column) => column.notNull())
      .addColumn('locale', 'text', (column) => column.notNull())
      .addColumn('timezone', 'text', (column) => column.notNull())
      .addColumn('notify_email', 'text')
      .addColumn('manager', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('first_login_at_ms', 'bigint')
      .addColumn('last_login_at_ms', 'bigint')
      .execute()
    await tx.schema.createIndex('account_email').on('account').columns(['email_key']).execute()
    await tx.schema
      .createTable('account_property')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('scope', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('account_property_key', ['account_id', 'name', 'position'])
      .execute()
  },
}
