import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import { CLOUDLET_VERSION } from '../../lib/version.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import { ABOUT } from './about.ts'
import { MESSAGES } from './fault-messages.ts'

const AppIds = Type.Object({ apps: Type.Array(Type.String()) })

/**
 * Apps (recording provisioning-apps-config). All are parts of this server and always on: where a part can be switched off,
 * a setting of its own does it.
 */
export function appRoutes(appIds: readonly string[]): OcsRoute[] {
  return [listOwnApps(appIds), listApps(appIds), showApp(appIds), enableApp(appIds), disableApp(appIds)]
}

const listOwnApps = (appIds: readonly string[]): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/user/apps',
    summary: 'Ids of the apps that the account can use; for administrators, of groups too (recording users-metadata)',
    auth: 'group-admin',
    reply: AppIds,
    handler: () => ({ apps: appIds }),
  })

const listApps = (appIds: readonly string[]): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/apps',
    summary: 'Ids of the apps of this server: all, or with `filter` those that are enabled or disabled',
    auth: 'admin',
    input: Type.Object({ filter: Type.String({ default: '', maxLength: 16 }) }),
    reply: AppIds,
    codes: { 'unknown-filter': 101 },
    handler({ input: { filter } }) {
      if (!['', 'enabled', 'disabled'].includes(filter)) {
        throw new Fault('bad-request', MESSAGES.unknownFilter, { reason: 'unknown-filter' })
      }
      return { apps: filter === 'disabled' ? [] : appIds }
    },
  })

const unknownApp = (): Fault => new Fault('not-found', MESSAGES.noApp, { reason: 'no-app' })

const showApp = (appIds: readonly string[]): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/cloud/apps/:app',
    summary: 'What an app is',
    auth: 'admin',
    reply: Type.Object({ id: Type.String(), name: Type.String(), summary: Type.String(), version: Type.String() }),
    codes: { 'no-app': 998 },
    handler({ params: { app } }) {
      if (!appIds.includes(app)) throw unknownApp()
      return appView(app)
    },
  })

function appView(app: string): Record<string, Json> {
  const { name, summary } = ABOUT[app] ?? { name: app, summary: '' }
  return {
    id: app,
    name,
    summary,
    description: summary,
    version: CLOUDLET_VERSION,
    licence: 'Apache-2.0',
    author: 'Cloudlet',
    category: [],
    types: [],
    dependencies: [],
  }
}

const enableApp = (appIds: readonly string[]): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/cloud/apps/:app',
    summary: 'Enables an app; those that there are, are enabled already',
    auth: 'admin',
    confirm: true,
    codes: { 'no-app': 998 },
    handler({ params: { app } }) {
      if (!appIds.includes(app)) throw unknownApp()
      return undefined
    },
  })

const disableApp = (appIds: readonly string[]): OcsRoute =>
  defineOcs({
    method: 'DELETE',
    path: '/cloud/apps/:app',
    summary: 'Refused for an app of this server: it is a part of it; one that is not there is as good as disabled',
    auth: 'admin',
    confirm: true,
    codes: { 'always-on': 101 },
    handler({ params: { app } }) {
      if (appIds.includes(app)) {
        throw new Fault('conflict', MESSAGES.alwaysOn(app), {
          reason: 'always-on',
        })
      }
      return undefined
    },
  })
