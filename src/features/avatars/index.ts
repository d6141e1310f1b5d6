import type { DavMount } from '../../dav/tree.ts'
import type { Migration } from '../../db/database.ts'
import type { Feature } from '../feature.ts'
import { createAvatarMount } from './dav.ts'
import { avatarsMigration } from './migrations/20261203-avatars.ts'
import { type AvatarRoutesDeps, avatarRoutes } from './routes.ts'
import { type AvatarsDeps, createAvatarsService } from './service.ts'

export const avatarsMigrations: readonly Migration[] = [avatarsMigration]

export interface AvatarsFeature {
  readonly mount: DavMount
  readonly feature: Feature
}

/** Pictures of accounts: those they put up, and those that are drawn from their names. */
export function createAvatars(deps: AvatarsDeps & Pick<AvatarRoutesDeps, 'readFile'>): AvatarsFeature {
  const avatars = createAvatarsService(deps)
  return {
    mount: createAvatarMount(avatars),
    feature: { name: 'avatars', http: avatarRoutes({ ...deps, avatars }) },
  }
}
