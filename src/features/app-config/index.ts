import type { Migration } from '../../db/database.ts'
import type { Feature } from '../feature.ts'
import { appConfigCommands } from './cli.ts'
import { appConfigMigration } from './migrations/20261202-app-config.ts'
import { appConfigRoutes } from './routes.ts'
import { type AppConfig, type AppConfigDeps, createAppConfigService } from './service.ts'

export {
  APP_CONFIG_TOPIC,
  type AppConfig,
  type AppConfigDeps,
  type AppSetting,
  type AppSettingHolder,
} from './service.ts'

export const appConfigMigrations: readonly Migration[] = [appConfigMigration]

export interface AppConfigFeature {
  readonly appConfig: AppConfig
  readonly feature: Feature
}

/** Values that administrators set for apps, over the API or the command line. */
export function createAppConfig(deps: AppConfigDeps): AppConfigFeature {
  const appConfig = createAppConfigService(deps)
  return {
    appConfig,
    feature: { name: 'app-config', ocs: appConfigRoutes(appConfig), commands: appConfigCommands(appConfig) },
  }
}
