import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { createPostgresDatabase } from '../helpers/postgres.ts'
import { type Running, startProgram } from '../helpers/program.ts'
import { basic } from '../helpers/test-app.ts'

const PASSWORD = 'admin-password'
const UPLOAD = '/remote.php/dav/uploads/admin/resume'
const FILE = '/remote.php/dav/files/admin/resumed.bin'

forEachDatabase('an upload in chunks', ({ kind: database }) => {
  test('goes on after the server was restarted, and after it was killed', async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'cloudlet-resume-'))
    const postgres = database === 'postgres' ? await createPostgresDatabase() : undefined
    let server: Running | undefined
    t.after(async () => {
      server?.kill('SIGKILL')
      await server?.ended
      await postgres?.drop()
      rmSync(data, { recursive: true, force: true })
    })
    const env = {
      CLOUDLET_ADMIN_PASSWORD: PASSWORD,
      ...(postgres === undefined ? {} : { CLOUDLET_DATABASE_URL: postgres.url }),
    }
    let base = ''
    const start = async (): Promise<void> => {
      server = startProgram(['serve', '--port', '0', '--data', data], env)
      base = (await server.says(/Address\s+(http\S+)/))[1] ?? ''
    }
    const send = async (
      method: string,
      path: string,
      wanted: number,
      body?: Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = {},
    ): Promise<Response> => {
      const all = { authorization: basic('admin', PASSWORD), ...headers }
      const answer = await fetch(`${base}${path}`, { method, headers: all, ...(body === undefined ? {} : { body }) })
      assert.equal(answer.status, wanted, `${method} ${path}`)
      return answer
    }
    const chunks = [1, 2, 3].map(() => new Uint8Array(randomBytes(300_000)))
    const listed = async (): Promise<string[]> => {
      const answer = await send('PROPFIND', UPLOAD, 207, undefined, { depth: '1' })
      return [...(await answer.text()).matchAll(/resume\/(\d+)</g)].map(([, name = '']) => name)
    }

    await start()
    await send('MKCOL', UPLOAD, 201)
    await send('PUT', `${UPLOAD}/00001`, 201, chunks[0])
    server?.kill('SIGTERM')
    assert.equal((await server?.ended)?.code, 0)
    await start()
    assert.deepEqual(await listed(), ['00001'])
    await send('PUT', `${UPLOAD}/00002`, 201, chunks[1])
    server?.kill('SIGKILL')
    await server?.ended
    await start()
    assert.deepEqual(await listed(), ['00001', '00002'])
    await send('PUT', `${UPLOAD}/00003`, 201, chunks[2])
    const sum = createHash('sha1').update(Buffer.concat(chunks)).digest('hex')
    const headers = { destination: FILE, 'oc-checksum': `SHA1:${sum}`, 'oc-total-length': '900000' }
    const made = await send('MOVE', `${UPLOAD}/.file`, 201, undefined, headers)
    server?.kill('SIGKILL')
    await server?.ended
    // The client never had the answer, and asks again after the restart.
    await start()
    const again = await send('MOVE', `${UPLOAD}/.file`, 201, undefined, headers)
    assert.equal(again.headers.get('etag'), made.headers.get('etag'))
    assert.deepEqual(Buffer.from(await (await send('GET', FILE, 200)).arrayBuffer()), Buffer.concat(chunks))
  })
})
