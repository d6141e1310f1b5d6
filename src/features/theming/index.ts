import type { Migration } from '../../db/database.ts'
import type { Branding } from '../../http/page.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { Feature } from '../feature.ts'
import { themingCommands } from './cli.ts'
import { brandingOf, themingCapabilities } from './look.ts'
import { themingMigration } from './migrations/20261124-theming.ts'
import { themingPages } from './pages.ts'
import { pictureRoutes } from './pictures.ts'
import { themingRoutes } from './routes.ts'
import { createThemingService, THEMING_TOPIC, type Theming, type ThemingDeps } from './service.ts'

export { themingSettings } from './app-settings.ts'
export { themingPreferences } from './preferences.ts'
export type { Theming } from './service.ts'

export const themingMigrations: readonly Migration[] = [themingMigration]

export interface ThemingFeature {
  readonly theming: Theming
  /** For pages of other features. */
  readonly branding: (baseUrl: string) => Promise<Branding>
  /** What the administrator calls this server. */
  readonly siteName: () => Promise<string>
  readonly feature: Feature
}

export function createTheming(deps: ThemingDeps): ThemingFeature {
  const theming = createThemingService(deps)
  return {
    theming,
    branding: async (baseUrl) => brandingOf(await theming.theme(), baseUrl),
    siteName: async () => (await theming.theme()).values['name'] ?? '',
    feature: {
      name: 'theming',
      appId: 'theming',
      ocs: themingRoutes(theming),
      http: [...pictureRoutes(theming), ...themingPages(theming)],
      commands: themingCommands(theming),
      async capabilities(viewer, baseUrl) {
        const choice = viewer.kind === 'anonymous' ? undefined : await theming.choice(viewer.accountId)
        return { theming: themingCapabilities(await theming.theme(), choice, baseUrl) }
      },
      capabilityTopics: (viewer) =>
        viewer.kind === 'anonymous' ? [THEMING_TOPIC] : [THEMING_TOPIC, accountTopic(viewer.accountId)],
    },
  }
}
