import type { Static } from 'typebox'
import type { WebPush } from '../../config/load.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { NotificationSettings, Settings } from './settings.ts'
import type { ListApi } from './views.ts'

const BASE = '/apps/notifications/api'
const APIS: readonly ListApi[] = ['v2', 'v1']

export function settingsRoutes(settings: Settings, webPush: WebPush): OcsRoute[] {
  return [
    ...APIS.flatMap((api) => [
      showSettings(settings, api),
      changeSettings(settings, api),
      changeDefaults(settings, webPush, api),
    ]),
    listTopics(settings),
    changeTopic(settings, true),
    changeTopic(settings, false),
  ]
}

const FIELDS = {
  batchSetting: Type.Integer({
    minimum: 0,
    maximum: 4,
    description:
      'Mail about missed notifications: 0 never, 1 hourly, 2 three-hourly, 3 daily, 4 weekly. None is sent yet',
  }),
  soundNotification: Type.String({ maxLength: 3, description: 'yes or no' }),
  soundTalk: Type.String({ maxLength: 3, description: 'yes or no' }),
}

const SettingsFields = Type.Object(FIELDS)

const showSettings = (settings: Settings, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/${api}/settings`,
    summary: 'How clients are to draw the account’s attention',
    auth: 'user',
    reach: 'read',
    reply: SettingsFields,
    handler: async ({ viewer }) => settingsView(await settings.of(viewer.accountId)),
  })

const changeSettings = (settings: Settings, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${BASE}/${api}/settings`,
    summary: 'Changes how clients are to draw the account’s attention',
    auth: 'user',
    input: SettingsFields,
    async handler({ viewer, input }) {
      await settings.change(viewer.accountId, acceptSettings(input))
      return undefined
    },
  })

/** Web push is a setting of the server itself, so the two fields about it can only say what it is. */
const changeDefaults = (settings: Settings, webPush: WebPush, api: ListApi): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: `${BASE}/${api}/settings/admin`,
    summary: 'Changes how clients are to draw the attention of accounts that have chosen nothing',
    auth: 'admin',
    input: Type.Object({
      ...FIELDS,
      webpushEnabled: Type.String({ maxLength: 3, description: 'yes or no, as CLOUDLET_WEB_PUSH has it' }),
      webpushBrowsersEnabled: Type.String({ maxLength: 3, description: 'yes or no, as CLOUDLET_WEB_PUSH has it' }),
    }),
    async handler({ viewer, input }) {
      const wantsWebPush = isYes(input.webpushEnabled, 'webpushEnabled')
      const wantsBrowsers = isYes(input.webpushBrowsersEnabled, 'webpushBrowsersEnabled')
      if (wantsWebPush !== (webPush !== 'off') || wantsBrowsers !== (webPush === 'all')) {
        throw new Fault('conflict', `Web push is switched by the setting CLOUDLET_WEB_PUSH, which is ${webPush}`)
      }
      await settings.changeDefaults(acceptSettings(input), viewer.userId)
      return undefined
    },
  })

function acceptSettings(input: Static<typeof SettingsFields>): NotificationSettings {
  return {
    batchSetting: input.batchSetting,
    playsSound: isYes(input.soundNotification, 'soundNotification'),
    playsTalkSound: isYes(input.soundTalk, 'soundTalk'),
  }
}

function isYes(word: string, field: string): boolean {
  if (word === 'yes' || word === 'no') return word === 'yes'
  throw new Fault('bad-request', `Parameter "${field}" must be yes or no`, { field })
}

function settingsView({ batchSetting, playsSound, playsTalkSound }: NotificationSettings): Json {
  const word = (isOn: boolean): string => (isOn ? 'yes' : 'no')
  return { batchSetting, soundNotification: word(playsSound), soundTalk: word(playsTalkSound) }
}

const listTopics = (settings: Settings): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: `${BASE}/v3/topics`,
    summary: 'Topics that the account is told of only when it asks',
    auth: 'user',
    reach: 'read',
    reply: Type.Array(Type.Object({ id: Type.String(), wanted: Type.Boolean() })),
    async handler({ viewer }) {
      const topics = await settings.topics(viewer.accountId)
      return topics.map(({ id, isWanted }) => ({ id, wanted: isWanted }))
    },
  })

const changeTopic = (settings: Settings, isWanted: boolean): OcsRoute =>
  defineOcs({
    method: isWanted ? 'PUT' : 'DELETE',
    path: `${BASE}/v3/topics/:topic`,
    summary: isWanted ? 'Asks to be told of a topic' : 'Asks not to be told of a topic any more',
    auth: 'user',
    async handler({ viewer, params }) {
      await settings.ask(viewer.accountId, params.topic, isWanted)
      return undefined
    },
  })
