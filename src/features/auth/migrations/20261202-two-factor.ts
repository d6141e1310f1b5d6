import type { Migration } from '../../../db/database.ts'

/** Codes of a second device, what replaces it, sign-ins that wait for one, and who has to have one. */
export const twoFactorMigration: Migration = {
  name: '20261202-two-factor',
  async up(tx) {
    await tx.schema
      .createTable('totp')
      .addColumn('account_id', 'bigint', (column) => column.primaryKey().references('account.id').onDelete('cascade'))
      .addColumn('sealed_secret', 'text', (column) => column.notNull())
      .addColumn('is_on', 'integer', (column) => column.notNull())
      .addColumn('last_step', 'bigint', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema
      .createTable('recovery_code')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('code_digest', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('recovery_code_key', ['account_id', 'code_digest'])
      .execute()
    await tx.schema
      .createTable('pending_login')
      .addColumn('token_digest', 'text', (column) => column.primaryKey())
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('redirect_path', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('pending_login_account').on('pending_login').column('account_id').execute()
    await tx.schema
      .createTable('two_factor_rule')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('group_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('two_factor_rule_key', ['kind', 'group_id'])
      .execute()
  },
}
