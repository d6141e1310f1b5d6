import type { OwnPrincipal } from '../../dav/root-tree.ts'
import type { Database, Migration } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { AppConfig, AppSetting } from '../app-config/index.ts'
import type { Feature } from '../feature.ts'
import type { Groups } from '../groups/index.ts'
import type { Preferences } from '../preferences/index.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { userCommands } from './cli.ts'
import { createDirectory } from './directory.ts'
import { type AccountEditing, createEditing } from './editing.ts'
import { editingRoutes } from './editing-routes.ts'
import { ENUMERATION_SETTINGS } from './enumeration.ts'
import { groupCommands } from './group-cli.ts'
import type { AccountDirectory } from './identity.ts'
import { importCommand } from './import-cli.ts'
import { listingRoutes } from './listing-routes.ts'
import { createManaging } from './managing.ts'
import { managingRoutes } from './managing-routes.ts'
import { accountsMigration } from './migrations/20261124-accounts.ts'
import { accountListsMigration } from './migrations/20261202-account-lists.ts'
import { phoneIndexMigration } from './migrations/20261202-phone-index.ts'
import { createPatching } from './patching.ts'
import { createPhoneSearch } from './phone-search.ts'
import { DEFAULT_QUOTA } from './quota.ts'
import { createAccountRecords } from './records.ts'
import { reportCommands } from './report-cli.ts'
import { type UsedBytes, userRoutes } from './routes.ts'
import { principalView } from './views.ts'
import { createVisibility, type Visibility } from './visibility.ts'

export { checkPassword, checkUserId } from './account-rules.ts'
export type { Accounts } from './accounts.ts'
export type { AccountEditing } from './editing.ts'
export type { AccountDirectory, AccountIdentity } from './identity.ts'
export type { AccountRecord } from './records.ts'
export type { UsedBytes } from './routes.ts'
export type { Person, Visibility } from './visibility.ts'

export const usersMigrations: readonly Migration[] = [accountsMigration, phoneIndexMigration, accountListsMigration]

/** Settings of all accounts together. */
export const usersSettings: readonly AppSetting[] = [DEFAULT_QUOTA, ...ENUMERATION_SETTINGS]

export interface UsersDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  readonly groups: Groups
  readonly preferences: Preferences
  readonly appConfig: AppConfig
  readonly usedBytes: UsedBytes
  /** The same of many, in one statement. */
  readonly usedBytesOf: (accountIds: readonly number[]) => Promise<ReadonlyMap<number, number>>
  /** Absolute path. */
  readonly dataFolder: string
  /** Country whose phone numbers may be written without its code. */
  readonly phoneRegion: string | undefined
  /** Whether there is a mail server. */
  readonly canMail: boolean
}

export interface Users {
  readonly accounts: Accounts
  readonly directory: AccountDirectory
  readonly visibility: Visibility
  readonly editing: AccountEditing
  /** Limit of an account in bytes, undefined for none. */
  readonly quotaOf: (accountId: number) => Promise<number | undefined>
  readonly displayNameOf: (accountId: number) => Promise<string>
  /** IANA name, empty when the account has chosen none. */
  readonly timezoneOf: (accountId: number) => Promise<string>
  /** Where an account is, and how it reads dates: an IANA name, and a BCP 47 tag. */
  readonly placeOf: (accountId: number) => Promise<{ readonly timezone: string; readonly locale: string }>
  /** The user id of an account that may sign in; undefined for every other. */
  readonly enabledUserId: (accountId: number) => Promise<string | undefined>
  /** What an account may know of itself, for its DAV principal. */
  readonly principalOf: (accountId: number) => Promise<OwnPrincipal>
  readonly feature: Feature
}

export function createUsers(deps: UsersDeps): Users {
  const { db, clock, audit, events, groups, preferences, appConfig, usedBytesOf, dataFolder } = deps
  const records = createAccountRecords({ db, groups, appConfig })
  const visibility = createVisibility({ db, records, groups, appConfig })
  const accounts = createAccounts({ db, clock, audit, events, groups, records })
  const editing = createEditing({ db, clock, audit, events, context: { phoneRegion: deps.phoneRegion } })
  const patching = createPatching({ db, clock, audit, accounts, groups, editing })
  return {
    accounts,
    directory: createDirectory(db, records),
    visibility,
    editing,
    quotaOf: async (accountId) => (await records.find(accountId))?.limitBytes,
    async enabledUserId(accountId) {
      const record = await records.find(accountId)
      return record?.row.enabled === 1 ? record.row.user_id : undefined
    },
    async displayNameOf(accountId) {
      const record = await records.find(accountId)
      return record?.row.display_name || (record?.row.user_id ?? '')
    },
    async timezoneOf(accountId) {
      return (await records.find(accountId))?.row.timezone ?? ''
    },
    async placeOf(accountId) {
      const { timezone = '', locale = '', language = '' } = (await records.find(accountId))?.row ?? {}
      const tag = (locale || language || 'en').replace('_', '-')
      return { timezone: timezone || 'UTC', locale: isLocale(tag) ? tag : 'en' }
    },
    async principalOf(accountId) {
      return principalView(await records.find(accountId))
    },
    feature: {
      name: 'users',
      appId: 'provisioning_api',
      ocs: [
        ...userRoutes({ ...deps, accounts }),
        ...editingRoutes({ ...deps, accounts, editing, patching, phoneSearch: createPhoneSearch(db, visibility) }),
        ...listingRoutes({ accounts, groups, usedBytesOf, dataFolder }),
        ...managingRoutes(createManaging({ accounts, groups, canMail: deps.canMail })),
      ],
      async capabilities(viewer) {
        if (viewer.kind === 'anonymous') return {}
        const { language, locale, timezone } = (await accounts.own(viewer)).row
        return { core: { user: { language, locale, timezone: timezone === '' ? 'UTC' : timezone } } }
      },
      capabilityTopics: (viewer) => (viewer.kind === 'anonymous' ? [] : [accountTopic(viewer.accountId)]),
      commands: [
        ...userCommands({ accounts, editing, groups, preferences, canMail: deps.canMail }),
        ...reportCommands({ accounts, editing, usedBytesOf }),
        importCommand({ accounts, groups, canMail: deps.canMail }),
        ...groupCommands({ accounts, groups }),
      ],
    },
  }
}

function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}
