import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { OCS, type TestAnswer } from '../helpers/test-app.ts'
import { describeHabits, FILES, literalResponses, PASSWORD, recordedBody, UPLOADS, USER } from './client.ts'

// Requests as the desktop client sends them: recorded ones of the reference's recordings (webdav-files), and those that
// went over the wire of nextcloudcmd 3.7.3, which itself runs in test/clients. Here is what that one does not do by
// itself: newer sets of properties, chunks in parallel, refusals.

const COMMON = {
  'user-agent':
    'Mozilla/5.0 (Linux) mirall/34.0.3 (Nextcloud, debian-6.1 ClientArchitecture: x86_64 OsArchitecture: x86_64)',
  accept: '*/*',
  'accept-encoding': 'gzip, deflate',
  'accept-language': 'en,*',
}
const XML = { 'content-type': 'text/xml; charset=utf-8' }
const ROOT = recordedBody('webdav-files', 'Desktop client: root, depth 0')
const FOLDER = recordedBody('webdav-files', 'Desktop client: folder, depth 1')
const POLL =
  '<?xml version="1.0" ?>\n<d:propfind xmlns:d="DAV:">\n  <d:prop>\n    <d:getetag />\n  </d:prop>\n</d:propfind>\n'

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
/** What it takes its own words for the user from. */
const refusal = ({ text }: TestAnswer): string => /<s:exception>(?:.*\\)?(\w+)<\/s:exception>/.exec(text)?.[1] ?? ''

describeHabits(
  'the desktop client',
  (client) => {
    const { send } = client
    const list = async (path: string, depth: string, body = FOLDER) => {
      const answer = await send('PROPFIND', path, 207, { headers: { ...XML, depth }, body })
      assert.equal(answer.headers['content-type'], 'application/xml; charset=utf-8')
      return literalResponses(answer.text)
    }
    const poll = async (path = `${FILES}/`): Promise<string> => {
      const [entry] = await list(path, '0', POLL)
      return entry?.first.get('d:getetag') ?? ''
    }

    test('the greeting: status, capabilities with chunks and without bulk uploads, who the user is', async () => {
      const get = (url: string) =>
        client.app.request({ url, headers: { ...COMMON, ...OCS }, as: [USER, PASSWORD] as const })
      const status = (await get('/status.php')).json()
      assert.deepEqual([status.installed, status.maintenance, status.needsDbUpgrade], [true, false, false])
      const { capabilities } = (await get('/ocs/v1.php/cloud/capabilities?format=json')).json().ocs.data
      assert.equal(capabilities.dav.chunking, '1.0')
      assert.equal(capabilities.files.bigfilechunking, true)
      assert.equal(capabilities.dav.bulkupload, undefined, 'it would send every small file through it')
      await send('POST', '/remote.php/dav/bulk', 501, {
        headers: { 'content-type': 'multipart/related; boundary="b"' },
      })
      // What is not here it asks for nevertheless, and gets on without.
      assert.equal((await get('/ocs/v2.php/apps/user_status/api/v1/user_status?format=json')).status, 404)
      assert.equal((await get('/ocs/v1.php/cloud/user?format=json')).json().ocs.data.id, USER)
      assert.equal((await get('/index.php/204')).status, 204)
    })

    test('discovery: nothing that it cannot do without is missing, at the root and below', async () => {
      await send('MKCOL', `${FILES}/tree`, 201)
      await send('MKCOL', `${FILES}/tree/sub`, 201)
      const headers = { 'oc-checksum': `SHA1:${sha1('hello')}` }
      await send('PUT', `${FILES}/tree/a.txt`, 201, { headers, body: 'hello' })
      const [root] = await list(`${FILES}/`, '0', ROOT)
      assert.equal(root?.href, `${FILES}/`)
      const entries = await list(`${FILES}/tree`, '1')
      assert.deepEqual(
        entries.map(({ href }) => href),
        [`${FILES}/tree/`, `${FILES}/tree/a.txt`, `${FILES}/tree/sub/`],
      )
      for (const { href, first, firstStatus } of [...entries, ...(root === undefined ? [] : [root])]) {
        assert.equal(firstStatus, 'HTTP/1.1 200 OK')
        for (const name of ['d:resourcetype', 'd:getlastmodified', 'd:getetag', 'oc:id', 'oc:fileid', 'oc:size']) {
          assert.ok(first.has(name), `${href}: ${name}`)
        }
        const isFolder = href.endsWith('/')
        assert.equal(first.get('oc:permissions'), isFolder ? 'RGDNVCK' : 'RGDNVW')
        assert.equal(first.has('d:getcontentlength'), !isFolder)
        assert.equal(first.get('nc:lock'), '')
        assert.equal(first.get('nc:is-mount-root'), 'false')
      }
      const file = entries[1]?.first
      assert.equal(file?.get('oc:checksums'), `<oc:checksum>SHA1:${sha1('hello')}</oc:checksum>`)
      assert.equal(file?.get('oc:downloadURL'), '')
    })

    test('the poll: another etag up to the root when something changes, and only then', async () => {
      await send('MKCOL', `${FILES}/poll`, 201)
      await send('MKCOL', `${FILES}/poll/one`, 201)
      await send('MKCOL', `${FILES}/poll/other`, 201)
      const state = () => Promise.all([poll(), poll(`${FILES}/poll/one`), poll(`${FILES}/poll/other`)])
      const before = await state()
      await list(`${FILES}/poll`, '1')
      await send('GET', `${FILES}/poll/one/none`, 404)
      assert.deepEqual(await state(), before)
      await send('PUT', `${FILES}/poll/one/a.txt`, 201, { body: 'x' })
      const after = await state()
      assert.notEqual(after[0], before[0])
      assert.notEqual(after[1], before[1])
      assert.equal(after[2], before[2], 'a sibling is not looked at again')
    })

    test('an upload over the version it knows, and over a newer one: 412, which becomes a conflict', async () => {
      const path = `${FILES}/document.txt`
      const put = (body: string, wanted: number, headers: Record<string, string> = {}) =>
        send('PUT', path, wanted, {
          headers: {
            'content-type': 'application/octet-stream',
            'oc-total-length': String(body.length),
            'oc-chunk-size': '10000000',
            'oc-checksum': `SHA1:${sha1(body)}`,
            'x-oc-mtime': '1700000000',
            ...headers,
          },
          body,
        })
      const first = await put('first', 201)
      assert.equal(first.headers['x-oc-mtime'], 'accepted')
      assert.equal(first.headers['oc-etag'], first.headers['etag'])
      const known = { 'if-match': String(first.headers['etag']) }
      const second = await put('second', 204, known)
      assert.equal(second.headers['oc-fileid'], first.headers['oc-fileid'])
      const late = await put('third', 412, known)
      assert.equal(refusal(late), 'PreconditionFailed')
      assert.equal((await send('GET', path, 200)).headers['oc-checksum'], `SHA1:${sha1('second')}`)
    })

    test('a large file: chunks of five digits, several at a time, put together on a condition', async () => {
      const path = `${FILES}/large%20file.bin`
      const pieces = Array.from({ length: 12 }, (_, index) => `piece ${index + 1},`)
      const content = pieces.join('')
      const upload = async (conditions: Record<string, string>, wanted: number): Promise<TestAnswer> => {
        const folder = `${UPLOADS}/${Math.floor(Math.random() * 1e9)}`
        const total = { 'oc-total-length': String(content.length), destination: path }
        await send('MKCOL', folder, 201, { headers: total })
        const chunks = pieces.map((body, index) => ({ name: String(index + 1).padStart(5, '0'), body }))
        for (const three of [chunks.slice(6), chunks.slice(0, 3), chunks.slice(3, 6)]) {
          await Promise.all(
            three.map(({ name, body }) => send('PUT', `${folder}/${name}`, 201, { headers: total, body })),
          )
        }
        const headers = { ...total, 'oc-checksum': `SHA1:${sha1(content)}`, 'x-oc-mtime': '1700000000' }
        const answer = await send('MOVE', `${folder}/.file`, wanted, { headers: { ...headers, ...conditions } })
        await send('PROPFIND', folder, wanted < 300 ? 404 : 207, { headers: { depth: '1' } })
        return answer
      }
      const made = await upload({}, 201)
      for (const name of ['oc-fileid', 'etag', 'oc-etag']) assert.ok(made.headers[name], name)
      assert.equal((await send('GET', path, 200)).text, content)
      const condition = (etag: unknown) => ({ if: `<${path}> ([${String(etag)}])` })
      const again = await upload(condition(made.headers['etag']), 204)
      assert.equal(again.headers['oc-fileid'], made.headers['oc-fileid'])
      assert.equal(refusal(await upload(condition(made.headers['etag']), 412)), 'PreconditionFailed')
    })

    test('refusals it tells apart: locked by somebody, no room, a name that cannot be', async () => {
      const path = `${FILES}/office.odt`
      await send('PUT', path, 201, { body: 'open in an editor' })
      const lockinfo =
        '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype><d:owner>Editor</d:owner></d:lockinfo>'
      const locked = await send('LOCK', path, 200, { headers: { ...XML, timeout: 'Second-600' }, body: lockinfo })
      const [shown] = await list(path, '0')
      assert.equal(shown?.first.get('nc:lock'), '1')
      assert.equal(shown?.first.get('nc:lock-owner-displayname'), 'Editor')
      for (const [method, headers] of [
        ['PUT', {}],
        ['DELETE', {}],
        ['MOVE', { destination: `${FILES}/elsewhere.odt` }],
      ] as const) {
        assert.equal(refusal(await send(method, path, 423, { headers })), 'Locked', method)
      }
      await send('UNLOCK', path, 204, { headers: { 'lock-token': String(locked.headers['lock-token']) } })
      await send('PUT', path, 204, { body: 'free' })

      await client.setQuota('1 KB')
      const large = { 'oc-total-length': '5000' }
      assert.equal(
        refusal(await send('PUT', `${FILES}/large.bin`, 507, { body: 'x'.repeat(5_000) })),
        'InsufficientStorage',
      )
      await send('MKCOL', `${UPLOADS}/507`, [201, 507], { headers: large })
      await send('PUT', `${UPLOADS}/507/00001`, 507, { headers: large, body: 'x' })
      assert.equal((await send('GET', path, 200)).text, 'free')
      await client.setQuota('none')

      for (const name of ['back%5Cslash', 'half.part', '.htaccess', 'x'.repeat(251)]) {
        assert.equal(refusal(await send('PUT', `${FILES}/${name}`, 400, { body: 'x' })), 'InvalidPath', name)
      }
    })

    test('a download that does not match its checksum is asked for again, and accepted when the new one fits', async () => {
      await send('PUT', `${FILES}/sum.txt`, 201, { body: 'content' })
      const answer = await send('PATCH', `${FILES}/sum.txt`, 204, { headers: { 'x-recalculate-hash': 'SHA1' } })
      assert.equal(answer.headers['oc-checksum'], `SHA1:${sha1('content')}`)
    })
  },
  COMMON,
)
