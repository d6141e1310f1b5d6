import type { Migration } from '../../../db/database.ts'

/** Links made with an app password for a single folder. */
export const directLinkFolderMigration: Migration = {
  name: '20261202-direct-link-folder',
  async up(tx) {
    await tx.schema.alterTable('direct_link').addColumn('folder_id', 'bigint').execute()
  },
}
