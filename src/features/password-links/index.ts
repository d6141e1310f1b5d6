import type { Database, Migration } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Branding } from '../../http/page.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Auth } from '../auth/index.ts'
import type { Feature } from '../feature.ts'
import type { Mailer } from '../mail/index.ts'
import type { Users } from '../users/index.ts'
import { passwordLinkCommands } from './cli.ts'
import { passwordLinksMigration } from './migrations/20261202-password-links.ts'
import { passwordPages } from './pages.ts'
import { passwordLinkRoutes } from './routes.ts'
import { createPasswordLinks } from './service.ts'

export const passwordLinksMigrations: readonly Migration[] = [passwordLinksMigration]

export interface PasswordLinksFeatureDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: Events
  readonly jobs: Jobs
  readonly users: Pick<Users, 'accounts' | 'directory'>
  readonly auth: Pick<Auth, 'throttle'>
  readonly mailer: Mailer
  readonly publicUrl: string | undefined
  readonly branding: (baseUrl: string) => Branding | Promise<Branding>
  readonly siteName: () => Promise<string>
}

const REMIND = 'password-links.remind'

/** Passwords chosen by a link in a mail: the first one, and a new one for those who have forgotten theirs. */
export function createPasswordLinksFeature(deps: PasswordLinksFeatureDeps): Feature {
  const { db, events, jobs, users, auth, mailer, publicUrl = '' } = deps
  const { accounts, directory } = users
  const links = createPasswordLinks({ ...deps, accounts, directory, publicUrl })
  const askForReminder = (login: string): Promise<void> =>
    db.write((tx) => jobs.add(tx, REMIND, { login }, { key: login.toLowerCase() }))
  const canMail = mailer.isOffered
  return {
    name: 'password-links',
    ocs: passwordLinkRoutes({ db, events, accounts, canMail }),
    // Without a mail server no link was ever sent, so there is nothing behind them.
    http: canMail ? passwordPages({ ...deps, links, throttle: auth.throttle, askForReminder }) : [],
    commands: passwordLinkCommands({
      db,
      events,
      canMail,
      find: async (userId) => {
        const { row } = await accounts.get(userId)
        return { id: row.id, userId: row.user_id, email: row.email }
      },
    }),
    on: { 'account.welcome-wanted': ({ accountId }) => links.welcome(accountId) },
    jobs: [{ kind: REMIND, run: (payload, { signal }) => links.remind((payload as { login: string }).login, signal) }],
    sweep: links.sweep,
  }
}
