import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import { type AppConfig, MAX_VALUE_CHARS } from './service.ts'

const Names = Type.Object({ data: Type.Array(Type.String()) })

/** Values of apps (recording provisioning-apps-config). Those that mean something here act at once, on every node. */
export function appConfigRoutes(config: AppConfig): OcsRoute[] {
  return [listApps(config), listNames(config), getValue(config), setValue(config), removeValue(config)]
}

const PATH = '/apps/provisioning_api/api/v1/config/apps'
const APP_PATH = `${PATH}/:app` as const
const KEY_PATH = `${PATH}/:app/:key` as const

const listApps = (config: AppConfig): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: PATH,
    summary: 'Apps that have values',
    auth: 'admin',
    reply: Names,
    handler: async () => ({ data: await config.listApps() }),
  })

const listNames = (config: AppConfig): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: APP_PATH,
    summary: 'Names of the values of an app',
    auth: 'admin',
    reply: Names,
    handler: async ({ params }) => ({ data: await config.listNames(params.app) }),
  })

const getValue = (config: AppConfig): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: KEY_PATH,
    summary: 'A value of an app, or what the caller gives in its place',
    auth: 'admin',
    input: Type.Object({ defaultValue: Type.String({ default: '', maxLength: MAX_VALUE_CHARS }) }),
    reply: Type.Object({ data: Type.String() }),
    handler: async ({ params, input }) => ({
      data: (await config.find(params.app, params.key)) ?? input.defaultValue,
    }),
  })

const setValue = (config: AppConfig): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: KEY_PATH,
    summary: 'Sets a value of an app',
    auth: 'delegated-admin',
    confirm: true,
    input: Type.Object({ value: Type.String({ maxLength: MAX_VALUE_CHARS }) }),
    async handler({ viewer, params, input }) {
      await config.set(params.app, params.key, input.value, viewer.userId)
      return undefined
    },
  })

const removeValue = (config: AppConfig): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: KEY_PATH,
    summary: 'Takes a value of an app back',
    auth: 'admin',
    confirm: true,
    async handler({ viewer, params }) {
      await config.remove(params.app, params.key, viewer.userId)
      return undefined
    },
  })
