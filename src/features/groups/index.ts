import type { Migration } from '../../db/database.ts'
import type { Feature } from '../feature.ts'
import { groupsMigration } from './migrations/20261124-groups.ts'
import { groupRoutes } from './routes.ts'
import { createGroups, type Groups, type GroupsDeps } from './service.ts'

export { ADMIN_GROUP, type Group, type GroupDetails, type Groups } from './service.ts'

export const groupsMigrations: readonly Migration[] = [groupsMigration]

/** The service is made before the feature, because accounts need it and the commands need accounts. */
export function createGroupsFeature(deps: GroupsDeps): { readonly groups: Groups; readonly feature: Feature } {
  const groups = createGroups(deps)
  return { groups, feature: { name: 'groups', ocs: groupRoutes(groups) } }
}
