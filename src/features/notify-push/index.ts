import type { Database, Migration } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Metrics } from '../../http/metrics.ts'
import { opensAccount } from '../../http/reach.ts'
import type { Viewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { CredentialVersion } from '../auth/index.ts'
import type { Feature } from '../feature.ts'
import { pushCommands } from './cli.ts'
import { createFileNews } from './file-news.ts'
import { type Holder, holderOf } from './holder.ts'
import { createHub } from './hub.ts'
import { notifyPushMigration } from './migrations/20261129-notify-push.ts'
import { createRevocation } from './revocation.ts'
import { pushRoutes, SOCKET_PATH } from './routes.ts'
import { Session } from './session.ts'
import { createPushTokens } from './tokens.ts'

export const notifyPushMigrations: readonly Migration[] = [notifyPushMigration]

export interface NotifyPushDeps {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly events: Events
  /** Throws Fault `unauthenticated` or `too-many`. */
  readonly signIn: (login: string, secret: string, address: string) => Promise<Viewer>
  readonly credentialVersion: CredentialVersion
  /** Throws Fault `not-found`. */
  readonly accountIdOf: (userId: string) => Promise<number>
  /** Accounts of administrators; they may be disabled. */
  readonly listAdminIds: () => Promise<number[]>
  /** Scheme, host and path by which clients reach this server, without a final slash. */
  readonly ownUrl: string
  /** Ids of all folders above these nodes, with the nodes. */
  readonly withAncestors: (nodeIds: readonly number[]) => Promise<number[]>
}

/** A client says two short texts and `listen`. */
const MAX_MESSAGE_BYTES = 4_096

/** The websocket that lets clients stop asking whether anything is new, in the protocol of notify_push. */
export function createNotifyPush(deps: NotifyPushDeps): Feature {
  const { db, clock, log, metrics, credentialVersion } = deps
  const hub = createHub()
  const tokens = createPushTokens(db, clock)
  const revocation = createRevocation({ hub, clock, stamps: db.stamps, log, credentialVersion })
  const news = createFileNews({ hub, log, withAncestors: deps.withAncestors })
  const signIn = async (name: string, secret: string, address: string): Promise<Holder> => {
    const byToken = await tokens.take(secret)
    const credential = byToken === undefined ? undefined : await credentialVersion(byToken)
    if (byToken !== undefined && credential?.version === byToken.version) return { ...byToken, ...credential }
    const holder = await holderOf(credentialVersion, await deps.signIn(name, secret, address))
    // Once more, which is remembered: what is good now was good when its version was read.
    await deps.signIn(name, secret, address)
    return holder
  }
  metrics.add({
    name: 'cloudlet_push_sockets',
    help: 'Clients connected to the websocket of this process',
    type: 'gauge',
    read: async () => [{ labels: {}, value: hub.size }],
  })
  metrics.add({
    name: 'cloudlet_push_messages_total',
    help: 'Messages sent over the websocket',
    type: 'counter',
    read: async () => [{ labels: {}, value: hub.messages }],
  })
  return {
    name: 'notify-push',
    appId: 'notify_push',
    http: pushRoutes(tokens, credentialVersion),
    sockets: [
      {
        path: SOCKET_PATH,
        summary: 'Tells clients at once of new files and notifications',
        maxMessageBytes: MAX_MESSAGE_BYTES,
        open(socket, { address }) {
          revocation.start()
          new Session(socket, address, { hub, log, signIn })
        },
      },
    ],
    commands: pushCommands({ ...deps, tokens }),
    capabilities: (viewer, baseUrl) => (!opensAccount(viewer) ? {} : { notify_push: capability(baseUrl) }),
    live: {
      'files.changed': ({ accountId, nodeIds }) => news.changed(accountId, nodeIds),
      'notification.added': ({ accountId }) => hub.tell(accountId, 'notification'),
      'notification.removed': ({ accountId }) => hub.tell(accountId, 'notification'),
      'push.reset': ({ accountId }) => hub.close(accountId),
      'push.tested': ({ accountId }) => hub.tell(accountId, 'notification'),
    },
    sweep: tokens.sweep,
    stop: revocation.stop,
  }
}

function capability(baseUrl: string) {
  return {
    // No activities: nothing here makes any yet.
    type: ['files', 'notifications'],
    endpoints: {
      websocket: `${baseUrl.replace(/^http/, 'ws')}${SOCKET_PATH}`,
      pre_auth: `${baseUrl}/index.php/apps/notify_push/pre_auth`,
    },
  }
}
