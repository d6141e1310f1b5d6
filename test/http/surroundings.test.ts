import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, test } from 'node:test'
import { silentLog } from '../../src/lib/log.ts'
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

  test('it is ready while database and data folder can be used, and alive in any case', async () => {
    const app = await createTestApp()
    const ask = async (url: string) => {
      const { status, text } = await app.request({ url })
      return [status, JSON.parse(text)]
    }
    assert.deepEqual(await ask('/readyz'), [200, { status: 'ok', database: true, dataFolder: true }])
    rmSync(app.dataFolder, { recursive: true })
    assert.deepEqual(await ask('/readyz'), [503, { status: 'unavailable', database: true, dataFolder: false }])
    await app.db.close()
    assert.deepEqual(await ask('/readyz'), [503, { status: 'unavailable', database: false, dataFolder: false }])
    assert.deepEqual(await ask('/healthz'), [200, { status: 'ok' }])
    await app.server.close()
  })
})
