import type { Migration } from '../../../db/database.ts'

/** Who somebody at the identity provider is here, and which sessions and group memberships come from it. */
export const oidcMigration: Migration = {
  name: '20261202-oidc',
  async up(tx) {
    await tx.schema
      .createTable('oidc_identity')
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('oidc_identity_key', ['issuer', 'subject'])
      .execute()
    await tx.schema.createIndex('oidc_identity_account').on('oidc_identity').column('account_id').execute()
    await tx.schema
      .createTable('oidc_session')
      .addColumn('session_key', 'text', (column) =>
        column.primaryKey().references('session.session_key').onDelete('cascade'),
      )
      .execute()
    await tx.schema
      .createTable('oidc_group')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('group_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('oidc_group_key', ['account_id', 'group_id'])
      .execute()
  },
}
