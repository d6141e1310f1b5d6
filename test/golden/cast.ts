import type { TestApp } from '../helpers/test-app.ts'

/** Passwords of the people in the recordings. */
export const PASSWORDS: Readonly<Record<string, string>> = {
  admin: 'admin-password',
  alice: 'alice-password',
  bob: 'bob-password',
  carol: 'carol-password',
  dave: 'dave-password',
  erin: 'erin-password',
}

/** The people and groups of the recordings. */
export async function castOf(app: TestApp): Promise<void> {
  const { accounts, groups } = app.features
  for (const groupId of ['staff', 'readers']) await groups.add(groupId, groupId, 'test')
  const people: [string, string[], string | undefined][] = [
    ['alice', ['staff'], 'alice@example.com'],
    ['bob', ['staff', 'readers'], 'bob@example.com'],
    ['carol', ['staff'], undefined],
    ['dave', [], undefined],
    ['erin', [], undefined],
  ]
  for (const [userId, groupIds, email] of people) {
    const displayName = `${userId[0]?.toUpperCase()}${userId.slice(1)} Example`
    const password = PASSWORDS[userId] ?? ''
    await accounts.add({ userId, password, displayName, groupIds, ...(email === undefined ? {} : { email }) }, 'test')
  }
  await groups.addAdmin('staff', (await accounts.get('carol')).row.id, 'test')
  await accounts.setEnabled(await accounts.get('dave'), false, 'test')
}

/**
 * Something the recording did between two exchanges, by the name of the exchange that follows; under the empty name,
 * before the first. `known` is what placeholders stand for.
 */
export type Between = Readonly<
  Record<string, (app: TestApp, fileIds: Map<string, string>, known: Map<string, string>) => Promise<void>>
>
