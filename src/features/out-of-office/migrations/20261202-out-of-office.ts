import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Absences; they go with the account. */
export const outOfOfficeMigration: Migration = {
  name: '20261202-out-of-office',
  async up(tx, kind) {
    await tx.schema
      .createTable('out_of_office')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) =>
        column.notNull().unique().references('account.id').onDelete('cascade'),
      )
      .addColumn('first_day', 'text', (column) => column.notNull())
      .addColumn('last_day', 'text', (column) => column.notNull())
      .addColumn('short_text', 'text', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('replacement_account_id', 'bigint', (column) => column.references('account.id').onDelete('set null'))
      .addColumn('state', 'text', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('out_of_office_state').on('out_of_office').columns(['state', 'first_day']).execute()
    await tx.schema
      .createIndex('out_of_office_replacement')
      .on('out_of_office')
      .column('replacement_account_id')
      .execute()
  },
}
