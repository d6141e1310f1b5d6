import type { Database } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import { Fault } from '../../lib/fault.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Accounts } from '../users/index.ts'
import { MESSAGES } from './fault-messages.ts'

export interface PasswordLinkRoutesDeps {
  readonly db: Database
  readonly events: Events
  readonly accounts: Pick<Accounts, 'getEditable'>
  readonly canMail: boolean
}

/** The letter itself is written by a job: no request waits for the mail server (recording provisioning-users-edit). */
export function passwordLinkRoutes({ db, events, accounts, canMail }: PasswordLinkRoutesDeps): OcsRoute[] {
  return [
    defineOcs({
      method: 'POST',
      path: '/cloud/users/:userId/welcome',
      summary: 'Mails a welcome to an account; without a password it gets a link at which to choose one',
      auth: 'group-admin',
      confirm: true,
      codes: { hidden: 998, 'no-address': 101, 'no-mail': 102 },
      async handler({ viewer, params }) {
        const { row } = await accounts.getEditable(viewer, params.userId)
        if (row.email === null) throw new Fault('bad-request', MESSAGES.noAddress, { reason: 'no-address' })
        if (!canMail) throw new Fault('unavailable', MESSAGES.noMail, { reason: 'no-mail' })
        await db.write((tx) => events.add(tx, 'account.welcome-wanted', { accountId: row.id }))
        return undefined
      },
    }),
  ]
}
