import type { WebPush } from '../../src/config/load.ts'
import type { Database, DatabaseKind } from '../../src/db/database.ts'
import { createPush, type Push } from '../../src/features/push/index.ts'
import { createMetrics, type Metrics } from '../../src/http/metrics.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createOutgoing } from '../../src/outgoing/outgoing.ts'
import type { KnownDevice, TestDevice, TestPushProxy } from './push-proxy.ts'
import type { TestSubscriber } from './push-service.ts'
import { createTestApp, OCS, type TestAnswer, type TestApp } from './test-app.ts'

/** What a notification says, by its id. */
export interface TestNotification {
  readonly app?: string
  readonly subject?: string
  readonly objectType?: string
  readonly objectId?: string
}

export interface NodeSettings {
  readonly proxies?: readonly string[]
  readonly webPush?: WebPush
}

export interface PushStage {
  readonly app: TestApp
  readonly push: Push
  readonly metrics: Metrics
  /** Accounts that are not to be disturbed. */
  readonly quiet: Set<number>
  /** Makes an account with an app password. */
  addPerson(userId: string): Promise<Person>
  /** Tells an account of a notification, as an event would. */
  tell(person: Person, notificationId: number, notification?: TestNotification): Promise<void>
  /** The notification is gone. */
  forget(person: Person, ...notificationIds: readonly number[]): Promise<void>
  /** Another node of the same server, with other settings if need be. */
  node(db: Database, settings?: NodeSettings): Push
  close(): Promise<void>
}

export interface Person {
  readonly accountId: number
  readonly userId: string
  /** User id and app password. */
  readonly credentials: readonly [string, string]
  readonly appPasswordId: number
}

export async function createPushStage(
  database: DatabaseKind,
  env: Readonly<Record<string, string>> = {},
): Promise<PushStage> {
  const settings = { CLOUDLET_PUSH_PROXIES: 'localhost', CLOUDLET_OUTGOING_ALLOWED: 'localhost', ...env }
  const app = await createTestApp({ database, env: settings })
  const known = new Map<number, TestNotification>()
  const quiet = new Set<number>()
  const { auth, accounts } = app.features
  const metrics = createMetrics('0.0.0')
  const node = (
    db: Database,
    { proxies = ['localhost'], webPush = 'all' }: NodeSettings = {},
    figures = createMetrics('0.0.0'),
  ): Push =>
    createPush({
      db,
      clock: app.clock,
      log: silentLog,
      metrics: figures,
      // Every name leads to this machine; only one of them is allowed to.
      outgoing: createOutgoing({ allowed: ['localhost'], resolve: async () => ['127.0.0.1'] }),
      proxies,
      webPush,
      async findNotification(_accountId, notificationId) {
        const found = known.get(notificationId)
        if (found === undefined) return undefined
        const {
          app: appId = 'files',
          subject = `Subject ${notificationId}`,
          objectType = 'file',
          objectId = '7',
        } = found
        return { notificationId, app: appId, subject, objectType, objectId }
      },
      isEnabled: async (accountId) => (await accountRecord(app, accountId))?.row.enabled === 1,
      listLive: auth.listLive,
      isQuiet: (accountId) => quiet.has(accountId),
      sendTest: () => Promise.reject(new Error('The command of the app does this')),
      accountIdOf: async (userId) => (await accounts.get(userId)).row.id,
    })
  const push = node(app.db, {}, metrics)
  return {
    app,
    push,
    metrics,
    quiet,
    node,
    async addPerson(userId) {
      const { row } = await accounts.add({ userId, password: `${userId}-password` }, 'test')
      const { id, secret } = await auth.appPasswords.add(row.id, 'phone', 'test')
      return { accountId: row.id, userId, credentials: [userId, secret], appPasswordId: id }
    },
    async tell({ accountId }, notificationId, notification = {}) {
      known.set(notificationId, notification)
      await push.queue.addAdded({ accountId, notificationId, app: notification.app ?? 'files' })
    },
    async forget({ accountId }, ...notificationIds) {
      for (const id of notificationIds) known.delete(id)
      await push.queue.addRemoved(accountId, notificationIds)
    },
    close: () => app.close(),
  }
}

async function accountRecord(app: TestApp, accountId: number) {
  const userIds = await app.features.accounts.list(undefined, '', 1_000, 0)
  return (await app.features.accounts.load(userIds)).find(({ row }) => row.id === accountId)
}

export const ANDROID = 'Mozilla/5.0 (Android) Nextcloud-android/33.0.0'
export const TALK = 'Mozilla/5.0 (Android) Nextcloud-Talk v22.0.0'

const PUSH_URL = '/ocs/v2.php/apps/notifications/api/v2/push?format=json'

/** `POST .../push` as a phone sends it. */
export function register(
  { app }: Pick<PushStage, 'app'>,
  as: readonly [string, string],
  device: TestDevice,
  proxyServer: string,
  more: { readonly userAgent?: string; readonly body?: Readonly<Record<string, unknown>> } = {},
): Promise<TestAnswer> {
  const body = { pushTokenHash: device.pushTokenHash, devicePublicKey: device.publicKey, proxyServer, ...more.body }
  return app.request({
    method: 'POST',
    url: PUSH_URL,
    headers: { ...OCS, 'content-type': 'application/json', 'user-agent': more.userAgent ?? ANDROID },
    as,
    body: JSON.stringify(body),
  })
}

/** Registers a phone here and then at its proxy, as phones do. */
export async function introduce(
  stage: Pick<PushStage, 'app'>,
  { credentials }: Person,
  device: TestDevice,
  proxy: TestPushProxy,
  userAgent: string = ANDROID,
): Promise<KnownDevice> {
  const answer = await register(stage, credentials, device, `${proxy.url}/`, { userAgent })
  if (answer.status !== 201) throw new Error(`Registering was answered ${answer.status} ${answer.text}`)
  return proxy.know(device, answer.json().ocs.data)
}

export function unregister({ app }: Pick<PushStage, 'app'>, as: readonly [string, string]): Promise<TestAnswer> {
  return app.request({ method: 'DELETE', url: PUSH_URL, headers: OCS, as })
}

/** A call below `.../webpush`. */
export function webPush(
  { app }: Pick<PushStage, 'app'>,
  as: readonly [string, string],
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<TestAnswer> {
  return app.request({
    method,
    url: `/ocs/v2.php/apps/notifications/api/v2/webpush${path}?format=json`,
    headers: { ...OCS, 'content-type': 'application/json' },
    as,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** Subscribes and sends the token back that is pushed, as browsers do. */
export async function subscribe(
  stage: Pick<PushStage, 'app' | 'push'>,
  { credentials }: Person,
  { endpoint, uaPublicKey, auth, texts }: TestSubscriber,
  appTypes = 'all',
): Promise<void> {
  const answer = await webPush(stage, credentials, 'POST', '', { endpoint, uaPublicKey, auth, appTypes })
  if (answer.status !== 201) throw new Error(`Subscribing was answered ${answer.status} ${answer.text}`)
  await stage.push.sender.sendDue()
  const { activationToken } = JSON.parse(texts.pop() ?? '') as { activationToken: string }
  const activated = await webPush(stage, credentials, 'POST', '/activate', { activationToken })
  if (activated.status !== 202) throw new Error(`Activating was answered ${activated.status} ${activated.text}`)
}
