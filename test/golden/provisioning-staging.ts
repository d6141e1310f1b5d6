import type { TestApp } from '../helpers/test-app.ts'
import type { Between } from './cast.ts'
import { PASSWORDS } from './cast.ts'
import { readRecording } from './replay.ts'

async function dismiss(app: TestApp, userId: string): Promise<void> {
  await app.features.accounts.remove(await app.features.accounts.get(userId), 'test')
}

/** What was taken away or made by hand between the recorded requests. */
export const betweenUsers: Between = {
  'Create: unknown manager (v1)': (app) => dismiss(app, 'badmgr'),
  'Create: email and no password: an invitation (v2)': (app) => dismiss(app, 'badmgr'),
}

const LONG_ID = 'g'.repeat(65)
const DIGEST_ID = '59d7b1dc5756b2f5219b1bc58f2b0fa150c39495498f99e9a379db3b2c2829c9'

export const betweenGroups: Between = {
  'List (v2)': async (app) => {
    const { row } = await app.features.accounts.add({ userId: 'frank', groupIds: ['staff'] }, 'test')
    await app.features.groups.addAdmin('staff', row.id, 'test')
  },
  'List (v1)': async (app) => {
    const { groups } = app.features
    await groups.remove('testers2b', 'test')
    // A long id is kept as it is here; the recorded server had made a digest of it.
    await groups.remove(LONG_ID, 'test')
    await groups.add(DIGEST_ID, LONG_ID, 'test')
  },
}

/** Longer than an account has to wait between two of its changes: none of the recorded ones was held up. */
const PAUSE_MS = 30_000

const before: Between = {
  '': async (app) => {
    const { accounts } = app.features
    const people = [
      {
        userId: 'frank',
        email: 'frank@example.com',
        language: 'de',
        groupIds: ['staff'],
        administeredGroupIds: ['staff'],
      },
      { userId: 'gina' },
      { userId: 'hank' },
      { userId: 'ivan', groupIds: ['staff'] },
      { userId: 'mailonly', email: 'mailonly@example.com' },
    ]
    for (const person of people) await accounts.add(person, 'test')
  },
  // The empty password that erin had there was refused here.
  "erin sets password of erin to '' (v1)": (app) => password(app, 'something-else'),
  "admin sets password of erin to '{erin_password}' (v2)": (app) => password(app, PASSWORDS['erin'] ?? ''),
}

async function password(app: TestApp, secret: string): Promise<void> {
  const { accounts } = app.features
  await accounts.setPassword(await accounts.get('erin'), secret, 'test')
}

export const betweenEdits: Between = {
  ...before,
  ...Object.fromEntries(
    readRecording('provisioning-users-edit').map(({ name }): [string, Between['']] => [
      name,
      async (app, ...rest) => {
        app.clock.advance(PAUSE_MS)
        await before[name]?.(app, ...rest)
      },
    ]),
  ),
}
