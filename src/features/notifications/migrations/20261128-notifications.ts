import { bigIdentity } from '../../../db/columns.ts'
import type { Migration } from '../../../db/database.ts'

/** Notifications and what accounts want of them; both go with the account. */
export const notificationsMigration: Migration = {
  name: '20261128-notifications',
  async up(tx, kind) {
    await tx.schema
      .createTable('notification')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('object_type', 'text', (column) => column.notNull())
      .addColumn('object_id', 'text', (column) => column.notNull())
      .addColumn('params', 'text', (column) => column.notNull())
      .addColumn('count', 'integer', (column) => column.notNull())
      .addColumn('source_ref', 'text', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('notification_account').on('notification').columns(['account_id', 'id']).execute()
    await tx.schema.createIndex('notification_expiry').on('notification').column('expires_at_ms').execute()
    await tx.schema
      .createTable('notification_setting')
      .addColumn('account_id', 'bigint', (column) => column.primaryKey().references('account.id').onDelete('cascade'))
      .addColumn('batch_setting', 'integer', (column) => column.notNull())
      .addColumn('sound_notification', 'integer', (column) => column.notNull())
      .addColumn('sound_talk', 'integer', (column) => column.notNull())
      .execute()
    await tx.schema
      .createTable('notification_default')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('batch_setting', 'integer', (column) => column.notNull())
      .addColumn('sound_notification', 'integer', (column) => column.notNull())
      .addColumn('sound_talk', 'integer', (column) => column.notNull())
      .execute()
    await tx.schema
      .createTable('notification_topic')
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('topic', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('notification_topic_key', ['account_id', 'topic'])
      .execute()
  },
}
