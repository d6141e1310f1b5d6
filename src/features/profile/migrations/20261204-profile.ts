import type { Migration } from '../../../db/database.ts'

/** To whom accounts show which part of their profile; it goes with the account. */
export const profileMigration: Migration = {
  name: '20261204-profile',
  async up(tx) {
    await tx.schema
      .createTable('profile_visibility')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('field', 'text', (column) => column.notNull())
      .addColumn('visibility', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('profile_visibility_key', ['account_id', 'field'])
      .execute()
  },
}
