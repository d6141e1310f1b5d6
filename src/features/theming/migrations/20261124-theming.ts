import { bytesType } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Settings and images of the theme, and what accounts have chosen. After `20261124-accounts`. */
export const themingMigration: Migration = {
  name: '20261124-theming',
  async up(tx, kind) {
    await tx.schema
      .createTable('theming_setting')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute()
    await tx.schema
      .createTable('theming_image')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('content_type', 'text', (column) => column.notNull())
      .addColumn('content', bytesType(kind) as 'blob', (column) => column.notNull())
      .addColumn('etag', 'text', (column) => column.notNull())
      .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema
      .createTable('theming_choice')
      .addColumn('account_id', 'bigint', (column) => column.primaryKey().references('account.id').onDelete('cascade'))
      .addColumn('background', 'text', (column) => column.notNull())
      .addColumn('background_color', 'text', (column) => column.notNull())
      .addColumn('themes', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .execute()
  },
}
