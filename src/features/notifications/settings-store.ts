import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { NotificationDefaultTable, NotificationSettingTable } from './schema.ts'

export type SettingValues = Omit<Selectable<NotificationDefaultTable>, 'id'>

const COLUMNS = ['batch_setting', 'sound_notification', 'sound_talk'] as const
const THE_ROW = 1

export async function findSettings(db: Reader, accountId: number): Promise<SettingValues | undefined> {
  return db.selectFrom('notification_setting').select(COLUMNS).where('account_id', '=', accountId).executeTakeFirst()
}

export async function saveSettings(tx: Tx, row: Selectable<NotificationSettingTable>): Promise<void> {
  await tx
    .insertInto('notification_setting')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(row))
    .execute()
}

export async function findDefaults(db: Reader): Promise<SettingValues | undefined> {
  return db.selectFrom('notification_default').select(COLUMNS).where('id', '=', THE_ROW).executeTakeFirst()
}

export async function saveDefaults(tx: Tx, values: SettingValues): Promise<void> {
  await tx
    .insertInto('notification_default')
    .values({ id: THE_ROW, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute()
}

export async function listTopics(db: Reader, accountId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('notification_topic')
    .select('topic')
    .where('account_id', '=', accountId)
    .orderBy('topic')
    .execute()
  return rows.map(({ topic }) => topic)
}

export async function hasTopic(db: Reader, accountId: number, topic: string): Promise<boolean> {
  const row = await db
    .selectFrom('notification_topic')
    .select('topic')
    .where('account_id', '=', accountId)
    .where('topic', '=', topic)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertTopic(tx: Tx, accountId: number, topic: string): Promise<void> {
  await tx
    .insertInto('notification_topic')
    .values({ account_id: accountId, topic })
    .onConflict((conflict) => conflict.columns(['account_id', 'topic']).doNothing())
    .execute()
}

export async function deleteTopic(tx: Tx, accountId: number, topic: string): Promise<void> {
  await tx.deleteFrom('notification_topic').where('account_id', '=', accountId).where('topic', '=', topic).execute()
}
