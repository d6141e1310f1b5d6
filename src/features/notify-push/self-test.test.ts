import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { runIn } from '../../../test/helpers/run-command.ts'
import { createTestApp, type TestApp } from '../../../test/helpers/test-app.ts'
import { type Finding, selfTest } from './self-test.ts'

for (const database of ['sqlite', 'postgres'] as const)
  describe(`notify_push:self-test on ${database}`, () => {
    let app: TestApp
    let url: string
    before(async () => {
      app = await createTestApp({ database })
      url = await app.listen()
      await app.features.accounts.add({ userId: 'alice', password: 'alice-password-1' }, 'test')
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })
    const run = async (...args: string[]): Promise<{ code: number; works: boolean; findings: Finding[] }> => {
      const { code, out } = await runIn(app, 'notify_push:self-test', '--output=json', ...args)
      return { code, ...JSON.parse(out.split('\n')[0] ?? '') }
    }

    test('all is well: each step works, as an administrator or as anybody', async () => {
      for (const whose of [[], ['alice']]) {
        const { code, works, findings } = await run(...whose, '--url', url)
        assert.deepEqual([code, works], [0, true], JSON.stringify(findings))
        assert.deepEqual(new Set(findings.map(({ outcome }) => outcome)), new Set(['works']))
        assert.match(findings.find(({ name }) => name === 'News arrive')?.detail ?? '', /^notify_notification after/)
      }
    })

    test('for people each step is a line', async () => {
      const { out } = await runIn(app, 'notify_push:self-test', '--url', `${url}/`)
      assert.match(out, /^✓ The server answers at http:.*\n✓ It knows this address as its own\n✓ The websocket opens\n/)
    })

    test('nobody there', async () => {
      const { code, works, findings } = await run('--url', 'http://127.0.0.1:1')
      assert.deepEqual([code, works], [1, false])
      assert.match(findings[0]?.detail ?? '', /ECONNREFUSED|fetch failed/)
      assert.deepEqual(
        findings.map(({ outcome }) => outcome),
        ['fails', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
      )
    })

    test('a proxy that does not pass websockets on, and one that says another host', async () => {
      // Without Upgrade and Connection, as a proxy that was not told to.
      const proxy = createServer(async (request, reply) => {
        const answer = await fetch(`${url}${request.url}`, { headers: { 'ocs-apirequest': 'true' } })
        reply.writeHead(answer.status, { 'content-type': 'application/json' })
        reply.end((await answer.text()).replaceAll(hostOf(url), said))
      })
      proxy.on('upgrade', (_request, stream) => stream.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'))
      proxy.listen(0, '127.0.0.1')
      await once(proxy, 'listening')
      const outside = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      let said = hostOf(outside)
      const upgrade = await run('--url', outside)
      assert.equal(upgrade.code, 1)
      assert.match(failureOf(upgrade.findings), /^The websocket opens: Status 400 .*Upgrade/)
      said = 'inside.lan'
      const address = await run('--url', outside)
      assert.match(failureOf(address.findings), /^It knows this address.*inside\.lan.*CLOUDLET_PUBLIC_URL/)
      proxy.closeAllConnections()
      proxy.close()
    })

    test('a database that is not the one of the server, and news that do not arrive', async () => {
      const makeToken = async (): Promise<string> => 'A'.repeat(32)
      const tell = async (): Promise<void> => {}
      const elsewhere = await selfTest({ url, makeToken, tell, patienceMs: 5_000 })
      assert.match(failureOf(elsewhere), /^It lets a token in: It said "err: Invalid credentials"/)
      const accountId = (await app.features.accounts.get('alice')).row.id
      const credential = await app.features.auth.credentialVersion({ accountId, via: 'password' })
      const { createPushTokens } = await import('./tokens.ts')
      const tokens = createPushTokens(app.db, app.clock)
      const silent = await selfTest({
        url,
        makeToken: () => tokens.make({ accountId, via: 'password', version: credential?.version ?? '' }),
        tell,
        patienceMs: 300,
      })
      assert.match(failureOf(silent), /^News arrive: None came in time/)
    })

    test('whoever may not sign in, and what is no address', async () => {
      await app.features.accounts.setEnabled(await app.features.accounts.get('alice'), false, 'test')
      assert.equal((await runIn(app, 'notify_push:self-test', 'alice', '--url', url)).code, 1)
      assert.equal((await runIn(app, 'notify_push:self-test', 'nobody', '--url', url)).code, 1)
      assert.equal((await runIn(app, 'notify_push:self-test', '--url', 'cloud.test')).code, 2)
    })
  })

const hostOf = (url: string): string => new URL(url).host

function failureOf(findings: readonly Finding[]): string {
  const found = findings.find(({ outcome }) => outcome === 'fails')
  return `${found?.name}: ${found?.detail}`
}
