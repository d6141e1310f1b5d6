import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestAnswer } from '../helpers/test-app.ts'
import { describeHabits, FILES, type HabitClient, literalResponses } from './client.ts'

// Requests as Windows' redirector for WebDAV ("map network drive") sends them. Their order, headers and bodies are those
// of logs and captures that people have shown of it: mar10/wsgidav#112 (a copy by Explorer, step by step),
// 9001/copyparty#910 (the PROPPATCH), swisspol/GCDWebServer#319 (the LOCK), OpenMarshal/npm-WebDAV-Server#34 and #37
// (names in the answer; Office), danmunn/redmine_dmsf#334 (a new folder).

const COMMON = {
  'user-agent': 'Microsoft-WebDAV-MiniRedir/10.0.19045',
  translate: 'f',
  'cache-control': 'no-cache',
  pragma: 'no-cache',
  connection: 'Keep-Alive',
}

const LOCK = `<?xml version="1.0" encoding="utf-8" ?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>DESKTOP\\ann</D:href></D:owner></D:lockinfo>`

const MODIFIED = 'Thu, 09 Oct 2025 17:54:43 GMT'

/** Values by name; Windows sets four of them on a new file and two after its content. */
const proppatch = (values: Readonly<Record<string, string>>): string =>
  `<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>${Object.entries(
    values,
  )
    .map(([name, value]) => `<Z:${name}>${value}</Z:${name}>`)
    .join('')}</D:prop></D:set></D:propertyupdate>`

const XML = { 'content-type': 'text/xml; charset="utf-8"' }
const NOTHING = { 'content-length': '0' }

async function lock({ send }: HabitClient, path: string): Promise<string> {
  const answer = await send('LOCK', path, [200, 201], { headers: { ...XML, timeout: 'Second-3600' }, body: LOCK })
  assert.match(answer.text, /<d:timeout>Second-3600<\/d:timeout>/)
  assert.match(answer.text, /<d:owner><D:href[^>]*>DESKTOP\\ann<\/D:href><\/d:owner>|<d:href>DESKTOP\\ann<\/d:href>/)
  const token = /^<(opaquelocktoken:[0-9a-f-]{36})>$/.exec(String(answer.headers['lock-token']))?.[1]
  assert.ok(token !== undefined)
  return token
}

/** What it asks before anything: without a body, which means all properties. */
const look = (client: HabitClient, path: string, wanted: number, depth = '0'): Promise<TestAnswer> =>
  client.send('PROPFIND', path, wanted, { headers: { ...NOTHING, depth } })

describeHabits(
  'Windows',
  (client) => {
    const { send } = client

    test('a drive: told who may come in, then what this is, then how much room there is', async () => {
      const stranger = await client.app.request({ method: 'OPTIONS', url: `${FILES}/`, headers: COMMON })
      assert.equal(stranger.status, 401)
      assert.match(String(stranger.headers['www-authenticate']), /^Basic realm="/)
      const { headers } = await send('OPTIONS', `${FILES}/`, 200, { headers: NOTHING })
      assert.match(String(headers['dav']), /(?:^|, )1(?:,|$)/)
      assert.match(String(headers['dav']), /(?:^|, )2(?:,|$)/, 'without locks it would be read only')
      assert.equal(headers['ms-author-via'], 'DAV')
      for (const method of ['PUT', 'LOCK', 'UNLOCK', 'PROPPATCH', 'MOVE']) {
        assert.match(String(headers['allow']), new RegExp(`\\b${method}\\b`))
      }
      const [root] = literalResponses((await look(client, FILES, 207)).text)
      assert.equal(root?.href, `${FILES}/`)
      assert.equal(root?.first.get('d:resourcetype'), '<d:collection/>')
      assert.match(root?.first.get('d:quota-available-bytes') ?? '', /^-?\d+$/)
      for (const name of ['desktop.ini', 'folder.jpg', 'Thumbs.db', 'AutoRun.inf']) {
        await look(client, `${FILES}/${name}`, 404)
      }
    })

    test('a file that Explorer copies: empty, locked, its times, its content, its times again, unlocked', async () => {
      const path = `${FILES}/compat%20%c3%bc.txt`
      await look(client, path, 404)
      await send('PUT', path, 201, { headers: NOTHING })
      const token = await lock(client, path)
      const held = { if: `(<${token}>)` }
      const first = await send('PROPPATCH', path, 207, {
        headers: { ...XML, ...held },
        body: proppatch({
          Win32CreationTime: MODIFIED,
          Win32LastAccessTime: 'Thu, 09 Oct 2025 17:55:31 GMT',
          Win32LastModifiedTime: MODIFIED,
          Win32FileAttributes: '00000000',
        }),
      })
      assert.match(first.text, /HTTP\/1\.1 200 OK/)
      assert.doesNotMatch(first.text, /HTTP\/1\.1 [45]/)
      assert.match(first.text, /<(\w+):Win32CreationTime xmlns:\1="urn:schemas-microsoft-com:"\/>/)
      const head = await send('HEAD', path, 200, { headers: held })
      assert.equal(head.headers['content-length'], '0')

      await send('PUT', path, 423, { body: 'somebody else' })
      await send('PUT', path, 204, { headers: held, body: 'content' })
      await send('PROPPATCH', path, 207, {
        headers: { ...XML, ...held },
        body: proppatch({ Win32LastModifiedTime: MODIFIED, Win32FileAttributes: '00000020' }),
      })
      await send('UNLOCK', path, 204, { headers: { ...NOTHING, 'lock-token': `<${token}>` } })
      const [file] = literalResponses((await look(client, path, 207)).text)
      assert.equal(file?.first.get('d:getcontentlength'), '7')
      assert.equal(file?.first.get('d:getlastmodified'), MODIFIED, 'the time of the file that was copied')
      assert.equal((await send('GET', path, 200)).text, 'content')
      const kept = await send('PROPFIND', path, 207, {
        headers: { depth: '0' },
        body: '<D:propfind xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:prop><Z:Win32FileAttributes/><Z:Win32LastModifiedTime/></D:prop></D:propfind>',
      })
      assert.match(kept.text, />00000020</)
      assert.match(kept.text, new RegExp(`>${MODIFIED}<`))
    })

    test('a time that is none is kept as it is and changes nothing; it can be taken away again', async () => {
      const path = `${FILES}/clock.txt`
      await send('PUT', path, 201, { body: 'x', headers: { 'x-oc-mtime': '1700000000' } })
      for (const value of ['', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT', '99999999999999999999']) {
        await send('PROPPATCH', path, 207, { headers: XML, body: proppatch({ Win32LastModifiedTime: value }) })
      }
      const [file] = literalResponses((await look(client, path, 207)).text)
      assert.equal(file?.first.get('d:getlastmodified'), 'Tue, 14 Nov 2023 22:13:20 GMT')
      const removed = await send('PROPPATCH', path, 207, {
        headers: XML,
        body: '<D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:remove><D:prop><Z:Win32LastModifiedTime/></D:prop></D:remove></D:propertyupdate>',
      })
      assert.match(removed.text, /HTTP\/1\.1 204 No Content/)
    })

    test('a new folder, renamed at once, and emptied', async () => {
      const [before, after] = [`${FILES}/New%20folder`, `${FILES}/Reports`]
      await look(client, before, 404)
      await send('MKCOL', before, 201, { headers: NOTHING })
      const times = { Win32CreationTime: MODIFIED, Win32LastModifiedTime: MODIFIED, Win32FileAttributes: '00000010' }
      await send('PROPPATCH', before, 207, { headers: XML, body: proppatch(times) })
      await send('MOVE', before, 201, { headers: { destination: `http://cloud.test${after}`, overwrite: 'F' } })
      await send('PUT', `${after}/a.txt`, 201, { body: 'x' })
      await send('PUT', `${FILES}/b.txt`, 201, { body: 'x' })
      const taken = { destination: `http://cloud.test${after}/a.txt`, overwrite: 'F' }
      await send('MOVE', `${FILES}/b.txt`, 412, { headers: taken })
      const entries = literalResponses((await look(client, after, 207, '1')).text)
      assert.deepEqual(
        entries.map(({ href }) => href),
        [`${after}/`, `${after}/a.txt`],
      )
      await send('DELETE', after, 204)
      await look(client, after, 404)
    })

    test('Office: a document is locked while it is open, kept locked, and saved by its holder alone', async () => {
      const [document, owner] = [`${FILES}/test.docx`, `${FILES}/~%24test.docx`]
      await send('PUT', document, 201, { body: 'first' })
      const token = await lock(client, document)
      await send('PUT', owner, 201, { headers: NOTHING })
      const mark = await lock(client, owner)
      await send('PUT', owner, 204, { headers: { if: `(<${mark}>)` }, body: 'Ann' })
      await send('UNLOCK', owner, 204, { headers: { 'lock-token': `<${mark}>` } })

      const refreshed = await send('LOCK', document, 200, {
        headers: { ...NOTHING, if: `(<${token}>)`, timeout: 'Second-3600' },
      })
      assert.ok(refreshed.text.includes(`${token}<`), 'the same lock')
      client.app.clock.advance(3_599_000)
      await send('PUT', document, 423, { body: 'of somebody else' })
      await send('PUT', document, 204, { headers: { if: `(<${token}>)` }, body: 'second' })
      await send('LOCK', document, 423, { headers: { ...XML, timeout: 'Second-3600' }, body: LOCK })
      await send('UNLOCK', document, 204, { headers: { 'lock-token': `<${token}>` } })
      await send('DELETE', owner, 204)
      assert.equal((await send('GET', document, 200)).text, 'second')
      // A computer that went away does not keep the others out for ever.
      await lock(client, document)
      client.app.clock.advance(3_601_000)
      await send('PUT', document, 204, { body: 'third' })
    })
  },
  COMMON,
)
