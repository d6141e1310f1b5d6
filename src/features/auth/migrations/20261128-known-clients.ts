import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Programs and networks from which an account has signed in with its password. */
export const knownClientsMigration: Migration = {
  name: '20261128-known-clients',
  async up(tx, kind) {
    await tx.schema
      .createTable('known_client')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('client_digest', 'text', (column) => column.notNull())
      .addColumn('user_agent', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .addColumn('last_seen_at_ms', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('known_client_digest', ['account_id', 'client_digest'])
      .execute()
    await tx.schema.createIndex('known_client_seen').on('known_client').column('last_seen_at_ms').execute()
  },
}
