import { bytesType } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Pictures that accounts have put up for themselves, in the two sizes that are sent; they go with the account. */
export const avatarsMigration: Migration = {
  name: '20261203-avatars',
  async up(tx, kind) {
    await tx.schema
      .createTable('avatar')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('pixels', 'integer', (column) => column.notNull())
      .addColumn('content_type', 'text', (column) => column.notNull())
      .addColumn('content', bytesType(kind) as 'blob', (column) => column.notNull())
      .addColumn('etag', 'text', (column) => column.notNull())
      .addColumn('changed_at_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('avatar_key', ['account_id', 'pixels'])
      .execute()
  },
}
