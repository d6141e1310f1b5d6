import type { Migration } from '../../../db/database.ts'

/** Values that administrators set for apps. */
export const appConfigMigration: Migration = {
  name: '20261202-app-config',
  async up(tx) {
    await tx.schema
      .createTable('app_setting')
      .addColumn('app', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('app_setting_key', ['app', 'name'])
      .execute()
  },
}
