import type { BlobStore } from '../blobs/blob-store.ts'
import { createRootMount } from '../dav/root-tree.ts'
import type { DavMount, DavSearch } from '../dav/tree.ts'
import type { Database, Migration } from '../db/database.ts'
import { type Auth, authMigrations, createAuth } from '../features/auth/index.ts'
import { createCapabilitiesFeature } from '../features/capabilities/index.ts'
import type { Feature } from '../features/feature.ts'
import { createFilesFeature, type FilesFeature, filesMigrations } from '../features/files/index.ts'
import type { Groups } from '../features/groups/index.ts'
import { createGroupsFeature, groupsMigrations } from '../features/groups/index.ts'
import { createStatus } from '../features/status/index.ts'
import { createTheming, type Theming, themingMigrations } from '../features/theming/index.ts'
import type { Accounts } from '../features/users/index.ts'
import { createUsers, usersMigrations } from '../features/users/index.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Clock } from '../lib/clock.ts'
import type { Audit } from '../lib/log.ts'

/** Steps of the schema, from all features. */
export const MIGRATIONS: readonly Migration[] = [
  ...usersMigrations,
  ...groupsMigrations,
  ...authMigrations,
  ...themingMigrations,
  ...filesMigrations,
]

export interface FeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly metrics: Metrics
  readonly instanceSecret: string
  readonly metricsToken: string | undefined
  /** Absolute path. */
  readonly dataFolder: string
  readonly blobs: BlobStore
  /** Most entries that a PROPFIND with `Depth: infinity` lists. */
  readonly maxInfinity: number
  /** Throws when the data folder cannot be written. */
  readonly checkDataFolder: () => Promise<void>
}

export interface Features {
  readonly list: readonly Feature[]
  readonly accounts: Accounts
  readonly groups: Groups
  readonly auth: Auth
  readonly theming: Theming
  readonly files: FilesFeature
  readonly dav: { readonly mounts: readonly DavMount[]; readonly search: DavSearch }
}

/** Makes every feature and hands each what it needs. The whole wiring of the server is on this page. */
export function createFeatures(deps: FeatureDeps): Features {
  const { db, clock, audit, metrics } = deps
  const groups = createGroupsFeature({ db, clock, audit })
  const users = createUsers({
    db,
    clock,
    audit,
    groups: groups.groups,
    // Made below: files need accounts for quotas, accounts need files for what they use.
    usedBytes: (accountId) => files.files.usedBytes(accountId),
    dataFolder: deps.dataFolder,
  })
  const files: FilesFeature = createFilesFeature({
    db,
    clock,
    blobs: deps.blobs,
    quotaOf: users.quotaOf,
    displayNameOf: users.displayNameOf,
    maxInfinity: deps.maxInfinity,
    otherKeys: async function* () {},
  })
  const theming = createTheming({ db, clock, audit })
  const auth = createAuth({
    db,
    clock,
    audit,
    accounts: users.accounts,
    directory: users.directory,
    branding: theming.branding,
    secret: deps.instanceSecret,
    countLogin: metrics.countLogin,
  })
  const apps = [users.feature, theming.feature, files.feature]
  const status = createStatus({
    db,
    metrics,
    metricsToken: deps.metricsToken,
    siteName: async () => (await theming.theming.theme()).values['name'] ?? '',
    appIds: apps.flatMap(({ appId }) => appId ?? []).toSorted(),
    checkDataFolder: deps.checkDataFolder,
  })
  const contributing = [users.feature, groups.feature, auth.feature, theming.feature, files.feature, status]
  const capabilities = createCapabilitiesFeature(contributing, db.stamps)
  return {
    list: [...contributing, capabilities],
    accounts: users.accounts,
    groups: groups.groups,
    auth,
    theming: theming.theming,
    files,
    dav: {
      mounts: [
        createRootMount({ collections: ['files', 'uploads'], displayNameOf: users.displayNameOf }),
        ...files.mounts,
      ],
      search: files.search,
    },
  }
}
