import type { Migration } from '../db/database.ts'
import { appConfigMigrations } from '../features/app-config/index.ts'
import { authMigrations } from '../features/auth/index.ts'
import { avatarsMigrations } from '../features/avatars/index.ts'
import { directLinksMigrations } from '../features/direct-download/index.ts'
import { filesMigrations } from '../features/files/index.ts'
import { groupsMigrations } from '../features/groups/index.ts'
import { loginFlowMigrations } from '../features/login-flow/index.ts'
import { notificationsMigrations } from '../features/notifications/index.ts'
import { notifyPushMigrations } from '../features/notify-push/index.ts'
import { oidcMigrations } from '../features/oidc/index.ts'
import { outOfOfficeMigrations } from '../features/out-of-office/index.ts'
import { passwordLinksMigrations } from '../features/password-links/index.ts'
import { preferencesMigrations } from '../features/preferences/index.ts'
import { profileMigrations } from '../features/profile/index.ts'
import { pushMigrations } from '../features/push/index.ts'
import { themingMigrations } from '../features/theming/index.ts'
import { uploadsMigrations } from '../features/uploads/index.ts'
import { userStatusMigrations } from '../features/user-status/index.ts'
import { usersMigrations } from '../features/users/index.ts'
import { jobsMigration } from '../jobs/migrations/20261127-jobs.ts'

/** Steps of the schema, from all features. */
export const MIGRATIONS: readonly Migration[] = [
  ...usersMigrations,
  ...passwordLinksMigrations,
  ...groupsMigrations,
  ...authMigrations,
  ...themingMigrations,
  ...filesMigrations,
  ...uploadsMigrations,
  ...directLinksMigrations,
  ...pushMigrations,
  jobsMigration,
  ...notificationsMigrations,
  ...notifyPushMigrations,
  ...loginFlowMigrations,
  ...userStatusMigrations,
  ...outOfOfficeMigrations,
  ...preferencesMigrations,
  ...appConfigMigrations,
  ...avatarsMigrations,
  ...profileMigrations,
  ...oidcMigrations,
]
