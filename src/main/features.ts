import type { BlobStore } from '../blobs/blob-store.ts'
import type { SmtpServer, WebPush } from '../config/load.ts'
import type { OidcConfig } from '../config/oidc.ts'
import { createRootMount } from '../dav/root-tree.ts'
import type { DavDeps } from '../dav/server.ts'
import type { DavMount } from '../dav/tree.ts'
import { keepServersAway } from '../db/data-folder.ts'
import type { Database } from '../db/database.ts'
import type { Events } from '../events/events.ts'
import { type AppConfig, type AppConfigDeps, createAppConfig } from '../features/app-config/index.ts'
import { appIdsOf, createApps } from '../features/apps/index.ts'
import { type Auth, type AuthDeps, createAuth, type OtherWay } from '../features/auth/index.ts'
import { createAutocomplete } from '../features/autocomplete/index.ts'
import { createAvatars } from '../features/avatars/index.ts'
import { createBackgroundJobs } from '../features/background-jobs/index.ts'
import { createCapabilitiesFeature } from '../features/capabilities/index.ts'
import { createDirectDownload } from '../features/direct-download/index.ts'
import type { Feature } from '../features/feature.ts'
import { createFileReader, createFilesFeature, type FilesFeature } from '../features/files/index.ts'
import type { Groups } from '../features/groups/index.ts'
import { ADMIN_GROUP, createGroupsFeature } from '../features/groups/index.ts'

import { createLoginFlowFeature } from '../features/login-flow/index.ts'
import { createMail } from '../features/mail/index.ts'
import { createNavigation } from '../features/navigation/index.ts'
import { createNotifications, type Notifications, type NotificationsFeature } from '../features/notifications/index.ts'
import { createNotifyPush } from '../features/notify-push/index.ts'
import { createOidc, OIDC_PATH, type Oidc } from '../features/oidc/index.ts'
import { createOutOfOffice } from '../features/out-of-office/index.ts'
import { createPasswordLinksFeature } from '../features/password-links/index.ts'
import { createPreferences, type Preferences } from '../features/preferences/index.ts'
import { createProfile } from '../features/profile/index.ts'
import { createPush, type Push } from '../features/push/index.ts'
import { createStatus } from '../features/status/index.ts'
import { createTheming, type Theming, themingPreferences, themingSettings } from '../features/theming/index.ts'
import { createUploadsFeature, type UploadsFeature } from '../features/uploads/index.ts'
import { createUserStatus, type UserStatuses } from '../features/user-status/index.ts'
import type { AccountIdentity, Accounts, UsersDeps } from '../features/users/index.ts'
import { createUsers, type Users, usersSettings } from '../features/users/index.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Clock } from '../lib/clock.ts'
import { languageOfTag } from '../lib/languages.ts'
import type { Audit, Log } from '../lib/log.ts'
import { CLOUDLET_VERSION } from '../lib/version.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'

export interface FeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly log: Log
  readonly metrics: Metrics
  readonly jobs: Jobs
  readonly events: Events
  /** False in a command beside the server. */
  readonly isServing: boolean
  readonly instanceSecret: string
  readonly metricsToken: string | undefined
  /** Country whose phone numbers may be written without its code. */
  readonly phoneRegion: string | undefined
  /** Mail server; undefined for none. */
  readonly smtp: SmtpServer | undefined
  readonly mailFrom: string | undefined
  readonly publicUrl: string | undefined
  /** Absolute path. */
  readonly dataFolder: string
  readonly blobs: BlobStore
  /** Most entries that a PROPFIND with `Depth: infinity` lists. */
  readonly maxInfinity: number
  /** Longest life of a direct link, and its usual one. */
  readonly directLinkSeconds: number
  readonly outgoing: Outgoing
  /** Scheme, host and path by which clients reach this server, as far as settings say, without a final slash. */
  readonly ownUrl: string
  /** `host` or `host:port` of the push proxies at which devices may be registered. */
  readonly pushProxies: readonly string[]
  readonly webPush: WebPush
  /** Where people sign in besides here, or in place of it. */
  readonly oidc: OidcConfig | undefined
  readonly clientSecret: string | undefined
  readonly allowsPasswords: boolean
  /** Throws when the data folder cannot be written. */
  readonly checkDataFolder: () => Promise<void>
}

export interface Features {
  readonly list: readonly Feature[]
  readonly accounts: Accounts
  readonly groups: Groups
  readonly auth: Auth
  readonly theming: Theming
  readonly preferences: Preferences
  readonly appConfig: AppConfig
  readonly files: FilesFeature
  readonly notifications: Notifications
  readonly push: Push
  readonly statuses: UserStatuses
  readonly dav: Omit<DavDeps, 'log' | 'cors'>
}

/** Makes every feature and hands each what it needs. The whole wiring of the server is on this page. */
export function createFeatures(deps: FeatureDeps): Features {
  const { db, metrics } = deps
  // Made below: files need accounts for quotas, accounts need files for what they use.
  const people = createPeople(deps, {
    usedBytes: (accountId) => files.files.usedBytes(accountId),
    usedBytesOf: (accountIds) => files.usedBytesOf(accountIds),
    folders: {
      folderAt: (accountId, path) => files.folderAt(accountId, path),
      pathOf: (folderId) => files.pathOf(folderId),
    },
    // Made below: every feature may be an app.
    facts: () => appFacts(appIdsOf(contributing)),
  })
  const { groups, users, theming, auth, userStatus } = people
  const { files, mounts, features: fileFeatures } = createFileFeatures(deps, users, groups.groups, auth)
  const talking = [auth.feature, ...fileFeatures]
  const notifications = createNotifications({
    ...deps,
    accounts: users.accounts,
    sources: talking.flatMap((feature) => feature.notificationSources ?? []),
    // Made below: what is pushed is read from the notifications.
    tellDevices: (accountId, notificationId) => push.tellDevices(accountId, notificationId),
    statusOf: userStatus.typeOf,
  })
  const push: Push = createPushOf(deps, people, notifications)
  const contributing: Feature[] = [
    ...createMailing(deps, people),
    ...people.features,
    ...fileFeatures,
    notifications.feature,
    createNews(deps, people, files),
    push.feature,
    createBackgroundJobs({ jobs: deps.jobs, metrics }),
  ]
  const wellKnown = Object.assign({}, ...contributing.map((feature) => feature.wellKnown ?? {}))
  contributing.push(createStatus({ ...deps, siteName: theming.siteName, wellKnown }))
  const list = [
    ...contributing,
    createNavigation(contributing),
    createApps(contributing),
    createCapabilitiesFeature(contributing, db.stamps),
  ]
  deps.jobs.register(list.flatMap((feature) => feature.jobs ?? []))
  deps.events.connect(list, { isServing: deps.isServing })
  return {
    list,
    accounts: users.accounts,
    groups: groups.groups,
    auth,
    theming: theming.theming,
    preferences: people.preferences,
    appConfig: people.appConfig,
    files,
    notifications: notifications.notifications,
    push,
    statuses: userStatus.statuses,
    dav: { mounts, search: files.search, siteName: theming.siteName },
  }
}

/** What scripts read of the apps of this server. */
function appFacts(appIds: readonly string[]): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const facts = { enabled: 'yes', installed_version: CLOUDLET_VERSION, types: '' }
  return new Map(appIds.map((appId) => [appId, facts]))
}

/** Accounts, groups, how people and their apps come in, and what they see then. */
function createPeople(
  deps: FeatureDeps,
  {
    facts,
    ...used
  }: Pick<UsersDeps, 'usedBytes' | 'usedBytesOf'> & Pick<AuthDeps, 'folders'> & Pick<AppConfigDeps, 'facts'>,
) {
  const groups = createGroupsFeature(deps)
  const { preferences, feature: preferencesFeature } = createPreferences({ ...deps, rules: themingPreferences })
  const theming = createTheming({ ...deps, preferences })
  const { appConfig, feature: appConfigFeature } = createAppConfig({
    ...deps,
    settings: usersSettings,
    holders: [themingSettings(theming.theming)],
    facts,
  })
  const canMail = deps.smtp !== undefined
  const users = createUsers({ ...deps, ...used, groups: groups.groups, preferences, appConfig, canMail })
  const { branding } = theming
  const auth = createAuth({
    ...deps,
    accounts: users.accounts,
    directory: users.directory,
    canRemind: canMail,
    branding,
    folders: used.folders,
    otherWay: deps.oidc === undefined ? undefined : otherWayOf(deps.oidc, () => oidc),
    allowsPasswords: deps.allowsPasswords,
    groupIdsOf: async (accountId) => (await users.principalOf(accountId)).groupIds,
    secret: deps.instanceSecret,
    countLogin: deps.metrics.countLogin,
  })
  const oidc = createOidcOf(deps, users, groups.groups, auth, branding)
  const loginFlow = createLoginFlowFeature({ ...deps, auth, branding, enabledUserId: users.enabledUserId })
  const { visibility, timezoneOf } = users
  const userStatus = createUserStatus({ ...deps, visibility })
  const outOfOffice = createOutOfOffice({ ...deps, visibility, timezoneOf, statuses: userStatus.statuses })
  const around = [
    createProfile({ ...deps, visibility, branding, placeOf: users.placeOf }),
    createAutocomplete({ visibility, statusesOf: userStatus.statusesOf }),
  ]
  const features: Feature[] = [
    users.feature,
    groups.feature,
    preferencesFeature,
    appConfigFeature,
    auth.feature,
    theming.feature,
    loginFlow,
    userStatus.feature,
    outOfOffice,
    ...around,
  ]
  if (oidc !== undefined) features.push(oidc.feature)
  return { groups, users, preferences, appConfig, theming, auth, userStatus, features }
}

type People = ReturnType<typeof createPeople>

/** Mail, and what people can do because there is mail. */
function createMailing(deps: FeatureDeps, { users, auth, theming }: People): Feature[] {
  const { mailer, feature } = createMail({ ...deps, siteName: theming.siteName })
  return [feature, createPasswordLinksFeature({ ...deps, ...theming, users, auth, mailer })]
}

function createOidcOf(
  deps: FeatureDeps,
  users: Users,
  groups: Groups,
  auth: Auth,
  branding: AuthDeps['branding'],
): Oidc | undefined {
  const { oidc: config, instanceSecret: secret } = deps
  return config === undefined ? undefined : createOidc({ ...deps, config, secret, users, groups, auth, branding })
}

/** The button beside the form. The feature behind it is made after the form. */
function otherWayOf({ button }: OidcConfig, oidc: () => Oidc | undefined): OtherWay {
  return {
    label: button,
    path: OIDC_PATH,
    signOutUrl: async (sessionKey, returnTo) => oidc()?.signOutUrl(sessionKey, returnTo),
  }
}

/** What is above the trees of files. */
function createRoot({ principalOf }: Users, groups: Groups): DavMount {
  return createRootMount({
    collections: ['files', 'uploads', 'avatars'],
    principalOf,
    groupNameOf: async (groupId) => (await groups.find(groupId))?.displayName ?? groupId,
  })
}

function createPushOf(deps: FeatureDeps, { users, auth, userStatus }: People, told: NotificationsFeature): Push {
  const identity = async (accountId: number): Promise<AccountIdentity | undefined> =>
    users.directory.identity(accountId)
  return createPush({
    ...deps,
    proxies: deps.pushProxies,
    async findNotification(accountId, notificationId) {
      const language = languageOfTag((await identity(accountId))?.language ?? '') ?? 'en'
      const found = await told.notifications.find(accountId, notificationId, language)
      if (found === undefined) return undefined
      const { app, plainSubject, object } = found
      return { notificationId, app, subject: plainSubject, objectType: object.type, objectId: object.id }
    },
    isEnabled: async (accountId) => (await identity(accountId))?.enabled ?? false,
    listLive: auth.listLive,
    isQuiet: async (accountId) => (await userStatus.typeOf(accountId)) === 'dnd',
    sendTest: told.sendTest,
    accountIdOf: async (userId) => (await users.accounts.get(userId)).row.id,
  })
}

interface FileFeatures {
  readonly files: FilesFeature
  readonly features: readonly Feature[]
  readonly mounts: readonly DavMount[]
}

/** Files, and what is built on them. */
function createFileFeatures(deps: FeatureDeps, users: Users, groups: Groups, { isGranted }: Auth): FileFeatures {
  const { db, clock, blobs, events, jobs } = deps
  const files: FilesFeature = createFilesFeature({
    db,
    clock,
    events,
    jobs,
    blobs,
    quotaOf: users.quotaOf,
    displayNameOf: users.displayNameOf,
    maxInfinity: deps.maxInfinity,
    // Made below: chunks that wait are no orphans.
    holder: {
      list: (prefix) => uploads.holder.list(prefix),
      findHeld: (keys) => uploads.holder.findHeld(keys),
      giveUp: (keys) => uploads.holder.giveUp(keys),
    },
    keepServersAway: () => keepServersAway(deps.dataFolder),
  })
  const { put, tree, contents, findNode, isWithin, ownerOf, discardKeys } = files
  const uploads: UploadsFeature = createUploadsFeature({
    db,
    clock,
    blobs,
    put,
    filesTree: tree,
    findNode,
    discardKeys,
  })
  const directDownload = createDirectDownload({
    db,
    clock,
    events,
    maxSeconds: deps.directLinkSeconds,
    contents,
    findNode,
    isWithin,
    ownerOf,
    isGranted,
  })
  const avatars = createAvatars({
    ...deps,
    visibility: users.visibility,
    readFile: createFileReader(files.files, files.contents),
  })
  const mounts = [createRoot(users, groups), ...files.mounts, uploads.mount, directDownload.mount, avatars.mount]
  return { files, mounts, features: [files.feature, uploads.feature, directDownload.feature, avatars.feature] }
}

/** What tells people and their devices that something is new. */
function createNews(
  { db, clock, log, metrics, events, ownUrl }: FeatureDeps,
  { users, auth, groups }: People,
  files: FilesFeature,
): Feature {
  const { authenticator, credentialVersion } = auth
  return createNotifyPush({
    db,
    clock,
    log,
    metrics,
    events,
    signIn: async (login, secret, address) =>
      authenticator.authenticate({ basic: { login, secret } }, { address, userAgent: '' }),
    credentialVersion,
    accountIdOf: async (userId) => (await users.accounts.get(userId)).row.id,
    listAdminIds: () => groups.groups.listMemberAccountIds(ADMIN_GROUP),
    ownUrl,
    withAncestors: files.withAncestors,
  })
}
