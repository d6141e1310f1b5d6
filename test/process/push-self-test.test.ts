import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createPostgresDatabase, stopSharedPostgres } from '../helpers/postgres.ts'
import { runProgram, startProgram } from '../helpers/program.ts'

after(stopSharedPostgres)

for (const database of ['sqlite', 'postgres'] as const) {
  test(`notify_push:self-test beside a server on ${database}: 0 when all works, 1 when nobody is there`, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'cloudlet-self-test-'))
    const postgres = database === 'postgres' ? await createPostgresDatabase() : undefined
    const env = {
      CLOUDLET_ADMIN_PASSWORD: 'start-password',
      ...(postgres === undefined ? {} : { CLOUDLET_DATABASE_URL: postgres.url }),
    }
    const server = startProgram(['serve', '--port', '0', '--data', data], env)
    t.after(async () => {
      server.kill('SIGKILL')
      await server.ended
      await postgres?.drop()
      rmSync(data, { recursive: true, force: true })
    })
    const [, url = ''] = await server.says(/Address\s+(http\S+)/)
    // As the server is told: the command takes the address from there.
    const works = await runProgram(['notify_push:self-test', '--data', data], { ...env, CLOUDLET_PUBLIC_URL: url })
    assert.equal(works.code, 0, works.out + works.err)
    assert.match(works.out, /✓ News arrive: notify_notification after \d+ ms\n✓ Pings arrive\n$/)
    server.kill('SIGTERM')
    assert.equal((await server.ended).code, 0)
    const fails = await runProgram(['notify_push:self-test', '--data', data], { ...env, CLOUDLET_PUBLIC_URL: url })
    assert.equal(fails.code, 1)
    assert.match(fails.out, /^✗ The server answers at http.*\n– It knows this address as its own\n/)
  })
}
