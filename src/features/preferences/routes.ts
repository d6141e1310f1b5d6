import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Preferences } from './service.ts'

/** No value of any preference is longer. */
const Value = Type.String({ maxLength: 4_096 })

/** Preferences of the account that asks (recording preferences). They are set here and read by the apps they belong to. */
export function preferenceRoutes(preferences: Preferences): OcsRoute[] {
  return [setOne(preferences), setSeveral(preferences), removeOne(preferences), removeSeveral(preferences)]
}

const APP_PATH = '/apps/provisioning_api/api/v1/config/users/:appId'
const KEY_PATH = '/apps/provisioning_api/api/v1/config/users/:appId/:configKey'

const setOne = (preferences: Preferences): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: KEY_PATH,
    summary: 'Sets a preference of the account that asks, as far as an app has declared it',
    auth: 'user',
    input: Type.Object({ configValue: Value }),
    async handler({ viewer, params, input }) {
      await preferences.set(viewer.accountId, params.appId, { [params.configKey]: input.configValue })
      return undefined
    },
  })

const setSeveral = (preferences: Preferences): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: APP_PATH,
    summary: 'Sets several preferences of one app, all or none',
    auth: 'user',
    input: Type.Object({ configs: Type.Record(Type.String(), Value) }),
    async handler({ viewer, params, input }) {
      await preferences.set(viewer.accountId, params.appId, input.configs)
      return undefined
    },
  })

const removeOne = (preferences: Preferences): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: KEY_PATH,
    summary: 'Takes a preference of the account that asks back',
    auth: 'user',
    async handler({ viewer, params }) {
      await preferences.remove(viewer.accountId, params.appId, [params.configKey])
      return undefined
    },
  })

const removeSeveral = (preferences: Preferences): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: APP_PATH,
    summary: 'Takes several preferences of one app back, all or none',
    auth: 'user',
    input: Type.Object({ configKeys: Type.Array(Type.String({ maxLength: 64 })) }),
    async handler({ viewer, params, input }) {
      await preferences.remove(viewer.accountId, params.appId, input.configKeys)
      return undefined
    },
  })
