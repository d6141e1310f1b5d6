import type { Command } from '../../cli/command.ts'
import { Fault } from '../../lib/fault.ts'
import type { PasswordLinkRoutesDeps } from './routes.ts'

export interface PasswordLinkCommandsDeps extends Omit<PasswordLinkRoutesDeps, 'accounts'> {
  readonly find: (
    userId: string,
  ) => Promise<{ readonly id: number; readonly userId: string; readonly email: string | null }>
}

export function passwordLinkCommands({ db, events, find, canMail }: PasswordLinkCommandsDeps): Command[] {
  return [
    {
      name: 'user:welcome',
      summary: 'Have the server mail a welcome; an account without a password gets a link at which to choose one',
      args: [{ name: 'user', summary: 'Id of the account' }],
      async run(input, out) {
        if (!canMail) {
          throw new Fault('bad-request', 'No mail server is set. Set CLOUDLET_SMTP_URL', { reason: 'setting' })
        }
        const { id, userId, email } = await find(input.args['user'] ?? '')
        if (email === null) throw new Fault('bad-request', `The account "${userId}" has no mail address`)
        await db.write((tx) => events.add(tx, 'account.welcome-wanted', { accountId: id }))
        out.result({ user_id: userId, email }, [`A welcome to ${email} is on its way`])
      },
    },
  ]
}
