import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { DatabaseKind } from '../../src/db/database.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { createTestApp } from '../helpers/test-app.ts'
import { betweenAround, betweenAvatar } from './around-staging.ts'
import { type Between, castOf } from './cast.ts'
import { BETWEEN_DAV } from './dav-staging.ts'
import { judge, matches, readExpected } from './expected.ts'
import { betweenNotifications } from './notifications-staging.ts'
import { betweenEdits, betweenGroups, betweenUsers } from './provisioning-staging.ts'
import { betweenPush, betweenWebPush, PUSH_VARIANTS, type Variant } from './push-staging.ts'
import { type Replayed, readRecording, replay } from './replay.ts'
import { betweenEnvelope, betweenTheming, dressAsRecorded, prepareAlice } from './staging.ts'
import { betweenOutOfOffice, betweenUserStatus } from './status-staging.ts'

const TOPICS: Readonly<Record<string, Between>> = {
  'ocs-envelope': betweenEnvelope,
  'users-metadata': {},
  capabilities: {},
  theming: betweenTheming,
  'session-login': {},
  'app-passwords': {},
  'status-php': {},
  'rate-limits': {},
  notifications: betweenNotifications,
  'login-flow-v2': {},
  'provisioning-users': betweenUsers,
  'provisioning-groups': betweenGroups,
  preferences: {},
  'provisioning-apps-config': {},
  avatar: betweenAvatar,
  'navigation-profile-hovercard': betweenAround,
  'provisioning-users-edit': betweenEdits,
  'notifications-push': betweenPush,
  'notifications-webpush': betweenWebPush,
  'user-status': betweenUserStatus,
  'out-of-office': betweenOutOfOffice,
  ...BETWEEN_DAV,
}

/** A mail server that nobody listens at: letters are written by jobs, which do not run here. */
const WITH_MAIL: Variant = {
  env: { CLOUDLET_SMTP_URL: 'smtp://127.0.0.1:9', CLOUDLET_PUBLIC_URL: 'http://127.0.0.1:8080' },
}

/** Recordings for which settings were changed on the way, in as many parts; the others have one. */
const VARIANTS: Readonly<Record<string, readonly Variant[]>> = {
  ...PUSH_VARIANTS,
  'provisioning-users': [WITH_MAIL],
  'provisioning-users-edit': [WITH_MAIL],
}

for (const database of ['sqlite', 'postgres'] as const satisfies readonly DatabaseKind[]) {
  describe(`golden exchanges on ${database}`, () => {
    const used = new Set<string>()
    const total = { exchanges: 0, equal: 0, wanted: 0, later: 0 }
    for (const [topic, between] of Object.entries(TOPICS)) {
      test(topic, async () => {
        const replayed: Replayed[] = []
        for (const { env = {}, isWanted } of VARIANTS[topic] ?? [{}]) {
          const app = await createTestApp({ database, env })
          try {
            await castOf(app)
            await prepareAlice(app, topic)
            await dressAsRecorded(app)
            replayed.push(...(await replay(app, topic, between, isWanted)))
          } finally {
            await app.close()
          }
        }
        assert.equal(replayed.length, readRecording(topic).length, 'each exchange once')
        const verdict = judge(topic, replayed, readExpected())
        total.exchanges += replayed.length
        total.equal += verdict.equal
        total.wanted += verdict.wanted
        total.later += verdict.later
        for (const entry of verdict.used) used.add(entry.reason + entry.topic + entry.exchanges + entry.parts)
        assert.deepEqual(verdict.unexpected, [], 'differences that are not listed')
      })
    }
    test('every listed difference is still there', () => {
      const stale = readExpected().filter(
        (entry) => !used.has(entry.reason + entry.topic + entry.exchanges + entry.parts),
      )
      assert.deepEqual(stale, [])
    })
    test('a wanted difference names its parts, over WebDAV also the status that it has', () => {
      const vague = readExpected().filter(
        ({ kind, parts }) => kind === 'wanted' && ['anything', 'status 299'].some((part) => matches(parts, part)),
      )
      assert.deepEqual(vague, [])
    })
    after(async () => {
      console.log(
        `golden exchanges on ${database}: ${total.exchanges} replayed, ${total.equal} equal, ${total.wanted} different on purpose, ${total.later} waiting for features`,
      )
      await stopSharedPostgres()
    })
  })
}
