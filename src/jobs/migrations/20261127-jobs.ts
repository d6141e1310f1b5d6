import { bigIdentity } from '../../db/columns.ts'
import type { Migration } from '../../db/database.ts'

/** Work that is done after its transaction. */
export const jobsMigration: Migration = {
  name: '20261127-jobs',
  async up(tx, kind) {
    await tx.schema
      .createTable('job')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('key', 'text')
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('run_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('leased_until_ms', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('last_error', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('failed_at_ms', 'bigint')
      .addUniqueConstraint('job_key', ['kind', 'key'])
      .execute()
    await tx.schema.createIndex('job_due').on('job').columns(['failed_at_ms', 'run_at_ms', 'id']).execute()
  },
}
