import assert from 'node:assert/strict'
import { rmSync, statfsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { silentLog } from '../../src/lib/log.ts'
import { sharedStub, stopSharedStub } from '../helpers/blob-stores.ts'
import { createTestApp, type TestAppOptions } from '../helpers/test-app.ts'

describe('what the server says of its surroundings', () => {
  async function warningsOf(
    env: TestAppOptions['env'],
    requests: readonly Readonly<Record<string, string>>[],
  ): Promise<string[]> {
    const warnings: string[] = []
    const log = {
      ...silentLog,
      warn: (fields: object, message: string) => void warnings.push(JSON.stringify([message, fields])),
    }
    const app = await createTestApp({ ...(env === undefined ? {} : { env }), log })
    for (const headers of requests) await app.request({ url: '/status.php', headers, address: '127.0.0.1' })
    await app.close()
    return warnings
  }
  const THROUGH = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'cloud.example.org',
  }

  test('a proxy that is not trusted is named once, with the setting', async () => {
    const [warning = '', ...more] = await warningsOf({}, [THROUGH, THROUGH, {}])
    assert.match(warning, /CLOUDLET_TRUSTED_PROXIES.*127\.0\.0\.1/)
    assert.deepEqual(more, [])
  })

  test('a public address that is not the one clients come by', async () => {
    const env = { CLOUDLET_TRUSTED_PROXIES: 'loopback', CLOUDLET_PUBLIC_URL: 'http://cloud.example.org' }
    const [scheme = '', ...more] = await warningsOf(env, [THROUGH, THROUGH])
    assert.match(scheme, /CLOUDLET_PUBLIC_URL says http/)
    assert.deepEqual(more, [])
    const other = { ...THROUGH, 'x-forwarded-host': 'old.example.org' }
    const warnings = await warningsOf({ ...env, CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' }, [other, other])
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /old\.example\.org/)
  })

  test('nothing is said when all fits, and strangers cannot fill the log', async () => {
    const env = { CLOUDLET_TRUSTED_PROXIES: 'loopback', CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' }
    assert.deepEqual(await warningsOf(env, [THROUGH, THROUGH]), [])
    const many = Array.from({ length: 100 }, (_, count) => ({
      ...THROUGH,
      'x-forwarded-host': `host-${count}.example.org`,
    }))
    assert.ok((await warningsOf(env, many)).length <= 20)
  })

  test('a public address is the beginning of every link, whatever host a request names', async () => {
    const app = await createTestApp({ env: { CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' } })
    for (const url of [
      '/ocs/v2.php/cloud/capabilities?format=json',
      '/login',
      '/apps/theming/manifest',
      '/ocs/v2.php/config',
    ]) {
      const { text, headers } = await app.request({ url, headers: { 'ocs-apirequest': 'true', host: 'evil.example' } })
      assert.doesNotMatch(`${text}${JSON.stringify(headers)}`, /evil\.example/, url)
    }
    const { headers } = await app.request({ url: '/', headers: { host: 'evil.example' } })
    assert.equal(headers['location'], 'https://cloud.example.org/login')
    await app.close()
  })

  test('it is ready while database, data folder and content can be used, and alive in any case', async () => {
    const app = await createTestApp()
    const ask = async (url: string) => {
      const { status, text } = await app.request({ url })
      return [status, JSON.parse(text)]
    }
    const all = { status: 'ok', database: true, dataFolder: true, content: true }
    assert.deepEqual(await ask('/readyz'), [200, all])
    rmSync(app.dataFolder, { recursive: true })
    app.clock.advance(3_000)
    const none = { ...all, status: 'unavailable', dataFolder: false, content: false }
    assert.deepEqual(await ask('/readyz'), [503, none])
    await app.db.close()
    assert.deepEqual(await ask('/readyz'), [503, { ...none, database: false }])
    assert.deepEqual(await ask('/healthz'), [200, { status: 'ok' }])
    await app.server.close()
  })

  test('it is not ready while the object storage is away, which is not asked with every look', async () => {
    const app = await createTestApp({ blobs: 's3' })
    const stub = await sharedStub()
    const ask = async () => {
      const { status, text } = await app.request({ url: '/readyz' })
      return [status, JSON.parse(text).content]
    }
    stub.requests()
    for (let turn = 0; turn < 20; turn++) assert.deepEqual(await ask(), [200, true])
    assert.equal(stub.requests().length, 1)
    stub.trouble('GetObject', { kind: 'error', status: 403, code: 'AccessDenied' }, 1)
    assert.deepEqual(await ask(), [200, true], 'a moment ago it was there')
    app.clock.advance(3_000)
    assert.deepEqual(await ask(), [503, false])
    assert.deepEqual(await ask(), [503, false])
    app.clock.advance(3_000)
    assert.deepEqual(await ask(), [200, true], 'it has come back')
    await app.close()
    await stopSharedStub()
  })

  test('a quota that is larger than the disk leaves what the disk has (RFC 4331 section 3)', async () => {
    const app = await createTestApp()
    await app.features.accounts.add({ userId: 'alice', password: 'alice-password', quota: '900 TB' }, 'test')
    const url = '/remote.php/dav/files/alice/'
    const body = '<d:propfind xmlns:d="DAV:"><d:prop><d:quota-available-bytes/></d:prop></d:propfind>'
    const as = ['alice', 'alice-password'] as const
    const { text } = await app.request({ method: 'PROPFIND', url, as, headers: { depth: '0' }, body })
    const { bavail, bsize } = statfsSync(app.dataFolder)
    const available = Number(/<d:quota-available-bytes>(\d+)</.exec(text)?.[1])
    assert.ok(Math.abs(available - bavail * bsize) < 50e9, `${text} ${bavail * bsize}`)
    await app.close()
  })
})
