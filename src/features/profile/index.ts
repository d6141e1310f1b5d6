import type { Migration } from '../../db/database.ts'
import type { Feature } from '../feature.ts'
import { profileMigration } from './migrations/20261204-profile.ts'
import { type ProfilePagesDeps, profilePages } from './pages.ts'
import { type ProfileRoutesDeps, profileRoutes } from './routes.ts'
import { createProfiles, type ProfilesDeps } from './service.ts'
import { PROFILE_WORDS } from './words.ts'

export const profileMigrations: readonly Migration[] = [profileMigration]

type ProfileDeps = ProfilesDeps & Omit<ProfileRoutesDeps, 'profiles'> & Omit<ProfilePagesDeps, 'profiles'>

/** What accounts show of themselves: hovercard, profile and profile page. */
export function createProfile(deps: ProfileDeps): Feature {
  const profiles = createProfiles(deps)
  return {
    name: 'profile',
    ocs: profileRoutes({ ...deps, profiles }),
    http: profilePages({ ...deps, profiles }),
    navigation: (viewer) => [
      {
        kind: 'settings',
        id: 'profile',
        order: 1,
        path: `/u/${encodeURIComponent(viewer.userId)}`,
        icon: '',
        name: { en: PROFILE_WORDS.en.view, de: PROFILE_WORDS.de.view, fr: PROFILE_WORDS.fr.view },
      },
    ],
  }
}
