import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import * as store from './settings-store.ts'

/** What clients read to know how to draw attention. This server sends no mail, whatever `batchSetting` says. */
export interface NotificationSettings {
  /** 0 never, 1 hourly, 2 every three hours, 3 daily, 4 weekly. */
  readonly batchSetting: number
  readonly playsSound: boolean
  readonly playsTalkSound: boolean
}

export interface Topic {
  readonly id: string
  readonly isWanted: boolean
}

export interface Settings {
  of(accountId: number): Promise<NotificationSettings>
  change(accountId: number, settings: NotificationSettings): Promise<void>
  /** For accounts that have chosen nothing. */
  changeDefaults(settings: NotificationSettings, actor: string): Promise<void>
  /** Topics that an account is told of only when it asks, and whether it has. */
  topics(accountId: number): Promise<Topic[]>
  /** Throws Fault `not-found` for a topic that there is not. */
  ask(accountId: number, topic: string, isWanted: boolean): Promise<void>
  hasAskedFor(accountId: number, topic: string): Promise<boolean>
}

interface SettingsDeps {
  readonly db: Database
  readonly audit: Audit
  readonly topicIds: readonly string[]
}

const FIRST: NotificationSettings = { batchSetting: 0, playsSound: true, playsTalkSound: true }

export function createSettings({ db, audit, topicIds }: SettingsDeps): Settings {
  return {
    async of(accountId) {
      const values = (await store.findSettings(db.read, accountId)) ?? (await store.findDefaults(db.read))
      return values === undefined ? FIRST : toSettings(values)
    },
    change: (accountId, settings) =>
      db.write((tx) => store.saveSettings(tx, { account_id: accountId, ...toValues(settings) })),
    async changeDefaults(settings, actor) {
      await db.write((tx) => store.saveDefaults(tx, toValues(settings)))
      audit.record({ event: 'notification.defaults-changed', actor })
    },
    async topics(accountId) {
      const wanted = await store.listTopics(db.read, accountId)
      return topicIds.map((id) => ({ id, isWanted: wanted.includes(id) }))
    },
    async ask(accountId, topic, isWanted) {
      if (!topicIds.includes(topic)) throw new Fault('not-found', `There is no topic ${topic.slice(0, 64)}`)
      await db.write((tx) =>
        isWanted ? store.insertTopic(tx, accountId, topic) : store.deleteTopic(tx, accountId, topic),
      )
    },
    hasAskedFor: (accountId, topic) => store.hasTopic(db.read, accountId, topic),
  }
}

function toSettings(values: store.SettingValues): NotificationSettings {
  return {
    batchSetting: values.batch_setting,
    playsSound: values.sound_notification === 1,
    playsTalkSound: values.sound_talk === 1,
  }
}

function toValues({ batchSetting, playsSound, playsTalkSound }: NotificationSettings): store.SettingValues {
  return { batch_setting: batchSetting, sound_notification: playsSound ? 1 : 0, sound_talk: playsTalkSound ? 1 : 0 }
}
