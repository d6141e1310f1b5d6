import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Uploads in chunks. */
export const uploadsMigration: Migration = {
  name: '20261126-uploads',
  async up(tx, kind) {
    await tx.schema
      .createTable('upload')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) => column.references('account.id').onDelete('set null'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('touched_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('node_id', 'bigint')
      .addColumn('node_etag', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('was_created', 'integer', (column) => column.notNull())
      .addUniqueConstraint('upload_name', ['account_id', 'name'])
      .execute()
    await tx.schema.createIndex('upload_touched').on('upload').column('touched_at_ms').execute()
    await tx.schema
      .createTable('upload_chunk')
      .addColumn('upload_id', 'bigint', (column) => column.notNull().references('upload.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('size_bytes', 'bigint', (column) => column.notNull())
      .addColumn('crc32', 'bigint', (column) => column.notNull())
      .addColumn('etag', 'text', (column) => column.notNull())
      .addColumn('stored_at_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('upload_chunk_key', ['upload_id', 'name'])
      .execute()
    await tx.schema.createIndex('upload_chunk_blob').on('upload_chunk').column('key').execute()
  },
}
