import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  describeHabits,
  FILES,
  type HabitClient,
  type LiteralResponse,
  literalResponses,
  UPLOADS,
  USER,
} from './client.ts'

/** The properties that NextcloudKit asks for, in its order; the two for shares in namespaces without a prefix of ours. */
const PROPERTIES = `<displayname xmlns="DAV:"/>
<getcontenttype xmlns="DAV:"/><resourcetype xmlns="DAV:"/><getcontentlength xmlns="DAV:"/><getlastmodified xmlns="DAV:"/>
<getetag xmlns="DAV:"/><quota-used-bytes xmlns="DAV:"/><quota-available-bytes xmlns="DAV:"/>
<permissions xmlns="http://owncloud.org/ns"/><id xmlns="http://owncloud.org/ns"/><fileid xmlns="http://owncloud.org/ns"/>
<size xmlns="http://owncloud.org/ns"/><favorite xmlns="http://owncloud.org/ns"/><share-types xmlns="http://owncloud.org/ns"/>
<owner-id xmlns="http://owncloud.org/ns"/><owner-display-name xmlns="http://owncloud.org/ns"/>
<comments-unread xmlns="http://owncloud.org/ns"/><checksums xmlns="http://owncloud.org/ns"/><downloadURL xmlns="http://owncloud.org/ns"/>
<data-fingerprint xmlns="http://owncloud.org/ns"/>
<creation_time xmlns="http://nextcloud.org/ns"/><upload_time xmlns="http://nextcloud.org/ns"/>
<is-encrypted xmlns="http://nextcloud.org/ns"/><has-preview xmlns="http://nextcloud.org/ns"/><mount-type xmlns="http://nextcloud.org/ns"/>
<rich-workspace xmlns="http://nextcloud.org/ns"/><note xmlns="http://nextcloud.org/ns"/>
<lock xmlns="http://nextcloud.org/ns"/><lock-owner xmlns="http://nextcloud.org/ns"/><lock-owner-editor xmlns="http://nextcloud.org/ns"/>
<lock-owner-displayname xmlns="http://nextcloud.org/ns"/><lock-owner-type xmlns="http://nextcloud.org/ns"/>
<lock-time xmlns="http://nextcloud.org/ns"/><lock-timeout xmlns="http://nextcloud.org/ns"/>
<system-tags xmlns="http://nextcloud.org/ns"/><file-metadata-size xmlns="http://nextcloud.org/ns"/>
<file-metadata-gps xmlns="http://nextcloud.org/ns"/><metadata-photos-exif xmlns="http://nextcloud.org/ns"/>
<metadata-photos-gps xmlns="http://nextcloud.org/ns"/><metadata-photos-original_date_time xmlns="http://nextcloud.org/ns"/>
<metadata-photos-place xmlns="http://nextcloud.org/ns"/><metadata-photos-size xmlns="http://nextcloud.org/ns"/>
<metadata-files-live-photo xmlns="http://nextcloud.org/ns"/><hidden xmlns="http://nextcloud.org/ns"/>
<share-download-limits xmlns="http://nextcloud.org/ns"/><sharees xmlns="http://nextcloud.org/ns"/>
<share-permissions xmlns="http://open-collaboration-services.org/ns"/><share-permissions xmlns="http://open-cloud-mesh.org/ns"/>`

const PROPFIND = `<?xml version="1.0" encoding="UTF-8"?>
<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>${PROPERTIES}</d:prop></d:propfind>`

/** What an entry must have to be shown. */
const NEEDED = [
  'd:resourcetype',
  'd:getlastmodified',
  'd:getetag',
  'oc:id',
  'oc:fileid',
  'oc:permissions',
  'oc:size',
  'oc:owner-id',
]

const COMMON = {
  accept: 'application/xml',
  'content-type': 'application/xml',
  'user-agent': 'Mozilla/5.0 (iOS) Nextcloud-iOS/7.2.0',
}

async function list(
  { send }: HabitClient,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<LiteralResponse[]> {
  const answer = await send('PROPFIND', path, 207, { headers: { depth: '1', ...headers }, body: PROPFIND })
  return literalResponses(answer.text)
}

const search = (where: string, order: string, limit = ''): string => `<?xml version="1.0"?>
<d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:basicsearch>
<d:select><d:prop>${PROPERTIES}</d:prop></d:select>
<d:from><d:scope><d:href>/files/${USER}</d:href><d:depth>infinity</d:depth></d:scope></d:from>
<d:orderby>${order}</d:orderby><d:where>${where}</d:where>${limit}</d:basicsearch></d:searchrequest>`

describeHabits(
  'iOS',
  (client) => {
    const { send } = client

    test('a listing: the folder first, what is there in the first propstat, prefixes as NextcloudKit compares them', async () => {
      await send('MKCOL', `${FILES}/list`, 201)
      await send('PUT', `${FILES}/list/${encodeURIComponent('Grüße & ü.txt')}`, 201, { body: 'hello' })
      await send('MKCOL', `${FILES}/list/sub`, 201)
      const entries = await list(client, `${FILES}/list`)
      assert.deepEqual(
        entries.map(({ href }) => href),
        [`${FILES}/list/`, `${FILES}/list/Gr%c3%bc%c3%9fe%20%26%20%c3%bc.txt`, `${FILES}/list/sub/`],
      )
      for (const { first, firstStatus, others } of entries) {
        assert.equal(firstStatus, 'HTTP/1.1 200 OK')
        for (const name of NEEDED) assert.ok(first.has(name), name)
        assert.match(first.get('oc:fileid') ?? '', /^\d+$/)
        assert.match(first.get('d:getetag') ?? '', /^&quot;[^&]+&quot;$/)
        assert.ok(others.includes('x1:share-permissions') && others.includes('x2:share-permissions'), others.join())
      }
      const [, file, folder] = entries
      assert.equal(file?.first.get('d:getcontentlength'), '5')
      assert.equal(file?.first.get('d:resourcetype'), '')
      assert.equal(folder?.first.get('d:resourcetype'), '<d:collection/>')
    })

    test('a folder that was listed with two slashes has one in its addresses', async () => {
      const [first] = await list(client, `/remote.php/dav/files/${USER}//list/`)
      assert.equal(first?.href, `${FILES}/list/`)
    })

    test('a large folder comes in pages: token and total, the folder as the first entry, nothing twice and nothing left out', async () => {
      await send('MKCOL', `${FILES}/paged`, 201)
      for (let number = 0; number < 25; number++) await send('PUT', `${FILES}/paged/${number}.txt`, 201, { body: 'x' })
      const seen: string[] = []
      let token: string | undefined
      let total = 0
      for (let offset = 0; offset === 0 || offset < total; offset += 10) {
        const headers = {
          'x-nc-paginate': 'true',
          'x-nc-paginate-count': '10',
          'x-nc-paginate-offset': String(offset),
          ...(token === undefined ? {} : { 'x-nc-paginate-token': token }),
        }
        const answer = await send('PROPFIND', `${FILES}/paged`, 207, {
          headers: { depth: '1', ...headers },
          body: PROPFIND,
        })
        assert.equal(answer.headers['x-nc-paginate'], 'true')
        token = String(answer.headers['x-nc-paginate-token'])
        assert.match(token, /^[\w-]+$/)
        total = Number(answer.headers['x-nc-paginate-total'])
        assert.equal(total, 26)
        const page = literalResponses(answer.text).map(({ href }) => href)
        assert.equal(page.length, Math.min(10, total - offset))
        seen.push(...page)
      }
      assert.equal(seen[0], `${FILES}/paged/`)
      assert.equal(new Set(seen).size, 26)
      assert.deepEqual([...seen].sort(), (await list(client, `${FILES}/paged`)).map(({ href }) => href).sort())
      const alone = await send('PROPFIND', `${FILES}/paged`, 207, {
        headers: { depth: '0', 'x-nc-paginate': 'true' },
        body: PROPFIND,
      })
      assert.equal(alone.headers['x-nc-paginate'], undefined, 'one entry has no pages')
    })

    test('an upload: times with a fraction, folders made on the way, an Overwrite that means nothing', async () => {
      const answer = await send('PUT', `${FILES}/2024/07/photo.jpg`, 201, {
        headers: {
          'x-oc-ctime': '1700000000.25',
          'x-oc-mtime': '1700000001.75',
          'x-nc-webdav-auto-mkcol': '1',
          overwrite: 'true',
          'content-type': 'image/jpeg',
        },
        body: 'jpeg',
      })
      assert.equal(answer.headers['x-oc-mtime'], 'accepted')
      assert.equal(answer.headers['x-oc-ctime'], 'accepted')
      assert.match(String(answer.headers['oc-fileid']), /^\d{8,}[a-z][a-z0-9]{11}$/)
      assert.equal(answer.headers['oc-etag'], answer.headers['etag'])
      const [file] = await list(client, `${FILES}/2024/07/photo.jpg`)
      assert.equal(file?.first.get('d:getlastmodified'), 'Tue, 14 Nov 2023 22:13:21 GMT')
      assert.equal(file?.first.get('nc:creation_time'), '1700000000')
      assert.equal(`&quot;${String(answer.headers['etag']).slice(1, -1)}&quot;`, file?.first.get('d:getetag'))
      await send('PUT', `${FILES}/nowhere/photo.jpg`, 404, { body: 'jpeg' })
    })

    test('a chunked upload: a UUID, pieces 1 to 12 without zeros, total and times everywhere, If-Match on the MOVE alone', async () => {
      await send('MKCOL', `${FILES}/chunked`, 201)
      const target = `${FILES}/chunked/film.mov`
      const upload = async (content: string, wanted: number, conditions: Record<string, string>) => {
        const folder = `${UPLOADS}/${crypto.randomUUID().toUpperCase()}`
        const headers = {
          destination: `http://cloud.test${target}`,
          'oc-total-length': String(content.length),
          'x-oc-ctime': '1600000000.5',
          'x-oc-mtime': '1600000002.5',
        }
        await send('PROPFIND', folder, 404, { headers: { depth: '0' } })
        await send('MKCOL', folder, 201, { headers })
        const pieces = [...content].map((_, index) => index + 1)
        for (const number of pieces.toReversed()) {
          await send('PUT', `${folder}/${number}`, 201, { headers, body: content[number - 1] ?? '' })
        }
        const done = await send('MOVE', `${folder}/.file`, wanted, { headers: { ...headers, ...conditions } })
        return { folder, done }
      }
      const { done } = await upload('abcdefghijkl', 201, {})
      assert.equal(done.headers['x-oc-mtime'], 'accepted')
      assert.match(String(done.headers['oc-fileid']), /^\d{8,}/)
      assert.equal(done.headers['oc-etag'], done.headers['etag'])
      assert.match(String(done.headers['date']), /GMT$/)
      assert.equal((await send('GET', target, 200)).text, 'abcdefghijkl', 'in the order of their numbers')

      const { folder } = await upload('refused', 412, { 'if-match': '"another"' })
      assert.equal((await send('GET', target, 200)).text, 'abcdefghijkl')
      await send('PROPFIND', folder, 207, { headers: { depth: '1' } })
      const again = await send('MOVE', `${folder}/.file`, 204, {
        headers: {
          destination: `http://cloud.test${target}`,
          'oc-total-length': '7',
          'if-match': String(done.headers['etag']),
        },
      })
      assert.equal(again.headers['oc-fileid'], done.headers['oc-fileid'], 'a new version of the same file')
      assert.equal((await send('GET', target, 200)).text, 'refused')
    })

    test('the media tab: pictures and films between two dates, newest first, in pages', async () => {
      await send('MKCOL', `${FILES}/media`, 201)
      const make = (name: string, mtime: number) =>
        send('PUT', `${FILES}/media/${name}`, 201, { headers: { 'x-oc-mtime': `${mtime}.0` }, body: name })
      for (let day = 0; day < 7; day++)
        await make(`p${day}.${day % 2 === 0 ? 'jpg' : 'mov'}`, 1_500_000_000 + day * 86_400)
      await make('p8.txt', 1_500_000_000 + 2 * 86_400)
      const literal = (name: string, by: string, value: string): string =>
        `<d:${by}><d:prop>${name}</d:prop><d:literal>${value}</d:literal></d:${by}>`
      const media = `<d:or>${literal('<d:getcontenttype/>', 'like', 'image/%')}${literal('<d:getcontenttype/>', 'like', 'video/%')}</d:or>`
      const dates = `<d:or><d:and>${literal('<d:getlastmodified/>', 'lt', '2017-07-19T12:00:00Z')}${literal('<d:getlastmodified/>', 'gt', '2017-07-14T12:00:00Z')}</d:and></d:or>`
      const order =
        '<d:order><d:prop><d:getlastmodified/></d:prop><d:descending/></d:order><d:order><d:prop><d:displayname/></d:prop><d:descending/></d:order>'
      const where = `<d:and>${media}${dates}</d:and>`
      const names = async (headers: Record<string, string>, limit: string): Promise<string[]> => {
        const answer = await send('SEARCH', '/remote.php/dav', 207, { headers, body: search(where, order, limit) })
        return literalResponses(answer.text).map(({ href }) => href.slice(href.lastIndexOf('/') + 1))
      }
      assert.deepEqual(await names({}, ''), ['p5.mov', 'p4.jpg', 'p3.mov', 'p2.jpg', 'p1.mov'])
      assert.deepEqual(await names({}, '<d:limit><d:nresults>2</d:nresults></d:limit>'), ['p5.mov', 'p4.jpg'])
      const page = { 'x-nc-paginate': 'true', 'x-nc-paginate-count': '2' }
      assert.deepEqual(await names({ ...page, 'x-nc-paginate-offset': '2' }, ''), ['p3.mov', 'p2.jpg'])
      const last = await send('SEARCH', '/remote.php/dav', 207, {
        headers: { ...page, 'x-nc-paginate-offset': '4' },
        body: search(where, order, '<d:limit><d:nresults>100</d:nresults></d:limit>'),
      })
      assert.equal(literalResponses(last.text).length, 1)
      assert.equal(last.headers['x-nc-paginate-total'], '5')
    })

    test('a file by its id, as notifications and links name it', async () => {
      const answer = await send('PUT', `${FILES}/by-id.txt`, 201, { body: 'x' })
      const fileId = Number.parseInt(String(answer.headers['oc-fileid']), 10)
      for (const [name, value] of [
        ['<fileid xmlns="http://owncloud.org/ns"/>', String(fileId)],
        ['<id xmlns="http://owncloud.org/ns"/>', String(answer.headers['oc-fileid'])],
      ]) {
        const where = `<d:eq><d:prop>${name}</d:prop><d:literal>${value}</d:literal></d:eq>`
        const found = await send('SEARCH', '/remote.php/dav', 207, { body: search(where, '') })
        assert.deepEqual(
          literalResponses(found.text).map(({ href }) => href),
          [`${FILES}/by-id.txt`],
        )
      }
    })

    test('favourites: set, listed over the whole home, taken back', async () => {
      await send('PUT', `${FILES}/starred.txt`, [201, 204], { body: 'x' })
      const set = (value: string): string => `<?xml version="1.0"?>
<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:set><d:prop><oc:favorite>${value}</oc:favorite></d:prop></d:set></d:propertyupdate>`
      const report = `<?xml version="1.0"?>
<oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"><d:prop>${PROPERTIES}</d:prop><oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>`
      const starred = async (): Promise<string[]> =>
        literalResponses((await send('REPORT', FILES, 207, { body: report })).text).map(({ href }) => href)
      const { headers } = await send('PROPFIND', `${FILES}/starred.txt`, 207, {
        headers: { depth: '0' },
        body: PROPFIND,
      })
      assert.equal(headers['content-type'], 'application/xml; charset=utf-8')
      const [before] = await list(client, `${FILES}/starred.txt`)
      await send('PROPPATCH', `${FILES}/starred.txt`, 207, { body: set('1') })
      assert.deepEqual(await starred(), [`${FILES}/starred.txt`])
      const [marked] = await list(client, `${FILES}/starred.txt`)
      assert.equal(marked?.first.get('oc:favorite'), '1')
      assert.equal(marked?.first.get('d:getetag'), before?.first.get('d:getetag'), 'no reason to download it again')
      await send('PROPPATCH', `${FILES}/starred.txt`, 207, { body: set('0') })
      assert.deepEqual(await starred(), [])
    })
  },
  COMMON,
)
