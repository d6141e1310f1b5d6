import { sql } from 'kysely'
import type { Migration } from '../../../db/database.ts'

/** Folders that were deleted at once and go bit by bit; and a short way to the root of a tree. */
export const detachedTreesMigration: Migration = {
  name: '20261202-detached-trees',
  async up(tx) {
    await tx.schema.alterTable('tree').addColumn('detached_from_id', 'bigint').execute()
    await tx.schema.createIndex('tree_detached').on('tree').column('detached_from_id').execute()
    await tx.schema
      .createIndex('node_root')
      .on('node')
      .column('tree_id')
      .where(sql.ref('parent_id'), 'is', null)
      .execute()
  },
}
