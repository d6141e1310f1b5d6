import type { TestApp } from '../helpers/test-app.ts'
import type { Between } from './cast.ts'
import { setStatusType } from './status-staging.ts'

/** Id of the first notification in the recording. */
const FIRST_ID = 145

/** Takes ids until this one is the next, so that requests can name notifications by their recorded ids. */
export async function countNotificationsUp(app: TestApp, firstId: number): Promise<void> {
  for (let id = 1; id < firstId; id++) await takeNotificationId(app)
}

/** What was done on the command line between the recorded requests. */
export const betweenNotifications: Between = {
  '': (app) => countNotificationsUp(app, FIRST_ID),
  // The reference made a notification here that it never shows; ours refuses it. Its id is used up all the same.
  'API v3: a parameter lacking its name': takeNotificationId,
  'List while the user is in do-not-disturb: look at X-Nextcloud-User-Status': (app) => setStatusType(app, 'dnd'),
  'List while the user is online': (app) => setStatusType(app, 'online'),
  'List with notifications': async (app) => {
    await generate(app, 'Made on the command line', { 'long-message': 'With a long message' })
    const file = { type: 'file', id: '1', name: 'a.txt', path: 'a.txt' }
    await generate(app, 'File {file} is ready', { 'short-parameters': JSON.stringify({ file }) })
  },
}

export async function takeNotificationId(app: TestApp): Promise<void> {
  const { notifications, accounts } = app.features
  const { row } = await accounts.get('erin')
  const params = { subject: '', subjectParameters: {}, message: '', messageParameters: {}, isRich: false }
  const object = { type: 'test', id: 'test' }
  const told = { accountId: row.id, kind: 'admin.message', object, params, ref: '', isCounted: false }
  await app.db.write((tx) => notifications.add(tx, told))
}

async function generate(app: TestApp, shortMessage: string, options: Record<string, string>): Promise<void> {
  const command = app.features.list
    .flatMap(({ commands }) => commands ?? [])
    .find(({ name }) => name === 'notification:generate')
  if (command === undefined) throw new Error('There is no command notification:generate')
  const output = { line() {}, result() {}, progress() {}, warn() {} }
  const prompt = { env: {}, secret: () => Promise.reject(new Error('nobody to ask')) }
  const args = { 'user-id': 'alice', 'short-message': shortMessage }
  await command.run({ args, rest: [], options }, output, prompt)
}
