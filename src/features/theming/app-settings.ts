import type { AppSettingHolder } from '../app-config/index.ts'
import type { Theming } from './service.ts'
import { settingName, TEXT_SETTINGS } from './settings.ts'

/** The theme's texts and colours as values of the app `theming`: what scripts set there is what `theming:config` sets. */
export function themingSettings(theming: Pick<Theming, 'theme' | 'set' | 'reset'>): AppSettingHolder {
  return {
    app: 'theming',
    has: (name) => Object.hasOwn(TEXT_SETTINGS, settingName(name)),
    read: async () => (await theming.theme()).values,
    set: (name, value, actor) => theming.set(name, value, actor),
    remove: (name, actor) => theming.reset(name, actor),
  }
}
