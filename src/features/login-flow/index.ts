import type { Database, Migration } from '../../db/database.ts'
import type { Branding } from '../../http/page.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../../lib/log.ts'
import type { Auth } from '../auth/index.ts'
import type { Feature } from '../feature.ts'
import { createBrowserState } from './browser-state.ts'
import { firstVersion, openFirstVersion, openFlow, secondVersion } from './entrances.ts'
import { loginFlowMigration } from './migrations/20261201-login-flow.ts'
import { connectPage, flowPages } from './pages.ts'
import { flowRoutes } from './routes.ts'
import { createLoginFlow } from './service.ts'

export const loginFlowMigrations: readonly Migration[] = [loginFlowMigration]

export interface LoginFlowFeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly auth: Pick<Auth, 'appPasswords' | 'sessions' | 'confirming'>
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
  /** The name of an account that may sign in; undefined for every other. */
  readonly enabledUserId: (accountId: number) => Promise<string | undefined>
}

/** How apps are let in without ever seeing the password. */
export function createLoginFlowFeature(deps: LoginFlowFeatureDeps): Feature {
  const { db, clock, audit, auth, branding, enabledUserId } = deps
  const { appPasswords, sessions, confirming } = auth
  const flow = createLoginFlow({ db, clock, audit, appPasswords, enabledUserId })
  const pages = { state: createBrowserState(sessions), sessions, confirming, branding }
  const [first, second] = [firstVersion(appPasswords), secondVersion(flow)]
  return {
    name: 'login-flow',
    http: [
      ...flowRoutes(flow),
      openFlow(pages, second),
      connectPage(pages, second),
      ...flowPages(pages, second),
      openFirstVersion(pages, first),
      ...flowPages(pages, first),
    ],
    sweep: flow.sweep,
  }
}
