import type { Database, Migration } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import { opensAccount } from '../../http/reach.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Feature } from '../feature.ts'
import type { UserStatuses } from '../user-status/index.ts'
import type { Visibility } from '../users/index.ts'
import { outOfOfficeMigration } from './migrations/20261202-out-of-office.ts'
import { absenceRoutes } from './routes.ts'
import { createAbsences } from './service.ts'

export const outOfOfficeMigrations: readonly Migration[] = [outOfOfficeMigration]

export interface OutOfOfficeDeps {
  readonly db: Database
  readonly clock: Clock
  readonly jobs: Jobs
  readonly metrics: Metrics
  readonly statuses: UserStatuses
  readonly visibility: Visibility
  /** IANA name, empty when the account has chosen none. */
  readonly timezoneOf: (accountId: number) => Promise<string>
}

/** Absences that accounts announce, and their status meanwhile. */
export function createOutOfOffice(deps: OutOfOfficeDeps): Feature {
  const absences = createAbsences(deps)
  deps.metrics.add({
    name: 'cloudlet_absences',
    help: 'Accounts that are out of office now',
    type: 'gauge',
    read: async () => [{ labels: {}, value: await absences.countBegun() }],
  })
  return {
    name: 'out-of-office',
    ocs: absenceRoutes({ absences, visibility: deps.visibility }),
    jobs: [absences.job],
    capabilities: (viewer) => (opensAccount(viewer) ? CAPABILITIES : {}),
    sweep: absences.sweep,
  }
}

/** Recording capabilities. */
const CAPABILITIES = { dav: { 'absence-supported': true, 'absence-replacement': true } }
