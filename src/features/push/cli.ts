import type { Command } from '../../cli/command.ts'
import type { Tried, TryDevices } from './trial.ts'

export interface PushCommandsDeps {
  /** Throws Fault `not-found`. */
  readonly accountIdOf: (userId: string) => Promise<number>
  /** Makes a notification for an account and resolves to its id and app. */
  readonly addTestNotification: (accountId: number) => Promise<{ readonly id: number; readonly app: string }>
  readonly tryDevices: TryDevices
  readonly proxies: readonly string[]
  readonly webPush: string
}

export function pushCommands(deps: PushCommandsDeps): Command[] {
  return [testPush(deps)]
}

function testPush({ accountIdOf, addTestNotification, tryDevices, proxies, webPush }: PushCommandsDeps): Command {
  return {
    name: 'notification:test-push',
    summary: 'Send a notification to all devices of an account, and say how it went with each',
    args: [{ name: 'user-id', summary: 'Id of the account' }],
    examples: ['notification:test-push alice'],
    async run(input, out) {
      const accountId = await accountIdOf(input.args['user-id'] ?? '')
      out.line(`Push proxies allowed (CLOUDLET_PUSH_PROXIES): ${proxies.length === 0 ? 'none' : proxies.join(', ')}`)
      out.line(`Web push (CLOUDLET_WEB_PUSH): ${webPush}`)
      const { id, app } = await addTestNotification(accountId)
      out.line(`Notification ${id} is on the list of the account`)
      const tried = await tryDevices(accountId, id, app)
      out.result(
        { id, devices: tried.map((each) => ({ ...each })) },
        tried.length === 0 ? ['No device is registered, and nothing is subscribed for web push'] : tried.map(lineOf),
      )
    },
  }
}

function lineOf({ kind, app, appPasswordId, host, result }: Tried): string {
  const what = kind === 'device' ? `device (${app})` : `web push (${app})`
  const whose = appPasswordId === null ? 'of a browser session' : `of app password ${appPasswordId}`
  return `  - ${what} ${whose} at ${host}: ${result}`
}
