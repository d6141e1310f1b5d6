import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Groups, their members and their administrators. Runs after `20261124-accounts`, which makes `account`. */
export const groupsMigration: Migration = {
  name: '20261124-groups',
  async up(tx, kind) {
    await tx.schema
      .createTable('account_group')
      .addColumn('group_id', 'text', (column) => column.primaryKey())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema
      .createTable('group_member')
      .$call((table) => bigIdentity(table, 'member_no', kind))
      .addColumn('group_id', 'text', (column) =>
        column.notNull().references('account_group.group_id').onDelete('cascade'),
      )
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addUniqueConstraint('group_member_once', ['group_id', 'account_id'])
      .execute()
    await tx.schema.createIndex('group_member_account').on('group_member').columns(['account_id']).execute()
    await tx.schema
      .createTable('group_admin')
      .addColumn('group_id', 'text', (column) =>
        column.notNull().references('account_group.group_id').onDelete('cascade'),
      )
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('group_admin_once', ['group_id', 'account_id'])
      .execute()
    await tx.schema.createIndex('group_admin_account').on('group_admin').columns(['account_id']).execute()
  },
}
