import { randomBytes } from 'node:crypto'
import { bigIdentity, bytesType, orderedTextType } from '../../../db/columns.ts'
import type { DatabaseKind, Migration, Tx } from '../../../db/database.ts'

/** Trees, their nodes, content, locks and properties. */
export const filesMigration: Migration = {
  name: '20261125-files',
  async up(tx, kind) {
    await createContent(tx, kind)
    await createTrees(tx, kind)
    await createAttachments(tx)
    await tx.schema
      .createTable('files_setting')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute()
    // Ends every `oc:id`, so that ids of two servers never meet in one client.
    const instanceId = `oc${randomBytes(5).toString('hex')}`
    await tx.insertInto('files_setting').values({ name: 'instance_id', value: instanceId }).execute()
  },
}

async function createContent(tx: Tx, kind: DatabaseKind): Promise<void> {
  await tx.schema
    .createTable('blob')
    .$call((table) => bigIdentity(table, 'id', kind))
    .addColumn('key', 'text', (column) => column.unique())
    .addColumn('content', bytesType(kind))
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('crc32', 'bigint')
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await tx.schema
    .createTable('blob_part')
    .addColumn('blob_id', 'bigint', (column) => column.notNull().references('blob.id').onDelete('cascade'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull().unique())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('crc32', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('blob_part_key', ['blob_id', 'position'])
    .execute()
  await tx.schema
    .createTable('blob_garbage')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('since_ms', 'bigint', (column) => column.notNull())
    .execute()
}

async function createTrees(tx: Tx, kind: DatabaseKind): Promise<void> {
  await tx.schema
    .createTable('tree')
    .$call((table) => bigIdentity(table, 'id', kind))
    .addColumn('owner_account_id', 'bigint', (column) => column.unique().references('account.id').onDelete('set null'))
    .execute()
  await tx.schema
    .createTable('node')
    .$call((table) => bigIdentity(table, 'id', kind))
    .addColumn('tree_id', 'bigint', (column) => column.notNull().references('tree.id'))
    .addColumn('parent_id', 'bigint', (column) => column.references('node.id'))
    .addColumn('name', orderedTextType(kind), (column) => column.notNull())
    .addColumn('is_folder', 'integer', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('mtime_ms', 'bigint', (column) => column.notNull())
    .addColumn('etag', 'text', (column) => column.notNull())
    .addColumn('mime', 'text', (column) => column.notNull())
    .addColumn('blob_id', 'bigint', (column) => column.references('blob.id'))
    .addColumn('checksums', 'text', (column) => column.notNull())
    .addColumn('created_s', 'bigint', (column) => column.notNull())
    .addColumn('uploaded_at_ms', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('node_place', ['parent_id', 'name'])
    .execute()
  await tx.schema.createIndex('node_blob').on('node').column('blob_id').execute()
  await tx.schema.createIndex('node_tree').on('node').columns(['tree_id', 'mtime_ms']).execute()
}

async function createAttachments(tx: Tx): Promise<void> {
  await tx.schema
    .createTable('file_lock')
    .addColumn('token', 'text', (column) => column.primaryKey())
    .addColumn('tree_id', 'bigint', (column) => column.notNull().references('tree.id').onDelete('cascade'))
    .addColumn('node_id', 'bigint', (column) => column.notNull().references('node.id').onDelete('cascade'))
    .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('depth', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('timeout_s', 'integer', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await tx.schema.createIndex('file_lock_tree').on('file_lock').columns(['tree_id', 'expires_at_ms']).execute()
  await tx.schema.createIndex('file_lock_node').on('file_lock').column('node_id').execute()
  await tx.schema.createIndex('file_lock_account').on('file_lock').column('account_id').execute()
  await tx.schema
    .createTable('node_property')
    .addColumn('node_id', 'bigint', (column) => column.notNull().references('node.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('node_property_key', ['node_id', 'name'])
    .execute()
  await tx.schema
    .createTable('node_favorite')
    .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
    .addColumn('node_id', 'bigint', (column) => column.notNull().references('node.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('node_favorite_key', ['account_id', 'node_id'])
    .execute()
  await tx.schema.createIndex('node_favorite_node').on('node_favorite').column('node_id').execute()
}
