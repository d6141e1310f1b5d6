import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendRaw } from '../helpers/send-raw.ts'
import { basic, type TestAnswer } from '../helpers/test-app.ts'
import { describeHabits, FILES, type HabitClient, literalResponses, PASSWORD, USER } from './client.ts'

// Requests as macOS' WebDAVFS sends them for Finder: sabre.io/dav/clients/finder (the order when a volume is opened, the
// chunked transfer coding, the `._` files), ModeShape/modeshape#841 (an empty PUT, LOCK, PUT, UNLOCK), and the LOCK that
// lighttpd's mod_webdav shows in its source.

const COMMON = { 'user-agent': 'WebDAVFS/3.0.0 (03008000) Darwin/23.2.0 (arm64)', accept: '*/*' }
const XML = { 'content-type': 'text/xml' }

const propfind = (names: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:">\n<D:prop>\n${names}\n</D:prop>\n</D:propfind>`
const STAT = propfind('<D:getlastmodified/>\n<D:getcontentlength/>\n<D:creationdate/>\n<D:resourcetype/>')
const QUOTA = propfind('<D:quota-available-bytes/>\n<D:quota-used-bytes/>\n<D:quota/>\n<D:quotaused/>')
const LIST = `<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:">\n<D:prop>\n<D:getlastmodified/>\n<D:getcontentlength/>\n<D:creationdate/>\n<D:resourcetype/>\n<A:appledoubleheader xmlns:A="http://www.apple.com/webdav_fs/props/"/>\n</D:prop>\n</D:propfind>`
const LOCK = `<?xml version="1.0" encoding="utf-8"?>\n<D:lockinfo xmlns:D="DAV:">\n<D:lockscope><D:exclusive/></D:lockscope>\n<D:locktype><D:write/></D:locktype>\n<D:owner>\n<D:href>http://www.apple.com/webdav_fs/</D:href>\n</D:owner>\n</D:lockinfo>`

async function lock({ send }: HabitClient, path: string, wanted: number): Promise<string> {
  const headers = { ...XML, depth: '0', timeout: 'Second-600' }
  const answer = await send('LOCK', path, wanted, { headers, body: LOCK })
  assert.match(answer.text, /http:\/\/www\.apple\.com\/webdav_fs\//)
  assert.match(answer.text, /<d:depth>0<\/d:depth>/)
  return /<(opaquelocktoken:[^>]+)>/.exec(String(answer.headers['lock-token']))?.[1] ?? ''
}

/** Content in chunked transfer coding, over a real connection: it says how long it is only in a header of its own. */
async function putChunked(client: HabitClient, path: string, body: string, token: string): Promise<TestAnswer> {
  const base = await listening(client)
  return sendRaw(base, {
    method: 'PUT',
    url: path,
    headers: {
      ...COMMON,
      host: 'cloud.test',
      authorization: basic(USER, PASSWORD),
      'transfer-encoding': 'chunked',
      'x-expected-entity-length': String(Buffer.byteLength(body)),
      if: `(<${token}>)`,
    },
    body,
  })
}

const bases = new WeakMap<object, Promise<string>>()

function listening({ app }: HabitClient): Promise<string> {
  const base = bases.get(app) ?? app.listen()
  bases.set(app, base)
  return base
}

describeHabits(
  'Finder',
  (client) => {
    const { send } = client
    const stat = (path: string, wanted: number): Promise<TestAnswer> =>
      send('PROPFIND', path, wanted, { headers: { ...XML, depth: '0' }, body: STAT })

    test('a volume: what it can, how large it is, and what is not on it', async () => {
      const { headers } = await send('OPTIONS', `${FILES}/`, 200)
      assert.match(String(headers['dav']), /(?:^|, )2(?:,|$)/, 'without locks it would be read only')
      const [root] = literalResponses((await stat(`${FILES}/`, 207)).text)
      assert.equal(root?.first.get('d:resourcetype'), '<d:collection/>')
      assert.match(root?.first.get('d:getlastmodified') ?? '', / GMT$/)
      const quota = await send('PROPFIND', `${FILES}/`, 207, { headers: { ...XML, depth: '0' }, body: QUOTA })
      const [size] = literalResponses(quota.text)
      assert.match(size?.first.get('d:quota-available-bytes') ?? '', /^-?\d+$/)
      assert.match(size?.first.get('d:quota-used-bytes') ?? '', /^\d+$/)
      assert.deepEqual(size?.others, ['d:quota', 'd:quotaused'])
      for (const name of ['mach_kernel', '.Spotlight-V100', '._.', '.hidden', '.metadata_never_index']) {
        await stat(`${FILES}/${name}`, 404)
      }
    })

    test('a file that is copied: empty, locked, its content in chunks, unlocked; and the same for its ._ file', async () => {
      const content = 'content that arrives in chunks'
      const [path, double] = [`${FILES}/film.mov`, `${FILES}/._film.mov`]
      await stat(path, 404)
      await send('PUT', path, 201, { headers: { 'content-length': '0' } })
      const token = await lock(client, path, 200)
      const [empty] = literalResponses((await stat(path, 207)).text)
      assert.equal(empty?.first.get('d:getcontentlength'), '0')
      assert.equal((await putChunked(client, path, content, token)).status, 204)
      await stat(path, 207)
      await send('UNLOCK', path, 204, { headers: { 'lock-token': `<${token}>` } })
      assert.equal((await send('GET', path, 200)).text, content)

      await stat(double, 404)
      const mark = await lock(client, double, 201)
      assert.equal((await putChunked(client, double, '\u0000\u0005\u0016\u0007', mark)).status, 204)
      await send('UNLOCK', double, 204, { headers: { 'lock-token': `<${mark}>` } })
      await send('PUT', `${FILES}/.DS_Store`, 201, { body: 'Bud1' })
      const listed = await send('PROPFIND', `${FILES}/`, 207, { headers: { ...XML, depth: '1' }, body: LIST })
      const entries = literalResponses(listed.text)
      assert.deepEqual(
        entries.map(({ href }) => href),
        [`${FILES}/`, `${FILES}/.DS_Store`, double, path],
      )
      assert.ok(entries.every(({ firstStatus }) => firstStatus === 'HTTP/1.1 200 OK'))
    })

    test('a copy that takes longer than its lock, which is kept alive meanwhile', async () => {
      const path = `${FILES}/slow.bin`
      await send('PUT', path, 201, { headers: { 'content-length': '0' } })
      const token = await lock(client, path, 200)
      for (let round = 0; round < 3; round++) {
        client.app.clock.advance(599_000)
        const headers = { if: `(<${token}>)`, depth: '0', timeout: 'Second-600' }
        await send('LOCK', path, 200, { headers })
      }
      assert.equal((await putChunked(client, path, 'at last', token)).status, 204)
      client.app.clock.advance(601_000)
      assert.equal((await putChunked(client, path, 'too late', token)).status, 412, 'its lock is over')
      assert.equal((await send('GET', path, 200)).text, 'at last')
    })

    test('a file that does not fit is refused before it is sent', async () => {
      const path = `${FILES}/large.bin`
      await send('PUT', path, 201, { headers: { 'content-length': '0' } })
      const token = await lock(client, path, 200)
      await client.setQuota('1 KB')
      try {
        const answer = await send('PUT', path, 507, {
          headers: { if: `(<${token}>)`, 'x-expected-entity-length': '2000' },
        })
        assert.match(answer.text, /InsufficientStorage/)
      } finally {
        await client.setQuota('none')
      }
      await send('UNLOCK', path, 204, { headers: { 'lock-token': `<${token}>` } })
    })

    test('names in decomposed form are found, listed once, and renamed', async () => {
      const decomposed = encodeURIComponent('Gru\u0308\u00dfe e\u0301te\u0301.txt')
      const composed = 'Gr%c3%bc%c3%9fe%20%c3%a9t%c3%a9.txt'
      await send('MKCOL', `${FILES}/names`, 201)
      await send('PUT', `${FILES}/names/${decomposed}`, 201, { body: 'x' })
      await stat(`${FILES}/names/${decomposed}`, 207)
      await send('PUT', `${FILES}/names/${composed}`, 204, { body: 'y' })
      const listed = await send('PROPFIND', `${FILES}/names/`, 207, { headers: { ...XML, depth: '1' }, body: LIST })
      assert.deepEqual(
        literalResponses(listed.text).map(({ href }) => href),
        [`${FILES}/names/`, `${FILES}/names/${composed}`],
      )
      const other = encodeURIComponent('Cafe\u0301.txt')
      const headers = { destination: `http://cloud.test${FILES}/names/${other}` }
      await send('MOVE', `${FILES}/names/${decomposed}`, 201, { headers })
      assert.equal((await send('GET', `${FILES}/names/${encodeURIComponent('Café.txt')}`, 200)).text, 'y')
      await send('DELETE', `${FILES}/names/${other}`, 204)
    })
  },
  COMMON,
)
