import type { Database, Migration } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import { opensAccount } from '../../http/reach.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Json } from '../../lib/json.ts'
import type { Language } from '../../lib/languages.ts'
import type { Feature } from '../feature.ts'
import type { Visibility } from '../users/index.ts'
import { userStatusMigration } from './migrations/20261202-user-status.ts'
import { userStatusRoutes } from './routes.ts'
import { STATUS_TYPES, type StatusType } from './rules.ts'
import { createUserStatuses, type UserStatuses } from './service.ts'
import { briefView } from './views.ts'

export { OUT_OF_OFFICE } from './predefined.ts'
export type { UserStatuses } from './service.ts'

export const userStatusMigrations: readonly Migration[] = [userStatusMigration]

export interface UserStatusDeps {
  readonly db: Database
  readonly clock: Clock
  readonly metrics: Metrics
  readonly visibility: Visibility
}

export interface UserStatusFeature {
  readonly statuses: UserStatuses
  /** How available an account is; undefined when it never said. At once while nothing has changed. */
  readonly typeOf: (accountId: number) => StatusType | undefined | Promise<StatusType | undefined>
  /** What others see of some accounts, by account, in one statement; those that never said anything are missing. */
  readonly statusesOf: (accountIds: readonly number[], language: Language) => Promise<ReadonlyMap<number, Json>>
  readonly feature: Feature
}

/** What accounts say about themselves: how available they are, with a message. */
export function createUserStatus({ db, clock, metrics, visibility }: UserStatusDeps): UserStatusFeature {
  const statuses = createUserStatuses({ db, clock })
  metrics.add({
    name: 'cloudlet_user_statuses',
    help: 'Accounts that have a status, by its type',
    type: 'gauge',
    read: async () => (await statuses.countTypes()).map(({ type, count }) => ({ labels: { type }, value: count })),
  })
  return {
    statuses,
    typeOf(accountId) {
      const row = statuses.find(accountId)
      return row instanceof Promise ? row.then((found) => typeOfRow(found?.type)) : typeOfRow(row?.type)
    },
    async statusesOf(accountIds, language) {
      if (accountIds.length === 0) return new Map()
      const rows = await statuses.list(accountIds, accountIds.length, 0)
      return new Map(rows.map((row) => [row.account_id, briefView(row, language)]))
    },
    feature: {
      name: 'user-status',
      appId: 'user_status',
      ocs: userStatusRoutes({ statuses, visibility }),
      capabilities: (viewer) => (opensAccount(viewer) ? CAPABILITIES : {}),
      sweep: statuses.sweep,
    },
  }
}

function typeOfRow(type: string | undefined): StatusType | undefined {
  return STATUS_TYPES.find((known) => known === type)
}

/** Recording capabilities. */
const CAPABILITIES = { user_status: { enabled: true, restore: true, supports_emoji: true, supports_busy: true } }
