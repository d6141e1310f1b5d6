import type { Generated } from 'kysely'

/** What an account was told and has not dismissed. Its words are chosen when it is read. */
export interface NotificationTable {
  /** Also on the wire, where clients compare it. */
  id: Generated<number>
  account_id: number
  /** Which of the `NotificationKind`s it is; it has the words. */
  kind: string
  object_type: string
  object_id: string
  /** What stands for what in the words: JSON. */
  params: string
  /** How often the same thing has happened; see `COALESCE_MS`. */
  count: number
  /** Names what has caused it, so that a repeated reaction does not count twice. Empty for none. */
  source_ref: string
  created_at_ms: number
  expires_at_ms: number
}

/** What an account has chosen; without a row it is as the administrator has set it. */
export interface NotificationSettingTable {
  account_id: number
  /** How often mail about missed notifications is wanted: 0 never, 1 hourly, 2 three-hourly, 3 daily, 4 weekly. */
  batch_setting: number
  sound_notification: number
  sound_talk: number
}

/** The same for accounts that have chosen nothing. At most one row, with the id 1. */
export interface NotificationDefaultTable {
  id: number
  batch_setting: number
  sound_notification: number
  sound_talk: number
}

/** An optional topic that an account has asked for. */
export interface NotificationTopicTable {
  account_id: number
  topic: string
}

declare module '../../db/database.ts' {
  interface Tables {
    notification: NotificationTable
    notification_setting: NotificationSettingTable
    notification_default: NotificationDefaultTable
    notification_topic: NotificationTopicTable
  }
}
