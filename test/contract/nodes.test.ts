import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { stopSharedStub } from '../helpers/blob-stores.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { runIn } from '../helpers/run-command.ts'
import { createTestApp, type TestAnswer, type TestApp } from '../helpers/test-app.ts'

const PASSWORD = 'alice-password'
const FILES = '/remote.php/dav/files/alice'
const UPLOADS = '/remote.php/dav/uploads/alice'

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

async function send(node: TestApp, method: string, url: string, status: number, sent: Sent = {}): Promise<TestAnswer> {
  const answer = await node.request({ method, url, as: ['alice', PASSWORD], ...sent })
  assert.equal(answer.status, status, `${method} ${url}: ${answer.text.slice(0, 300)}`)
  return answer
}

describe('two nodes over one database and one object storage', () => {
  let a: TestApp
  let b: TestApp
  before(async () => {
    a = await createTestApp({ database: 'postgres', blobs: 's3' })
    b = await createTestApp({ beside: a })
    await a.features.accounts.add({ userId: 'alice', password: PASSWORD, groupIds: [] }, 'test')
  })
  after(async () => {
    await b.close()
    await a.close()
    await stopSharedPostgres()
    await stopSharedStub()
  })

  test('what is written on one is on the other at once: new, replaced, moved, deleted', async () => {
    const [first, second] = [randomBytes(100_000), randomBytes(30_000)]
    await send(a, 'PUT', `${FILES}/shared.bin`, 201, { body: first })
    const listing = await send(b, 'PROPFIND', FILES, 207, { headers: { depth: '1' } })
    assert.match(listing.text, /shared\.bin/)
    const read = await send(b, 'GET', `${FILES}/shared.bin`, 200)
    assert.deepEqual(Buffer.from(read.bytes), first)
    await send(b, 'PUT', `${FILES}/shared.bin`, 204, { body: second })
    const again = await send(a, 'GET', `${FILES}/shared.bin`, 200, {
      headers: { 'if-none-match': String(read.headers['etag']) },
    })
    assert.deepEqual(Buffer.from(again.bytes), second)
    await send(b, 'MOVE', `${FILES}/shared.bin`, 201, {
      headers: { destination: `http://cloud.test${FILES}/moved.bin` },
    })
    await send(a, 'GET', `${FILES}/shared.bin`, 404)
    await send(a, 'DELETE', `${FILES}/moved.bin`, 204)
    await send(b, 'GET', `${FILES}/moved.bin`, 404)
  })

  test('a quota counts what either has taken, and what either has given back', async () => {
    const set = async (value: string): Promise<void> => {
      assert.equal((await runIn(b, 'user:setting', 'alice', 'files', 'quota', value)).code, 0)
    }
    await set('100 KB')
    await send(a, 'PUT', `${FILES}/half-1`, 201, { body: randomBytes(60_000) })
    await send(b, 'PUT', `${FILES}/half-2`, 507, { body: randomBytes(60_000) })
    await send(b, 'DELETE', `${FILES}/half-1`, 204)
    await send(a, 'PUT', `${FILES}/half-2`, 201, { body: randomBytes(60_000) })
    const both = await Promise.all(
      [a, b].map((node, index) =>
        node.request({
          method: 'PUT',
          url: `${FILES}/rest-${index}`,
          as: ['alice', PASSWORD],
          body: randomBytes(35_000),
        }),
      ),
    )
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 507], 'only one of them fits')
    await set('none')
  })

  test('chunks may arrive at either, and a lock holds on both', async () => {
    const chunks = Array.from({ length: 4 }, () => randomBytes(40_000))
    const whole = Buffer.concat(chunks)
    await send(a, 'MKCOL', `${UPLOADS}/up`, 201)
    for (const [index, body] of chunks.entries()) {
      await send(index % 2 === 0 ? b : a, 'PUT', `${UPLOADS}/up/0000${index + 1}`, 201, { body })
    }
    const headers = {
      destination: `http://cloud.test${FILES}/joined`,
      'oc-checksum': `SHA1:${createHash('sha1').update(whole).digest('hex')}`,
    }
    await send(b, 'MOVE', `${UPLOADS}/up/.file`, 201, { headers })
    assert.deepEqual(Buffer.from((await send(a, 'GET', `${FILES}/joined`, 200)).bytes), whole)
    const lock = await send(a, 'LOCK', `${FILES}/joined`, 200, {
      headers: { 'content-type': 'application/xml' },
      body: '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>',
    })
    await send(b, 'PUT', `${FILES}/joined`, 423, { body: 'x' })
    await send(b, 'UNLOCK', `${FILES}/joined`, 204, { headers: { 'lock-token': String(lock.headers['lock-token']) } })
    await send(a, 'PUT', `${FILES}/joined`, 204, { body: 'x' })
  })

  test('both write and sweep at the same time, and everything is whole', async () => {
    const contents = new Map(Array.from({ length: 24 }, (_, index) => [`many-${index}`, randomBytes(20_000 + index)]))
    const nodes = [a, b]
    const sweeping = Promise.all(nodes.flatMap((node) => node.features.list.map(({ sweep }) => sweep?.())))
    await Promise.all(
      [...contents].map(([name, body], index) => send(nodes[index % 2] ?? a, 'PUT', `${FILES}/${name}`, 201, { body })),
    )
    await sweeping
    await Promise.all(
      [...contents.keys()]
        .slice(0, 12)
        .map((name, index) => send(nodes[index % 2] ?? a, 'DELETE', `${FILES}/${name}`, 204)),
    )
    a.clock.advance(2 * 3_600_000)
    await Promise.all(nodes.flatMap((node) => node.features.list.map(({ sweep }) => sweep?.())))
    for (const [name, content] of [...contents].slice(12)) {
      assert.deepEqual(Buffer.from((await send(b, 'GET', `${FILES}/${name}`, 200)).bytes), content)
    }
    for (const node of nodes) assert.match((await runIn(node, 'files:check', '--content')).out, / 0 problems/)
  })
})
