import { sql } from 'kysely'
import { bigIdentity } from '../../../db/columns.ts'
import type { Migration, Tx } from '../../../db/database.ts'

/** Devices, subscriptions, keys and what waits to be pushed. All of it goes with the account, the rest with its credential. */
export const pushMigration: Migration = {
  name: '20261201-push',
  async up(tx, kind) {
    await createKeys(tx)
    await tx.schema
      .createTable('push_device')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('app_password_id', 'bigint', (column) =>
        column.notNull().unique().references('app_password.id').onDelete('cascade'),
      )
      .addColumn('push_token_hash', 'text', (column) => column.notNull())
      .addColumn('device_key', 'text', (column) => column.notNull())
      .addColumn('proxy_url', 'text', (column) => column.notNull())
      .addColumn('device_identifier', 'text', (column) => column.notNull())
      .addColumn('app_kind', 'text', (column) => column.notNull())
      .addColumn('registered_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema
      .createIndex('push_device_token')
      .on('push_device')
      .columns(['account_id', 'push_token_hash'])
      .unique()
      .execute()
    await tx.schema
      .createTable('push_subscription')
      .$call((table) => bigIdentity(table, 'id', kind))
      .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
      .addColumn('app_password_id', 'bigint', (column) =>
        column.unique().references('app_password.id').onDelete('cascade'),
      )
      .addColumn('session_key', 'text', (column) =>
        column.unique().references('session.session_key').onDelete('cascade'),
      )
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('p256dh', 'text', (column) => column.notNull())
      .addColumn('auth', 'text', (column) => column.notNull())
      .addColumn('app_types', 'text', (column) => column.notNull())
      .addColumn('base_url', 'text', (column) => column.notNull())
      .addColumn('activation_token', 'text', (column) => column.notNull())
      .addColumn('active', 'integer', (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('push_subscription_account').on('push_subscription').columns(['account_id']).execute()
    await createDeliveries(tx, kind)
  },
}

async function createKeys(tx: Tx): Promise<void> {
  await tx.schema
    .createTable('push_key')
    .addColumn('account_id', 'bigint', (column) => column.primaryKey().references('account.id').onDelete('cascade'))
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('private_key', 'text', (column) => column.notNull())
    .execute()
  await tx.schema
    .createTable('push_vapid_key')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('private_key', 'text', (column) => column.notNull())
    .execute()
}

async function createDeliveries(tx: Tx, kind: 'sqlite' | 'postgres'): Promise<void> {
  await tx.schema
    .createTable('push_delivery')
    .$call((table) => bigIdentity(table, 'id', kind))
    .addColumn('account_id', 'bigint', (column) => column.notNull().references('account.id').onDelete('cascade'))
    .addColumn('device_id', 'bigint', (column) => column.references('push_device.id').onDelete('cascade'))
    .addColumn('subscription_id', 'bigint', (column) => column.references('push_subscription.id').onDelete('cascade'))
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('notification_id', 'bigint')
    .addColumn('due_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('leased_until_ms', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('result', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('done_at_ms', 'bigint')
    .execute()
  // The same event handled twice makes no second message.
  for (const target of ['device_id', 'subscription_id'] as const) {
    await tx.schema
      .createIndex(`push_delivery_${target}`)
      .on('push_delivery')
      .columns([target, 'notification_id', 'message'])
      .unique()
      .execute()
  }
  await tx.schema
    .createIndex('push_delivery_waiting')
    .on('push_delivery')
    .columns(['due_at_ms'])
    .where(sql.ref('done_at_ms'), 'is', null)
    .execute()
  await tx.schema.createIndex('push_delivery_account').on('push_delivery').columns(['account_id', 'id']).execute()
  await tx.schema.createIndex('push_delivery_done').on('push_delivery').columns(['done_at_ms']).execute()
}
