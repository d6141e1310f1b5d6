import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { isRealStorage, sharedStub, stopSharedStub } from '../helpers/blob-stores.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { runIn } from '../helpers/run-command.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestAnswer, type TestApp } from '../helpers/test-app.ts'

const MIB = 1024 * 1024
const AS = ['admin', ADMIN_PASSWORD] as const
const FILES = '/remote.php/dav/files/admin'
const UPLOADS = '/remote.php/dav/uploads/admin'
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

const send = (app: TestApp, method: string, url: string, sent: Sent = {}): Promise<TestAnswer> =>
  app.request({ method, url, as: AS, ...sent })
const expect = async (answer: Promise<TestAnswer>, status: number): Promise<TestAnswer> => {
  const got = await answer
  assert.equal(got.status, status, got.text.slice(0, 500))
  return got
}
const put = (app: TestApp, path: string, body: Uint8Array): Promise<TestAnswer> =>
  send(app, 'PUT', `${FILES}/${path}`, { body })
const get = (app: TestApp, path: string, range?: string): Promise<TestAnswer> =>
  send(app, 'GET', `${FILES}/${path}`, range === undefined ? {} : { headers: { range } })
const assertContent = async (app: TestApp, path: string, content: Uint8Array): Promise<void> => {
  const { bytes } = await expect(get(app, path), 200)
  assert.equal(sha1(bytes), sha1(content))
}
const check = async (app: TestApp): Promise<string> => (await runIn(app, 'files:check', '--content')).out
const cleanup = async (app: TestApp) =>
  JSON.parse((await runIn(app, 'files:cleanup', '--now', '--output=json')).out) as Record<string, number>

for (const database of ['sqlite', 'postgres'] as const) {
  for (const blobs of ['disk', 's3'] as const) {
    describe(`files on ${database} and ${blobs}`, () => {
      let app: TestApp
      before(async () => {
        app = await createTestApp({ database, blobs })
      })
      after(async () => {
        await app.close()
        await stopSharedPostgres()
        await stopSharedStub()
      })

      test('content of every size comes back, whole and in ranges, and a copy survives its original', async () => {
        const large = randomBytes(9 * MIB + 77)
        for (const [name, content] of [
          ['empty', Buffer.alloc(0)],
          ['in its row', randomBytes(10_000)],
          ['in a blob', randomBytes(100_000)],
          ['in parts', large],
        ] as const) {
          await expect(put(app, encodeURIComponent(name), content), 201)
          await assertContent(app, encodeURIComponent(name), content)
          const head = await expect(send(app, 'HEAD', `${FILES}/${encodeURIComponent(name)}`), 200)
          assert.equal(head.headers['content-length'], String(content.byteLength))
        }
        const middle = await expect(get(app, 'in%20parts', `bytes=${8 * MIB - 5}-${8 * MIB + 4}`), 206)
        assert.deepEqual(Buffer.from(middle.bytes), large.subarray(8 * MIB - 5, 8 * MIB + 5))
        const end = await expect(get(app, 'in%20parts', 'bytes=-77'), 206)
        assert.deepEqual(Buffer.from(end.bytes), large.subarray(9 * MIB))
        await expect(get(app, 'in%20parts', `bytes=${large.byteLength}-`), 416)
        const destination = { destination: `http://cloud.test${FILES}/copy` }
        await expect(send(app, 'COPY', `${FILES}/in%20parts`, { headers: destination }), 201)
        await expect(put(app, 'in%20parts', randomBytes(50_000)), 204)
        await assertContent(app, 'copy', large)
        assert.match(await check(app), / 0 problems/)
      })

      test('chunks in any order become a file, with its checksum verified and ranges across their borders', async () => {
        const chunks = [randomBytes(9 * MIB), randomBytes(300_000), randomBytes(1)]
        const whole = Buffer.concat(chunks)
        await expect(send(app, 'MKCOL', `${UPLOADS}/up`), 201)
        for (const index of [2, 0, 1]) {
          await expect(send(app, 'PUT', `${UPLOADS}/up/0000${index + 1}`, { body: chunks[index] ?? '' }), 201)
        }
        const move = (digest: string): Promise<TestAnswer> =>
          send(app, 'MOVE', `${UPLOADS}/up/.file`, {
            headers: { destination: `http://cloud.test${FILES}/joined`, 'oc-checksum': `SHA1:${digest}` },
          })
        await expect(move(sha1(Buffer.from('something else'))), 400)
        await expect(move(sha1(whole)), 201)
        await assertContent(app, 'joined', whole)
        const border = await expect(get(app, 'joined', `bytes=${9 * MIB - 3}-${9 * MIB + 300_000}`), 206)
        assert.deepEqual(Buffer.from(border.bytes), whole.subarray(9 * MIB - 3))
        assert.match(await check(app), / 0 problems/)
      })

      test('a direct link streams without a session', async () => {
        const content = randomBytes(200_000)
        const { headers } = await expect(put(app, 'linked.mp4', content), 201)
        const body = `fileId=${Number.parseInt(String(headers['oc-fileid']), 10)}`
        const made = await app.request({
          method: 'POST',
          url: '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
          as: AS,
          headers: { ...OCS, 'content-type': 'application/x-www-form-urlencoded' },
          body,
        })
        const url = new URL(made.json().ocs.data.url).pathname
        const answer = await expect(app.request({ url, headers: { range: 'bytes=100-' } }), 206)
        assert.deepEqual(Buffer.from(answer.bytes), content.subarray(100))
      })

      test('what is deleted, replaced, abandoned or left by a crash goes with the sweep, and nothing else', async () => {
        const kept = randomBytes(60_000)
        await expect(put(app, 'kept', kept), 201)
        await expect(put(app, 'replaced', randomBytes(60_000)), 201)
        await expect(put(app, 'replaced', kept), 204)
        await expect(put(app, 'deleted', randomBytes(60_000)), 201)
        await expect(send(app, 'DELETE', `${FILES}/deleted`), 204)
        await expect(send(app, 'MKCOL', `${UPLOADS}/waiting`), 201)
        await expect(send(app, 'PUT', `${UPLOADS}/waiting/1`, { body: randomBytes(40_000) }), 201)
        const crashed = randomBytes(16).toString('hex')
        await app.blobs.put(crashed, chunked(randomBytes(20_000)))
        // Ages are counted by the clock of the store.
        await setTimeout(1_100)
        const cleaned = await cleanup(app)
        assert.equal(cleaned['foundOrphans'], 1)
        assert.ok((cleaned['removedBlobs'] ?? 0) >= 3)
        assert.equal(await app.blobs.stat(crashed), undefined)
        await assertContent(app, 'kept', kept)
        await assertContent(app, 'replaced', kept)
        await expect(send(app, 'PUT', `${UPLOADS}/waiting/2`, { body: randomBytes(40_000) }), 201)
        const destination = { destination: `http://cloud.test${FILES}/waited` }
        await expect(send(app, 'MOVE', `${UPLOADS}/waiting/.file`, { headers: destination }), 201)
        assert.equal((await expect(get(app, 'waited'), 200)).bytes.byteLength, 80_000)
        assert.match(await check(app), / 0 problems/)
      })

      test('lost content is reported by files:check, and reading it is an error of the server', async () => {
        const before = new Set(await keysOf(app))
        await expect(put(app, 'lost', randomBytes(70_000)), 201)
        const [key = ''] = (await keysOf(app)).filter((each) => !before.has(each))
        await app.blobs.remove([key])
        assert.match(await check(app), new RegExp(`${key} is missing`))
        const answer = await get(app, 'lost')
        assert.equal(answer.status, 500)
        assert.match(answer.text, /<s:exception>Sabre\\DAV\\Exception\\InternalServerError/)
        await expect(send(app, 'DELETE', `${FILES}/lost`), 204)
        assert.match(await check(app), / 0 problems/)
      })

      if (blobs === 'disk' || isRealStorage) return
      test('a storage in trouble: 503 or 507 and nothing half-done; metadata and rows go on', async () => {
        const stub = await sharedStub()
        const content = randomBytes(80_000)
        await expect(put(app, 'before', content), 201)
        const keys = await keysOf(app)
        stub.trouble('GetObject', { kind: 'error', status: 500, code: 'InternalError' }, 100)
        stub.trouble('PutObject', { kind: 'error', status: 500, code: 'InternalError' }, 100)
        const unread = await expect(get(app, 'before'), 503)
        assert.match(unread.text, /<s:exception>Sabre\\DAV\\Exception\\ServiceUnavailable/)
        await expect(put(app, 'during', content), 503)
        await expect(put(app, 'before', randomBytes(80_000)), 503)
        await expect(put(app, 'small', randomBytes(100)), 201)
        await expect(send(app, 'PROPFIND', FILES, { headers: { depth: '1' } }), 207)
        stub.calm()
        stub.quotaBytes = 0
        await expect(put(app, 'during', content), 507)
        stub.quotaBytes = Number.POSITIVE_INFINITY
        await expect(get(app, 'during'), 404)
        await assertContent(app, 'before', content)
        assert.deepEqual(await keysOf(app), keys)
        assert.match(await check(app), / 0 problems/)
      })
    })
  }
}

async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function keysOf(app: TestApp): Promise<string[]> {
  return (await Array.fromAsync(app.blobs.list())).map(({ key }) => key).toSorted()
}
