import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { Fault } from '../lib/fault.ts'
import { nearest } from '../lib/nearest.ts'
import { oidcProblems } from './oidc.ts'
import type { Setting } from './setting.ts'
import { SETTINGS, type SettingName } from './settings.ts'
import type { SmtpServer } from './smtp.ts'

export type { SmtpServer } from './smtp.ts'

export type LogLevel = ReturnType<typeof SETTINGS.logLevel.accept>
export type OidcLink = ReturnType<typeof SETTINGS.oidcLink.accept>
export type WebPush = ReturnType<typeof SETTINGS.webPush.accept>

/** Settings that may be shown. */
export interface Config {
  readonly host: string
  readonly port: number
  /** Absolute path. */
  readonly dataFolder: string
  readonly publicUrl: string | undefined
  readonly trustedProxies: readonly string[]
  /** `disk`, or `s3://bucket/prefix`. */
  readonly blobs: string
  readonly s3Endpoint: string | undefined
  readonly s3Region: string | undefined
  readonly s3PathStyle: boolean | undefined
  readonly logLevel: LogLevel
  readonly adminUser: string
  readonly corsOrigins: readonly string[]
  /** Most entries that `Depth: infinity` lists. */
  readonly propfindLimit: number
  /** Longest life of a direct link. */
  readonly directLinkSeconds: number
  /** Host names, addresses and CIDR blocks beyond the public Internet that may be called. */
  readonly outgoingAllowed: readonly string[]
  /** `host` or `host:port`, in lower case. */
  readonly pushProxies: readonly string[]
  readonly webPush: WebPush
  /** Address that mail comes from. */
  readonly mailFrom: string | undefined
  /** Two capital letters. */
  readonly phoneRegion: string | undefined
  /** Whether anybody may sign in with a password that is kept here. */
  readonly passwordLogin: boolean
  readonly oidcIssuer: string | undefined
  readonly oidcClientId: string | undefined
  readonly oidcScopes: string
  readonly oidcButton: string
  readonly oidcUserClaim: string
  readonly oidcNameClaim: string
  readonly oidcEmailClaim: string
  readonly oidcGroupsClaim: string
  readonly oidcAdminGroup: string
  readonly oidcQuotaClaim: string
  readonly oidcLink: OidcLink
  readonly oidcCreate: boolean
}

/** Settings that may not. They do not show when this is printed or written as JSON. */
export interface Secrets {
  readonly databaseUrl: string | undefined
  readonly s3AccessKeyId: string | undefined
  readonly s3SecretAccessKey: string | undefined
  readonly adminPassword: string | undefined
  readonly metricsToken: string | undefined
  readonly smtp: SmtpServer | undefined
  readonly oidcClientSecret: string | undefined
}

export interface Loaded {
  readonly config: Config
  readonly secrets: Secrets
  /** Settings that have no effect, each with what may have been meant. */
  readonly warnings: readonly string[]
  /** Where each value came from: `default`, the variable or the flag. For `config:show`. */
  readonly sources: Readonly<Record<SettingName, string>>
}

export interface Given {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Values of the command line, by flag. */
  readonly flags: Readonly<Record<string, string | undefined>>
}

/** Reads, checks and freezes the configuration. Throws one Fault `bad-request` that names every wrong setting, a line each. */
export function loadConfig(given: Given): Loaded {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  const sources: Record<string, string> = {}
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    try {
      const { value, source } = readSetting(setting, given)
      values[name] = value
      sources[name] = source
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  const hasKeyHalf = (values['s3AccessKeyId'] === undefined) !== (values['s3SecretAccessKey'] === undefined)
  if (hasKeyHalf && values['blobs'] !== 'disk') {
    problems.push('CLOUDLET_S3_ACCESS_KEY_ID and CLOUDLET_S3_SECRET_ACCESS_KEY must be set both, or neither')
  }
  if (values['smtp'] !== undefined && values['publicUrl'] === undefined) {
    // The host that a request names must not get into mail.
    problems.push('CLOUDLET_SMTP_URL needs CLOUDLET_PUBLIC_URL: links in mail begin with it')
  }
  problems.push(...oidcProblems(values))
  if (problems.length > 0) throw new Fault('bad-request', problems.join('\n'), { reason: 'setting' })
  const isSecret = ([name]: [string, unknown]): boolean => SETTINGS[name as SettingName].secret
  const entries = Object.entries(values)
  const shown = Object.fromEntries(entries.filter((entry) => !isSecret(entry)))
  const config = { ...shown, dataFolder: resolve(values['dataFolder'] as string) } as unknown as Config
  return {
    config: Object.freeze(config),
    secrets: concealed(Object.fromEntries(entries.filter(isSecret)) as unknown as Secrets),
    warnings: [...unknownVariables(given.env), ...idleSettings(config, sources as Sources)],
    sources: sources as Sources,
  }
}

type Sources = Loaded['sources']

/** The object storage's settings without an object storage: `CLOUDLET_BLOBS` was forgotten, or the others were. */
function idleSettings({ blobs }: Config, sources: Sources): string[] {
  if (blobs !== 'disk') return []
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => name.startsWith('s3'))
  return names
    .filter((name) => sources[name] !== 'not set')
    .map((name) => `${sources[name]} has no effect: CLOUDLET_BLOBS names no bucket`)
}

interface Written {
  readonly text: string
  /** Flag or variable that gave it. */
  readonly source: string
}

function readSetting(setting: Setting<unknown>, given: Given): { value: unknown; source: string } {
  const written = findWritten(setting, given)
  const text = written?.text ?? setting.fallback
  const source = written?.source ?? (setting.fallback === undefined ? 'not set' : 'default')
  if (text === undefined) return { value: undefined, source }
  try {
    return { value: Object.freeze(setting.accept(text)), source }
  } catch (error) {
    const shown = setting.secret ? '' : ` (it is ${shownValue(text)})`
    throw new Error(`${source} ${(error as Error).message}${shown}`, { cause: error })
  }
}

/** One short line, whatever the value holds. A name and password in an address are left out. */
function shownValue(text: string): string {
  const safe = text.replace(/\/\/[^/]*@/g, '//***@')
  return JSON.stringify(safe.length > 200 ? `${safe.slice(0, 200)}...` : safe)
}

function findWritten(setting: Setting<unknown>, { env, flags }: Given): Written | undefined {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag]
  if (flag !== undefined) return { text: flag, source: `--${setting.flag}` }
  const fileVariable = `${setting.variable}_FILE`
  const text = filled(env[setting.variable])
  const file = filled(env[fileVariable])
  if (text !== undefined && file !== undefined) {
    throw new Error(`${setting.variable} and ${fileVariable} are both set: keep one of them`)
  }
  if (file !== undefined) return { text: readValueFile(fileVariable, file), source: fileVariable }
  return text === undefined ? undefined : { text, source: setting.variable }
}

/** A variable that is there but empty counts as not set, as container tools leave them. */
function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function readValueFile(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new Error(`${variable} names the file ${JSON.stringify(file)}, which cannot be read (${reason})`, {
      cause: error,
    })
  }
}

/** Variables that a program beside the server reads, not the server. */
const OTHER_VARIABLES = /^CLOUDLET_TEST_/

function unknownVariables(env: Given['env']): string[] {
  const variables = Object.values(SETTINGS).map(({ variable }) => variable)
  const known = new Set<string>(variables.flatMap((variable) => [variable, `${variable}_FILE`]))
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !OTHER_VARIABLES.test(name) && !known.has(name))
    .map((name) => {
      const meant = meantVariable(name, variables)
      return `${name} is no setting of Cloudlet${meant === undefined ? '' : `; did you mean ${meant}?`}`
    })
}

const PREFIX = 'CLOUDLET_'

/** Compared without the prefix: with it, every short name would be like every other. */
function meantVariable(name: string, variables: readonly string[]): string | undefined {
  const [, word = '', file = ''] = /^CLOUDLET_(.*?)(_FILE)?$/s.exec(name) ?? []
  const words = variables.map((variable) => variable.slice(PREFIX.length))
  const meant =
    nearest(word, words) ??
    words.find((other) => other.startsWith(`${word}_`)) ??
    words.find((other) => word.startsWith(`${other}_`))
  return meant === undefined ? undefined : `${PREFIX}${meant}${file}`
}

/** The same values, but not to be seen by printing the object. */
function concealed<T extends object>(secrets: T): T {
  const hidden = Object.defineProperties({}, Object.getOwnPropertyDescriptors(secrets)) as T
  for (const name of Object.keys(secrets)) Object.defineProperty(hidden, name, { enumerable: false })
  Object.defineProperty(hidden, inspect.custom, { value: () => '[secrets]', enumerable: false })
  return Object.freeze(hidden)
}
