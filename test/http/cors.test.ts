import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

const ORIGIN = 'https://app.example.org'
const PATHS = [
  '/ocs/v1.php/cloud/user',
  '/ocs/v2.php/cloud/user',
  '/remote.php/dav/files/admin/',
  '/remote.php/webdav/a',
]

describe('web pages of other origins', () => {
  let app: TestApp
  let closed: TestApp
  before(async () => {
    app = await createTestApp({ env: { CLOUDLET_CORS_ORIGINS: `${ORIGIN}, https://second.example.org` } })
    closed = await createTestApp()
  })
  after(async () => {
    await app.close()
    await closed.close()
  })

  const preflight = (at: TestApp, url: string, origin: string, method = 'GET') =>
    at.request({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,ocs-apirequest',
      },
    })

  test('one that is allowed may ask, without credentials, and send them afterwards', async () => {
    for (const url of PATHS) {
      const { status, headers } = await preflight(app, url, ORIGIN)
      assert.equal(status, 204, url)
      assert.equal(headers['access-control-allow-origin'], ORIGIN, url)
      assert.match(String(headers['access-control-allow-methods']), /\bGET\b/, url)
      for (const name of ['Authorization', 'OCS-APIRequest', 'Content-Type', 'If-Match', 'Destination']) {
        assert.ok(String(headers['access-control-allow-headers']).split(', ').includes(name), `${url} ${name}`)
      }
    }
    const dav = await preflight(app, '/remote.php/dav/files/admin/', ORIGIN, 'PROPFIND')
    assert.match(String(dav.headers['access-control-allow-methods']), /PROPFIND/)
  })

  test('it may read answers, errors too; caches keep answers to different origins apart', async () => {
    for (const url of [...PATHS, '/ocs/v2.php/nothing']) {
      const { headers } = await app.request({ url, headers: { ...OCS, origin: ORIGIN } })
      assert.equal(headers['access-control-allow-origin'], ORIGIN, url)
      assert.match(String(headers['access-control-expose-headers']), /ETag/)
      assert.match(String(headers['vary']), /Origin/)
    }
  })

  test('cookies stay at home (bug class: credentials across origins)', async () => {
    for (const url of PATHS) {
      const answers = [
        await preflight(app, url, ORIGIN),
        await app.request({ url, headers: { ...OCS, origin: ORIGIN } }),
      ]
      for (const { headers } of answers) assert.equal(headers['access-control-allow-credentials'], undefined)
    }
  })

  test('all others may not, and without the setting nobody may', async () => {
    for (const [at, origin] of [
      [app, 'https://app.example.org.evil.example'],
      [app, 'http://app.example.org'],
      [app, 'https://APP.example.org:8443'],
      [app, 'null'],
      [closed, ORIGIN],
    ] as const) {
      for (const url of PATHS) {
        const asked = await preflight(at, url, origin)
        assert.notEqual(asked.status, 204, `${origin} ${url}`)
        assert.equal(asked.headers['access-control-allow-origin'], undefined)
        const { headers } = await at.request({ url, headers: { ...OCS, origin } })
        assert.equal(headers['access-control-allow-origin'], undefined)
      }
    }
  })
})
