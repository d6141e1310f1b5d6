import type { Command } from '../../cli/command.ts'
import type { Database } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import './events.ts'

export interface PushCommandsDeps {
  readonly db: Database
  readonly events: Events
  /** Throws Fault `not-found`. */
  readonly accountIdOf: (userId: string) => Promise<number>
}

export function pushCommands({ db, events, accountIdOf }: PushCommandsDeps): Command[] {
  return [
    {
      name: 'notify_push:reset',
      summary: 'End websocket connections, all or those of one account; clients come back by themselves',
      args: [{ name: 'uid?', summary: 'Whose connections' }],
      async run({ args }, out) {
        const { uid } = args
        const whose = uid === undefined ? {} : { accountId: await accountIdOf(uid) }
        await db.write((tx) => events.add(tx, 'push.reset', whose))
        out.result({ reset: uid ?? true }, [`Connections ${uid === undefined ? '' : `of ${uid} `}are being reset`])
      },
    },
  ]
}
