import type { TestApp } from '../helpers/test-app.ts'
import type { Between } from './cast.ts'

async function dismiss(app: TestApp, userId: string): Promise<void> {
  await app.features.accounts.remove(await app.features.accounts.get(userId), 'test')
}

/** What was taken away or made by hand between the recorded requests. */
export const betweenUsers: Between = {
  'Create: unknown manager (v1)': (app) => dismiss(app, 'badmgr'),
  'Create: email and no password: an invitation (v2)': (app) => dismiss(app, 'badmgr'),
  // Made by an invitation there; here without the mail.
  'List all (v2)': async (app) => {
    const mailonly = { userId: 'mailonly', email: 'mailonly@example.com' }
    await app.features.accounts.add(mailonly, 'test')
  },
}

export const betweenGroups: Between = {
  'List (v2)': async (app) => {
    const { row } = await app.features.accounts.add({ userId: 'frank', groupIds: ['staff'] }, 'test')
    await app.features.groups.addAdmin('staff', row.id, 'test')
  },
  'List (v1)': (app) => app.features.groups.remove('testers2b', 'test'),
}
