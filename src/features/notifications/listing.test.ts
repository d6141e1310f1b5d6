import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, createTestClock } from '../../../test/helpers/test-app.ts'
import { createCors } from '../../http/cors.ts'
import { createMetrics } from '../../http/metrics.ts'
import { createHttpServer } from '../../http/server.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { silentLog } from '../../lib/log.ts'
import { mountOcs } from '../../ocs/mount.ts'
import { createListing } from './listing.ts'
import { notificationRoutes } from './routes.ts'
import type { Notifications } from './service.ts'

const VIEWER: AccountViewer = {
  kind: 'account',
  accountId: 1,
  userId: 'alice',
  isAdmin: false,
  administeredGroupIds: [],
  via: 'app-password',
  confirmedUntilMs: 0,
  language: '',
}

/** A server with the list alone, over a list that says how often it was read. */
function listServer(options: {
  readonly canNotify: boolean
  readonly stamp: () => number
  readonly status?: () => string | undefined | Promise<string | undefined>
}) {
  let reads = 0
  const notifications = {
    async list() {
      reads += 1
      return []
    },
  } as unknown as Notifications
  const stamps = { of: options.stamp, bump: () => Promise.reject(new Error('nothing changes here')) }
  const listing = createListing({
    notifications,
    stamps,
    canNotify: options.canNotify,
    statusOf: () => options.status?.(),
  })
  const cors = createCors([])
  const server = createHttpServer({
    publicUrl: undefined,
    trustedProxies: [],
    fallbackHost: 'cloud.test',
    authenticator: { authenticate: () => VIEWER, isRequestToken: () => false, confirm: () => {} },
    cors,
    protocolErrors: [],
    metrics: createMetrics('0.0.0'),
    log: silentLog,
    logsRequests: false,
  })
  const routes = notificationRoutes({ notifications, listing })
  mountOcs(server, { routes, log: silentLog, clock: createTestClock(), cors })
  const get = (version: string, headers: Record<string, string> = {}) =>
    server.inject({
      url: `/ocs/${version}.php/apps/notifications/api/v2/notifications?format=json`,
      headers: { host: 'cloud.test', authorization: basic('alice', 'x'), 'ocs-apirequest': 'true', ...headers },
    })
  return { get, reads: () => reads }
}

test('where nothing can notify the list is 204, so that clients ask less often', async () => {
  const { get, reads } = listServer({ canNotify: false, stamp: () => 1 })
  const answer = await get('v2')
  assert.deepEqual([answer.statusCode, answer.body], [204, ''])
  assert.equal(answer.headers['x-nextcloud-user-status'], 'online')
  const older = await get('v1')
  assert.deepEqual([older.statusCode, older.json().ocs.meta.statuscode], [200, 204])
  assert.equal(reads(), 0)
})

test('a list is read once for each stamp, host and language', async () => {
  let stamp = 1
  const { get, reads } = listServer({ canNotify: true, stamp: () => stamp })
  await get('v2')
  await get('v1')
  assert.equal(reads(), 1)
  await get('v2', { host: 'other.test' })
  await get('v2', { 'accept-language': 'de' })
  assert.equal(reads(), 3)
  stamp = 2
  const answer = await get('v2')
  assert.equal(reads(), 4)
  // What was read says the same as before, so a client that has it need not be sent it again.
  const again = await get('v2', { 'if-none-match': String(answer.headers['etag']) })
  assert.deepEqual([again.statusCode, reads()], [304, 4])
})
