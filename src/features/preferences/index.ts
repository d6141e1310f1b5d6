import type { Migration } from '../../db/database.ts'
import type { Feature } from '../feature.ts'
import { preferencesMigration } from './migrations/20261202-preferences.ts'
import { preferenceRoutes } from './routes.ts'
import { createPreferencesService, type Preferences, type PreferencesDeps } from './service.ts'

export { type PreferenceRule, type Preferences, preferenceKey } from './service.ts'

export const preferencesMigrations: readonly Migration[] = [preferencesMigration]

export interface PreferencesFeature {
  readonly preferences: Preferences
  readonly feature: Feature
}

/** What accounts prefer, kept for the apps that declare it. */
export function createPreferences(deps: PreferencesDeps): PreferencesFeature {
  const preferences = createPreferencesService(deps)
  return { preferences, feature: { name: 'preferences', ocs: preferenceRoutes(preferences) } }
}
