import { createECDH, randomBytes } from 'node:crypto'
import { OCS, type TestApp } from '../helpers/test-app.ts'
import type { Between } from './cast.ts'
import { countNotificationsUp, takeNotificationId } from './notifications-staging.ts'

export interface Variant {
  readonly env?: Readonly<Record<string, string>>
  /** By the name of the exchange. */
  readonly isWanted?: (name: string) => boolean
}

const HOSTS = 'localhost, push.internal, push.local'
const OPEN = { CLOUDLET_PUSH_PROXIES: HOSTS, CLOUDLET_OUTGOING_ALLOWED: HOSTS }

const isWhileOff = (name: string): boolean => /^VAPID key|while web push is off/.test(name)
const isWithoutBrowsers = (name: string): boolean => name.endsWith('browsers off')

export const PUSH_VARIANTS: Readonly<Record<string, readonly Variant[]>> = {
  capabilities: [{ env: OPEN }],
  'notifications-push': [{ env: OPEN }],
  'notifications-webpush': [
    { env: { ...OPEN, CLOUDLET_WEB_PUSH: 'off' }, isWanted: isWhileOff },
    { env: { ...OPEN, CLOUDLET_WEB_PUSH: 'apps' }, isWanted: isWithoutBrowsers },
    { env: OPEN, isWanted: (name) => !isWhileOff(name) && !isWithoutBrowsers(name) },
  ],
}

/** As the recordings found them; only their form matters. */
const hash = (digit: string): string => digit.repeat(128)

async function addAppPassword(app: TestApp, known: Map<string, string>, name: string): Promise<void> {
  const { row } = await app.features.accounts.get('alice')
  const { secret } = await app.features.auth.appPasswords.add(row.id, name, 'test')
  known.set(`{alice_app_password_${name}}`, secret)
}

const takeIds =
  (count: number) =>
  async (app: TestApp): Promise<void> => {
    for (let index = 0; index < count; index++) await takeNotificationId(app)
  }

/** What the recording did without being recorded. */
async function forget(app: TestApp, known: Map<string, string>, name: string, what: 'push' | 'webpush'): Promise<void> {
  const as = ['alice', known.get(`{alice_app_password_${name}}`) ?? ''] as const
  await app.request({ method: 'DELETE', url: `/ocs/v2.php/apps/notifications/api/v2/${what}`, headers: OCS, as })
}

export const betweenPush: Between = {
  async ''(app, _fileIds, known) {
    for (const name of ['1', '2', '3', '9']) await addAppPassword(app, known, name)
    known
      .set('{push_token_hash}', hash('4'))
      .set('{push_token_hash_2}', hash('2'))
      .set('{push_token_hash_9}', hash('9'))
    await countNotificationsUp(app, 87)
  },
  'Unregister while nothing is registered': (app, _fileIds, known) => forget(app, known, '1', 'push'),
  // Meanwhile others were made and deleted.
  'Self test by the device user': takeIds(6),
}

export const betweenWebPush: Between = {
  async ''(app, _fileIds, known) {
    await addAppPassword(app, known, 'wp')
    const key = createECDH('prime256v1')
    known.set('{ua_public_key}', key.generateKeys().toString('base64url'))
    known.set('{ua_auth}', randomBytes(16).toString('base64url'))
    await countNotificationsUp(app, 182)
  },
  'Activate without a subscription': (app, _fileIds, known) => forget(app, known, 'wp', 'webpush'),
  // What was pushed; nobody is at the recorded address here.
  async 'Activate with the plain password'(app, _fileIds, known) {
    const rows = await app.db.read.selectFrom('push_subscription').selectAll().orderBy('id', 'desc').execute()
    known.set('{activation_token_2}', rows[0]?.activation_token ?? '')
  },
  'Self test': takeIds(2),
}
