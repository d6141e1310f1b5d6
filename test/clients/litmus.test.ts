import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { missing, PASSWORD, run, startServer, USER } from './client.ts'

const LITMUS = '/usr/bin/litmus'
const SUITES = ['basic', 'copymove', 'props', 'locks', 'http']
const skip = missing(LITMUS, 'litmus')

forEachDatabase('litmus', ({ kind: database }) => {
  for (const root of [`/remote.php/dav/files/${USER}/`, '/remote.php/webdav/']) {
    test(`no failure at ${root}`, { skip }, async (t) => {
      const server = await startServer(t, { database })
      const { out } = await run(LITMUS, ['-k', `${server.url}${root}`, USER, PASSWORD], server)
      for (const suite of SUITES) {
        const summary = new RegExp(`summary for .${suite}.: of (\\d+) tests run: (\\d+) passed, (\\d+) failed`).exec(
          out,
        )
        assert.ok(summary !== null, `${suite} has not run:\n${out}`)
        const [, ran, passed, failed] = summary
        assert.ok(Number(ran) > 3, `${suite} has run ${ran} tests`)
        assert.deepEqual([passed, failed], [ran, '0'], out)
        t.diagnostic(`${suite}: ${ran} passed`)
      }
      for (const [warning] of out.matchAll(/^.*WARNING:.*$/gm)) t.diagnostic(warning)
      await server.stop()
    })
  }
})
