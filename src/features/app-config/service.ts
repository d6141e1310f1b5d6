import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import * as store from './store.ts'

/** A setting that means something here. Its value is kept with the rest, but must be one that it can have. */
export interface AppSetting {
  /** Id of the app on the wire, as `occ config:app:set` takes it: `core`, `files`. */
  readonly app: string
  readonly name: string
  readonly summary: string
  /** What holds while nobody has set it. */
  readonly fallback: string
  /** Throws an Error or a Fault that says what the value must be. */
  accept(value: string): string
}

/** An app that keeps its settings itself, such as the theme. */
export interface AppSettingHolder {
  readonly app: string
  has(name: string): boolean
  /** Values in force by their names. */
  read(): Promise<Readonly<Record<string, string>>>
  /** Throws Fault `bad-request`. */
  set(name: string, value: string, actor: string): Promise<void>
  remove(name: string, actor: string): Promise<void>
}

/** Values that were set, by `settingKey`. */
export type AppValues = ReadonlyMap<string, string>

export interface AppConfig {
  readonly settings: readonly AppSetting[]
  /** What administrators have set, in every process. At once when it is remembered. */
  values(): AppValues | Promise<AppValues>
  /** The value in force. */
  read(setting: AppSetting): string | Promise<string>
  /** Apps that have a value, by name. */
  listApps(): Promise<string[]>
  /** Names of the values of an app. */
  listNames(app: string): Promise<string[]>
  /** undefined when nobody has set it and it means nothing here. */
  find(app: string, name: string): Promise<string | undefined>
  /** Throws Fault `forbidden` with reason `guarded`, or `bad-request`. */
  set(app: string, name: string, value: string, actor: string): Promise<void>
  /** Throws Fault `forbidden` with reason `guarded`. */
  remove(app: string, name: string, actor: string): Promise<void>
}

export interface AppConfigDeps {
  readonly db: Database
  readonly audit: Audit
  readonly settings: readonly AppSetting[]
  readonly holders: readonly AppSettingHolder[]
  /** What the server itself says of its apps, which nobody can set, by app and name: `files`, `enabled`. */
  readonly facts: () => ReadonlyMap<string, Readonly<Record<string, string>>>
}

/** Stamp topic of every value. */
export const APP_CONFIG_TOPIC = 'app-config'

const MAX_SETTINGS = 2_000
const MAX_APP_CHARS = 32
const MAX_NAME_CHARS = 64
export const MAX_VALUE_CHARS = 16_384

export const settingKey = (app: string, name: string): string => `${app} ${name}`

/** What the server says of its apps itself (recording provisioning-apps-config). */
function isGuarded(app: string, name: string): boolean {
  if (['enabled', 'installed_version', 'types'].includes(name)) return true
  return app === 'core' && /^(?:public|remote)_/.test(name)
}

function refuseGuarded(app: string, name: string): void {
  if (!isGuarded(app, name)) return
  const message = 'The given key can not be set'
  throw new Fault('forbidden', message, { reason: 'guarded', data: { data: { message } } })
}

export function createAppConfigService(deps: AppConfigDeps): AppConfig {
  const { db, audit, settings, holders } = deps
  const values = createValues(db)
  const holderOf = (app: string, name: string): AppSettingHolder | undefined =>
    holders.find((holder) => holder.app === app && holder.has(name))
  const change = async (
    event: string,
    app: string,
    name: string,
    actor: string,
    write: Parameters<Database['write']>[0],
  ) => {
    await db.write(async (tx) => {
      // Its row is the lock: two at once cannot both take the last place.
      await db.stamps.bump(tx, APP_CONFIG_TOPIC)
      await write(tx)
    })
    audit.record({ event, actor, subject: settingKey(app, name) })
  }
  return {
    ...createReading(deps, values, holderOf),
    async set(app, name, value, actor) {
      refuseGuarded(app, name)
      const holder = holderOf(app, name)
      if (holder !== undefined) {
        await holder.set(name, value, actor)
        return
      }
      checkNames(app, name, value)
      const setting = settings.find((known) => known.app === app && known.name === name)
      const accepted = setting === undefined ? value : acceptValue(setting, value)
      await change('setting.changed', app, name, actor, async (tx) => {
        await store.saveSetting(tx, { app, name, value: accepted })
        if ((await store.countSettings(tx)) > MAX_SETTINGS) throw tooMany()
      })
    },
    async remove(app, name, actor) {
      refuseGuarded(app, name)
      const holder = holderOf(app, name)
      if (holder !== undefined) await holder.remove(name, actor)
      else await change('setting.removed', app, name, actor, (tx) => store.deleteSetting(tx, app, name))
    },
  }
}

type Reading = Omit<AppConfig, 'set' | 'remove'>

function createReading(
  { settings, holders, facts }: AppConfigDeps,
  values: AppConfig['values'],
  holderOf: (app: string, name: string) => AppSettingHolder | undefined,
): Reading {
  return {
    settings,
    values,
    read(setting) {
      const known = values()
      const inForce = (set: AppValues): string => set.get(settingKey(setting.app, setting.name)) ?? setting.fallback
      return known instanceof Promise ? known.then(inForce) : inForce(known)
    },
    async listApps() {
      const kept = [...(await values()).keys()].map((key) => key.slice(0, key.indexOf(' ')))
      return [...new Set([...kept, ...facts().keys(), ...holders.map(({ app }) => app)])].toSorted()
    },
    async listNames(app) {
      const names = new Set(Object.keys(facts().get(app) ?? {}))
      for (const key of (await values()).keys()) if (key.startsWith(`${app} `)) names.add(key.slice(app.length + 1))
      for (const holder of holders) {
        if (holder.app === app) for (const name of Object.keys(await holder.read())) names.add(name)
      }
      return [...names].toSorted()
    },
    async find(app, name) {
      const fact = facts().get(app)?.[name]
      if (fact !== undefined) return fact
      const holder = holderOf(app, name)
      if (holder !== undefined) return (await holder.read())[name]
      const setting = settings.find((known) => known.app === app && known.name === name)
      return (await values()).get(settingKey(app, name)) ?? setting?.fallback
    },
  }
}

/** All values, read once for each change of any of them. */
function createValues(db: Database): AppConfig['values'] {
  let known: { readonly stamp: number; readonly values: AppValues } | undefined
  const load = async (): Promise<AppValues> => {
    const stamp = db.stamps.of(APP_CONFIG_TOPIC)
    const rows = await store.listSettings(db.read)
    const values = new Map(rows.map(({ app, name, value }) => [settingKey(app, name), value]))
    known = { stamp, values }
    return values
  }
  return () => (known !== undefined && known.stamp === db.stamps.of(APP_CONFIG_TOPIC) ? known.values : load())
}

function acceptValue(setting: AppSetting, value: string): string {
  try {
    return setting.accept(value)
  } catch (error) {
    if (error instanceof Fault) throw error
    const named = `${setting.app} ${setting.name}`
    throw new Fault('bad-request', `${named} ${(error as Error).message}. Nothing was changed`, { field: 'value' })
  }
}

function checkNames(app: string, name: string, value: string): void {
  const isName = (text: string, most: number): boolean => text.length <= most && /^[\w.:/-]+$/.test(text)
  if (!isName(app, MAX_APP_CHARS)) throw new Fault('bad-request', 'This is no id of an app', { field: 'app' })
  if (!isName(name, MAX_NAME_CHARS)) throw new Fault('bad-request', 'This is no name of a setting', { field: 'key' })
  if (value.length > MAX_VALUE_CHARS) {
    throw new Fault('bad-request', `A value has at most ${MAX_VALUE_CHARS} characters`, { field: 'value' })
  }
}

const tooMany = (): Fault => new Fault('conflict', `More than ${MAX_SETTINGS} values are not kept. Delete some first`)
