import type { Migration } from '../../../db/database.ts'

/** What accounts prefer; it goes with the account. */
export const preferencesMigration: Migration = {
  name: '20261202-preferences',
  async up(tx) {
    await tx.schema
      .createTable('preference')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('app', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('preference_key', ['account_id', 'app', 'name'])
      .execute()
  },
}
