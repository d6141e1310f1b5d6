import type { Feature } from '../feature.ts'
import { appRoutes } from './routes.ts'

/** The features that clients know as apps, by the ids under which they ask for them. */
export function createApps(features: readonly Feature[]): Feature {
  return { name: 'apps', ocs: appRoutes(appIdsOf(features)) }
}

/** In their order on the wire. */
export function appIdsOf(features: readonly Feature[]): string[] {
  return features.flatMap(({ appId }) => appId ?? []).toSorted()
}
