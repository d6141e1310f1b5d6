import type { Migration } from '../../../db/database.ts'

/** Copies of large folders that grow bit by bit, where nobody sees them. */
export const copiesMigration: Migration = {
  name: '20261203-copies',
  async up(tx) {
    await tx.schema.alterTable('tree').addColumn('grown_at_ms', 'bigint').execute()
  },
}
