import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { newBlobKey } from '../../src/features/files/index.ts'
import { INSTALLATIONS, stopShared } from '../helpers/dav.ts'
import { runProgram } from '../helpers/program.ts'
import { createTestApp } from '../helpers/test-app.ts'

const PASSWORD = 'alice-password'
const NOW = { garbageMs: 0, orphanMs: 0, unfinishedMs: 0 }
const KEPT = 20
const DELETED = 30
const ORPHANS = 40

interface Counts {
  readonly removedBlobs: number
  readonly foundOrphans: number
  readonly removedTrees: number
}

for (const { name, options } of INSTALLATIONS) {
  describe(`several sweepers at once on ${name}`, () => {
    after(stopShared)

    test('remove nothing that is in use, and count nothing twice', async (t) => {
      const app = await createTestApp(options)
      t.after(() => app.close())
      const { accounts, files } = app.features
      await accounts.add({ userId: 'alice', password: PASSWORD }, 'test')
      await accounts.add({ userId: 'bob', password: PASSWORD }, 'test')
      const send = async (method: string, url: string, body?: Uint8Array, user = 'alice') =>
        app.request({ method, url, as: [user, PASSWORD], ...(body === undefined ? {} : { body }) })
      const home = '/remote.php/dav/files'
      const contents = Array.from({ length: KEPT + DELETED }, () => randomBytes(20_000))
      for (const [index, body] of contents.entries()) {
        assert.equal((await send('PUT', `${home}/alice/${index}`, body)).status, 201)
      }
      for (let index = KEPT; index < contents.length; index++) await send('DELETE', `${home}/alice/${index}`)
      await send('PUT', `${home}/bob/file`, randomBytes(20_000), 'bob')
      await accounts.remove(await accounts.get('bob'), 'test')
      await send('MKCOL', '/remote.php/dav/uploads/alice/up')
      const chunk = randomBytes(30_000)
      assert.equal((await send('PUT', '/remote.php/dav/uploads/alice/up/1', chunk)).status, 201)
      const orphans = Array.from({ length: ORPHANS }, newBlobKey)
      for (const key of orphans) await app.blobs.put(key, pieces(randomBytes(100)))

      // A command beside the server, and what the server does itself.
      const command = async (): Promise<Counts> => {
        const { code, out, err } = await runProgram(['files:cleanup', '--now', '--output=json'], app.env)
        assert.equal(code, 0, err)
        return JSON.parse(out)
      }
      const counts = await Promise.all([files.cleaning.clean(NOW), files.cleaning.clean(NOW), command(), command()])
      const sum = (key: keyof Counts): number => counts.reduce((total, one) => total + one[key], 0)
      assert.deepEqual(
        [sum('foundOrphans'), sum('removedTrees'), sum('removedBlobs')],
        [ORPHANS, 1, ORPHANS + DELETED + 1],
      )
      const stored = await Array.fromAsync(app.blobs.list())
      assert.equal(stored.length, KEPT + 1)
      for (let index = 0; index < KEPT; index++) {
        assert.deepEqual(Buffer.from((await send('GET', `${home}/alice/${index}`)).bytes), contents[index])
      }
      const move = { destination: `http://cloud.test${home}/alice/whole` }
      const moved = await app.request({
        method: 'MOVE',
        url: '/remote.php/dav/uploads/alice/up/.file',
        as: ['alice', PASSWORD],
        headers: move,
      })
      assert.equal(moved.status, 201)
      assert.deepEqual(Buffer.from((await send('GET', `${home}/alice/whole`)).bytes), chunk)
      const report = await files.checking.check({ readsContent: true, repairs: false })
      assert.deepEqual(report.problems, [])
    })
  })
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
