import type { Migration } from '../../../db/database.ts'

/** Which credential asked for a link, and when. Links that an app password made go with it. */
export const directLinkCredentialMigration: Migration = {
  name: '20261205-direct-link-credential',
  async up(tx) {
    await tx.schema
      .alterTable('direct_link')
      .addColumn('app_password_id', 'bigint', (column) => column.references('app_password.id').onDelete('cascade'))
      .execute()
    await tx.schema.alterTable('direct_link').addColumn('made_at_ms', 'bigint').execute()
    await tx.schema.createIndex('direct_link_app_password').on('direct_link').column('app_password_id').execute()
  },
}
