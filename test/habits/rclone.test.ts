import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { describeHabits, FILES, literalResponses, UPLOADS } from './client.ts'

// Requests as rclone sends them with `vendor = nextcloud`: the plain ones as they went over the wire of 1.60, the chunked
// upload of 1.63 and newer as in its public source (backend/webdav/chunking.go; `--webdav-nextcloud-chunk-size`).

const COMMON = { 'user-agent': 'rclone/v1.71.0', referer: `http://cloud.test${FILES}/` }

const PROPFIND = `<?xml version="1.0"?>
<d:propfind  xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">
 <d:prop>
  <d:displayname />
  <d:getlastmodified />
  <d:getcontentlength />
  <d:resourcetype />
  <d:getcontenttype />
  <oc:checksums />
 </d:prop>
</d:propfind>
`

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
const MTIME = '1600000000'

describeHabits(
  'rclone',
  (client) => {
    const { send } = client
    const look = async (path: string) =>
      literalResponses((await send('PROPFIND', path, 207, { headers: { depth: '1' }, body: PROPFIND })).text)

    test('a copy: looks with depth 1 also at a file, makes folders that are there, reads back time and hash', async () => {
      await send('PROPFIND', `${FILES}/copy`, 404, { headers: { depth: '1' }, body: PROPFIND })
      await send('MKCOL', `${FILES}/copy/deep/`, 409)
      await send('MKCOL', `${FILES}/copy/`, 201)
      await send('MKCOL', `${FILES}/copy/`, 405)
      await send('PUT', `${FILES}/copy/a%20b.txt`, 201, {
        headers: { 'x-oc-mtime': MTIME, 'oc-checksum': `SHA1:${sha1('content')}` },
        body: 'content',
      })
      const [file, ...others] = await look(`${FILES}/copy/a%20b.txt`)
      assert.deepEqual(others, [])
      assert.equal(file?.href, `${FILES}/copy/a%20b.txt`)
      assert.equal(file?.first.get('d:getlastmodified'), new Date(Number(MTIME) * 1_000).toUTCString())
      assert.equal(file?.first.get('oc:checksums'), `<oc:checksum>SHA1:${sha1('content')}</oc:checksum>`)
      const damaged = { 'oc-checksum': `SHA1:${sha1('something else')}` }
      await send('PUT', `${FILES}/copy/damaged.txt`, 400, { headers: damaged, body: 'content' })
      await send('PROPFIND', `${FILES}/copy/damaged.txt`, 404, { headers: { depth: '1' }, body: PROPFIND })
    })

    test('moves and copies on the server: a full address, no overwriting, the time of the source', async () => {
      await send('PUT', `${FILES}/source.txt`, 201, { headers: { 'x-oc-mtime': MTIME }, body: 'x' })
      const to = (name: string) => ({
        destination: `http://cloud.test${FILES}/${name}`,
        overwrite: 'F',
        'x-oc-mtime': MTIME,
      })
      await send('COPY', `${FILES}/source.txt`, 201, { headers: to('copied.txt') })
      await send('COPY', `${FILES}/source.txt`, 412, { headers: to('copied.txt') })
      await send('MOVE', `${FILES}/source.txt`, 201, { headers: to('moved.txt') })
      for (const name of ['copied.txt', 'moved.txt']) {
        const [file] = await look(`${FILES}/${name}`)
        assert.equal(file?.first.get('d:getlastmodified'), new Date(Number(MTIME) * 1_000).toUTCString(), name)
      }
      await send('MKCOL', `${FILES}/old/`, 201)
      await send('PUT', `${FILES}/old/a.txt`, 201, { body: 'a' })
      const folder = { destination: `http://cloud.test${FILES}/renamed/`, overwrite: 'F' }
      await send('MOVE', `${FILES}/old/`, 201, { headers: folder })
      assert.equal((await send('GET', `${FILES}/renamed/a.txt`, 200)).text, 'a')
      await send('DELETE', `${FILES}/renamed/`, 204)
    })

    test('a large file in chunks that are named by their ranges, in a folder named after the file, as often as it takes', async () => {
      const path = 'large file.bin'
      const folder = `${UPLOADS}/rclone-chunked-upload-${createHash('md5').update(path).digest('hex')}`
      const upload = async (content: string, wanted: number): Promise<string> => {
        // What an earlier try has left goes first; nothing there is no error.
        await send('DELETE', `${folder}/`, [204, 404])
        await send('MKCOL', `${folder}/`, 201)
        for (let start = 0; start < content.length; start += 4) {
          const chunk = content.slice(start, start + 4)
          const name = [start, start + chunk.length - 1].map((at) => String(at).padStart(15, '0')).join('-')
          const headers = { 'content-type': 'application/x-www-form-urlencoded' }
          await send('PUT', `${folder}/${name}`, 201, { headers, body: chunk })
        }
        const done = await send('MOVE', `${folder}/.file`, wanted, {
          headers: {
            destination: `http://cloud.test${FILES}/large%20file.bin`,
            'x-oc-mtime': MTIME,
            'oc-checksum': `SHA1:${sha1(content)}`,
          },
        })
        return String(done.headers['oc-fileid'])
      }
      const first = 'chunks, a few of them: more than nine, so that names without zeros would be mixed up'
      const id = await upload(first, 201)
      assert.equal((await send('GET', `${FILES}/large%20file.bin`, 200)).text, first)
      assert.equal(await upload('another content', 204), id)
      const [file] = await look(`${FILES}/large%20file.bin`)
      assert.equal(file?.first.get('d:getcontentlength'), '15')
      assert.equal(file?.first.get('oc:checksums'), `<oc:checksum>SHA1:${sha1('another content')}</oc:checksum>`)
      assert.equal(file?.first.get('d:getlastmodified'), new Date(Number(MTIME) * 1_000).toUTCString())

      // A try that was cut off.
      await send('MKCOL', `${folder}/`, 201)
      await send('PUT', `${folder}/000000000000000-000000000000003`, 201, { body: 'left' })
      assert.equal(await upload('a third', 204), id)
      assert.equal((await send('GET', `${FILES}/large%20file.bin`, 200)).text, 'a third')
    })

    test('the room there is, in numbers', async () => {
      const body =
        '<?xml version="1.0" ?>\n<D:propfind xmlns:D="DAV:"><D:prop><D:quota-available-bytes/><D:quota-used-bytes/></D:prop></D:propfind>'
      const ask = async (): Promise<string[]> => {
        const { text } = await send('PROPFIND', `${FILES}/`, 207, { headers: { depth: '0' }, body })
        const [root] = literalResponses(text)
        return ['d:quota-available-bytes', 'd:quota-used-bytes'].map((name) => root?.first.get(name) ?? '')
      }
      const [unlimited, used = ''] = await ask()
      assert.equal(unlimited, '-3')
      assert.match(used, /^\d+$/)
      await client.setQuota('1 MB')
      assert.deepEqual(await ask(), [String(1_048_576 - Number(used)), used])
      await client.setQuota('none')
    })
  },
  COMMON,
)
