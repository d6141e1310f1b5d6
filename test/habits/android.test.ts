import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OCS } from '../helpers/test-app.ts'
import { describeHabits, FILES, literalResponses, PASSWORD, recordedBody, UPLOADS, USER } from './client.ts'

// Requests as Nextcloud's Android app sends them, read in its library (nextcloud/android-library, MIT licence):
// WebdavUtils (what it asks for), UploadFileRemoteOperation, ChunkedFileUploadRemoteOperation, NcSearchMethod,
// StreamMediaFileRemoteOperation; favourites as words are also in nextcloud/server#3772.

const COMMON = { 'user-agent': 'Mozilla/5.0 (Android) Nextcloud-android/3.33.0' }
const XML = { 'content-type': 'text/xml; charset=UTF-8' }

/** jackrabbit's way to write names: each with its namespace on itself. */
const propfind = (names: Readonly<Record<string, readonly string[]>>): string =>
  `<?xml version="1.0" encoding="UTF-8"?><D:propfind xmlns:D="DAV:"><D:prop>${Object.entries(names)
    .flatMap(([namespace, some]) =>
      some.map((name) => (namespace === 'DAV:' ? `<D:${name}/>` : `<${name} xmlns="${namespace}"/>`)),
    )
    .join('')}</D:prop></D:propfind>`

const OC_NS = 'http://owncloud.org/ns'
const NC_NS = 'http://nextcloud.org/ns'
const DAV_NAMES = [
  'displayname',
  'getcontenttype',
  'resourcetype',
  'getcontentlength',
  'getlastmodified',
  'creationdate',
  'getetag',
]

/** Of folders, and the shorter one of single files; and of what is there of an upload, as older and newer versions ask. */
const ALL = propfind({
  'DAV:': DAV_NAMES,
  [OC_NS]: ['permissions', 'id', 'fileid', 'size', 'favorite', 'owner-id', 'owner-display-name', 'comments-unread'],
  [NC_NS]: [
    ...['is-encrypted', 'mount-type', 'has-preview', 'note', 'sharees', 'rich-workspace', 'creation_time'],
    ...['upload_time', 'lock', 'lock-owner', 'lock-owner-type', 'lock-time', 'lock-timeout', 'system-tags', 'hidden'],
  ],
})
const FILE = propfind({
  'DAV:': DAV_NAMES,
  [OC_NS]: ['permissions', 'id', 'fileid', 'size', 'favorite'],
  [NC_NS]: ['has-preview', 'sharees', 'creation_time', 'upload_time'],
})
const CHUNKS = [
  propfind({ 'DAV:': ['getcontenttype', 'resourcetype'] }),
  propfind({ 'DAV:': ['getcontenttype', 'resourcetype', 'getcontentlength'] }),
]

/** The prefix `oc` is declared twice, for another namespace at the root: so does the app. */
const search = (where: string, more = ''): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="no"?><d:searchrequest xmlns:d="DAV:" xmlns:oc="http://nextcloud.com/ns"><d:basicsearch><d:select><d:prop><d:displayname/><d:creationdate/><oc:size xmlns:oc="${OC_NS}"/><d:getcontenttype/><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/><oc:id xmlns:oc="${OC_NS}"/><oc:favorite xmlns:oc="${OC_NS}"/><oc:permissions xmlns:oc="${OC_NS}"/></d:prop></d:select><d:from><d:scope><d:href>/files/${USER}</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where>${where}</d:where>${more}</d:basicsearch></d:searchrequest>`
const compare = (by: string, name: string, literal: string): string =>
  `<d:${by}><d:prop>${name}</d:prop><d:literal>${literal}</d:literal></d:${by}>`
const MTIME = '<d:getlastmodified/>'
const NEWEST = `<d:orderby><d:order><d:prop>${MTIME}</d:prop><d:descending/></d:order></d:orderby>`
const MEDIA = `<d:or>${compare('like', '<d:getcontenttype/>', 'image/%')}${compare('like', '<d:getcontenttype/>', 'video/%')}</d:or>`

const DAY = 86_400
const FIRST = 1_700_000_000

describeHabits(
  'Android',
  (client) => {
    const { send } = client

    test('a listing: what an entry cannot do without, in all sets of properties it has asked for', async () => {
      await send('MKCOL', `${FILES}/list`, 201)
      await send('PUT', `${FILES}/list/a.txt`, 201, { body: 'hello' })
      const sets = [ALL, FILE, recordedBody('webdav-files', 'Mobile client: folder, depth 1')]
      for (const body of sets) {
        // An address with two slashes is what older versions make of the root.
        for (const path of [`${FILES}/list/`, `${FILES}//list`]) {
          const answer = await send('PROPFIND', path, 207, { headers: { ...XML, depth: '1' }, body })
          const [folder, file, ...others] = literalResponses(answer.text)
          assert.deepEqual(others, [])
          assert.deepEqual([folder?.href, file?.href], [`${FILES}/list/`, `${FILES}/list/a.txt`])
          assert.equal(file?.first.get('d:getcontentlength'), '5')
          assert.match(file?.first.get('d:getetag') ?? '', /^&quot;[^&]+&quot;$/)
          assert.match(file?.first.get('oc:id') ?? '', /^\d{8,}[a-z][a-z0-9]{11}$/)
          assert.match(file?.first.get('oc:fileid') ?? '', /^\d+$/)
          assert.equal(file?.first.get('oc:permissions'), 'RGDNVW')
          assert.equal(folder?.first.get('oc:permissions'), 'RGDNVCK')
          assert.equal(file?.first.get('oc:favorite'), '0')
          assert.equal(file?.first.get('d:getcontenttype'), 'text/plain')
        }
      }
    })

    test('an upload: total, times and a hash of its own; again only over the version it knows', async () => {
      const sent = {
        'oc-total-length': '4',
        'x-oc-mtime': String(FIRST),
        'x-oc-ctime': String(FIRST - 1),
        'x-content-hash': 'ignored',
        'content-type': 'image/jpeg',
      }
      const first = await send('PUT', `${FILES}/photo.jpg`, 201, { headers: sent, body: 'jpeg' })
      const etag = String(first.headers['etag'])
      assert.match(etag, /^"[^"]+"$/)
      await send('PUT', `${FILES}/photo.jpg`, 412, { headers: { ...sent, 'if-match': '"another"' }, body: 'JPEG' })
      await send('PUT', `${FILES}/photo.jpg`, 204, { headers: { ...sent, 'if-match': etag }, body: 'JPEG' })
      await send('PUT', `${FILES}/cut.jpg`, 400, { headers: { ...sent, 'oc-total-length': '5' }, body: 'jpeg' })
      await send('HEAD', `${FILES}/cut.jpg`, 404)
      const answer = await send('PROPFIND', `${FILES}/photo.jpg`, 207, { headers: { ...XML, depth: '0' }, body: FILE })
      const [file] = literalResponses(answer.text)
      assert.equal(file?.first.get('d:getlastmodified'), new Date(FIRST * 1_000).toUTCString())
      assert.equal(file?.first.get('nc:creation_time'), String(FIRST - 1))
    })

    test('a chunked upload that was interrupted: six digits, no total length, and it goes on behind what is there', async () => {
      const folder = `${UPLOADS}/0cc175b9c0f1b6a831c399e269772661`
      const destination = { destination: `http://cloud.test${FILES}/f%C3%BClm.mp4` }
      const chunk = (number: number, body: string) =>
        send('PUT', `${folder}/${String(number).padStart(6, '0')}`, 201, { headers: destination, body })
      await send('MKCOL', folder, 201, { headers: destination })
      await chunk(1, 'first ')
      await chunk(2, 'second ')

      // The app was killed: it begins again, with the same name, since that is the MD5 of the file.
      await send('MKCOL', folder, 405, { headers: destination })
      for (const body of CHUNKS) {
        const there = await send('PROPFIND', folder, 207, { headers: { ...XML, depth: '1' }, body })
        const chunks = literalResponses(there.text).filter(({ href }) => /\/\d{1,6}$/.test(href))
        assert.deepEqual(
          chunks.map(({ href }) => href),
          [`${folder}/000001`, `${folder}/000002`],
        )
        assert.ok(chunks.every(({ first }) => first.get('d:resourcetype') === ''))
        if (body === CHUNKS[1])
          assert.deepEqual(
            chunks.map(({ first }) => first.get('d:getcontentlength')),
            ['6', '7'],
          )
      }
      await chunk(3, 'third')
      const headers = { ...destination, overwrite: 'T', 'x-oc-mtime': String(FIRST), 'x-oc-ctime': String(FIRST) }
      const done = await send('MOVE', `${folder}/.file`, 201, { headers })
      // The network was gone when the answer came.
      const again = await send('MOVE', `${folder}/.file`, 201, { headers })
      for (const name of ['etag', 'oc-etag', 'oc-fileid']) assert.equal(again.headers[name], done.headers[name])
      const file = await send('GET', `${FILES}/f%C3%BClm.mp4`, 200)
      assert.equal(file.text, 'first second third')
      assert.equal(file.headers['last-modified'], new Date(FIRST * 1_000).toUTCString())
    })

    test('gallery, recent files, favourites, names, ids, folders: each search as the app writes it', async () => {
      await send('MKCOL', `${FILES}/search`, 201)
      for (const [index, name] of ['a.jpg', 'b.mp4', 'c.txt', 'd.png'].entries()) {
        const headers = { 'x-oc-mtime': String(1_400_000_000 + index * DAY) }
        await send('PUT', `${FILES}/search/${name}`, 201, { headers, body: name })
      }
      const found = async (where: string, more = NEWEST): Promise<string[]> => {
        const answer = await send('SEARCH', '/remote.php/dav/', 207, { headers: XML, body: search(where, more) })
        const entries = literalResponses(answer.text)
        assert.ok(
          entries.every(({ first }) => first.has('oc:id') && first.has('oc:favorite')),
          answer.text,
        )
        return entries.map(({ href }) => href.slice(`${FILES}/search/`.length))
      }
      const until = (days: number): string => compare('lt', MTIME, String(1_400_000_000 + days * DAY))
      const since = compare('gt', MTIME, '1399999999')
      assert.deepEqual(await found(`<d:and>${until(4)}${since}${MEDIA}</d:and>`), ['d.png', 'b.mp4', 'a.jpg'])
      assert.deepEqual(await found(`<d:and>${until(1)}${MEDIA}</d:and>`), ['a.jpg'])
      const limit = `${NEWEST}<d:limit><d:nresults>2</d:nresults></d:limit>`
      assert.deepEqual(await found(`<d:and>${until(4)}${since}${MEDIA}</d:and>`, limit), ['d.png', 'b.mp4'])
      assert.deepEqual(await found(compare('like', '<d:displayname/>', '%C.tx%'), '<d:orderby/>'), ['c.txt'])
      for (const [index, name] of ['Übersicht.txt', 'ΆΛΦΑ.txt', 'Ёлка.txt'].entries()) {
        await send('PUT', `${FILES}/search/${encodeURIComponent(name)}`, 201, { body: name })
        const looked = ['%üBERS%', '%άλφα%', '%ёЛК%'][index] ?? ''
        const [only, ...others] = await found(compare('like', '<d:displayname/>', looked), '<d:orderby/>')
        assert.deepEqual([decodeURIComponent(only ?? ''), others], [name, []], looked)
      }
      const week = new Date(client.app.clock.nowMs() - 7 * DAY * 1_000).toISOString().replace(/\.\d+Z$/, 'Z')
      assert.ok(!(await found(compare('gt', MTIME, week))).includes('c.txt'))

      const favourite = `<oc:favorite xmlns:oc="${OC_NS}"/>`
      const set = (value: string) =>
        send('PROPPATCH', `${FILES}/search/c.txt`, 207, {
          headers: XML,
          body: `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><favorite xmlns="${OC_NS}">${value}</favorite></D:prop></D:set></D:propertyupdate>`,
        })
      await set('1')
      for (const literal of ['yes', '1', 'true']) {
        assert.deepEqual(await found(compare('eq', favourite, literal), '<d:orderby/>'), ['c.txt'], literal)
      }
      assert.ok(!(await found(compare('eq', favourite, 'no'), '<d:orderby/>')).includes('c.txt'))
      await set('0')
      assert.deepEqual(await found(compare('eq', favourite, 'yes'), '<d:orderby/>'), [])

      const { headers } = await send('HEAD', `${FILES}/search/b.mp4`, 200)
      assert.ok(headers['etag'])
      const listed = await send('PROPFIND', `${FILES}/search/b.mp4`, 207, { headers: { depth: '0' }, body: FILE })
      const id = literalResponses(listed.text)[0]?.first.get('oc:fileid') ?? ''
      assert.deepEqual(await found(compare('eq', `<oc:fileid xmlns:oc="${OC_NS}"/>`, id), '<d:orderby/>'), ['b.mp4'])
      const folders = `<d:and><d:is-collection/>${compare('like', '<d:displayname/>', '%earc%')}</d:and>`
      assert.deepEqual(await found(folders, '<d:orderby/>'), [''])
    })

    test('a film to be played: a link for the player, which knows no password', async () => {
      const { headers } = await send('PUT', `${FILES}/play.mp4`, 201, { body: 'not really a film' })
      const answer = await client.app.request({
        method: 'POST',
        url: '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
        headers: { ...COMMON, ...OCS, 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
        as: [USER, PASSWORD],
        body: `fileId=${Number.parseInt(String(headers['oc-fileid']), 10)}`,
      })
      const url = new URL(answer.json().ocs.data.url)
      const part = await client.app.request({ url: url.pathname, headers: { range: 'bytes=0-' } })
      assert.deepEqual([part.status, part.text], [206, 'not really a film'])
    })

    test('folders, moves and copies: what is there already is told by its own status', async () => {
      await send('MKCOL', `${FILES}/new/`, 201)
      await send('MKCOL', `${FILES}/new/`, 405)
      await send('MKCOL', `${FILES}/missing/new/`, 409)
      await send('PUT', `${FILES}/new/a.txt`, 201, { body: 'a' })
      await send('PUT', `${FILES}/new/b.txt`, 201, { body: 'b' })
      const onto = { destination: `http://cloud.test${FILES}/new/b.txt`, overwrite: 'F' }
      await send('MOVE', `${FILES}/new/a.txt`, 412, { headers: onto })
      await send('COPY', `${FILES}/new/a.txt`, 412, { headers: onto })
      await send('MOVE', `${FILES}/new/a.txt`, 201, { headers: { ...onto, destination: `${FILES}/new/c.txt` } })
      const wrong = await send('MOVE', `${FILES}/new/c.txt`, 400, {
        headers: { ...onto, destination: `http://cloud.test${FILES}/new/c%5Cd.txt` },
      })
      assert.match(
        wrong.text,
        /<s:exception>OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath</,
        'it tells the two apart',
      )
      await send('DELETE', `${FILES}/new/`, 204)
      await send('DELETE', `${FILES}/new/`, 404)
    })
  },
  COMMON,
)
