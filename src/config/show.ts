import type { Json } from '../lib/json.ts'
import type { Loaded } from './load.ts'
import { SETTINGS, type SettingName } from './settings.ts'

export interface ShownSetting {
  readonly variable: string
  readonly value: Json
  readonly source: string
}

/** Every setting with its value and where it came from; of a secret only whether it is set. */
export function showConfig({ config, secrets, sources }: Loaded): ShownSetting[] {
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { variable, secret } = SETTINGS[name]
    const value = (secret ? secrets[name as keyof typeof secrets] : config[name as keyof typeof config]) ?? null
    return { variable, value: secret && value !== null ? '***' : (value as Json), source: sources[name] }
  })
}
