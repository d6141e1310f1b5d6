import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OCS } from '../helpers/test-app.ts'
import { describeHabits, FILES, literalResponses, USER } from './client.ts'

// Requests as file managers and mounts of Linux send them. GNOME: GNOME/gvfs, daemon/gvfsbackenddav.c. KDE: KDE/kio,
// ioslaves/http. davfs2 and cadaver use neon: the addresses and tokens of their If headers are neon's. DAVx5 looks for
// calendars first. davfs2 and cadaver themselves run in test/clients.

const XML = { 'content-type': 'application/xml' }
const propfind = (names: readonly string[]): string =>
  `<?xml version="1.0" encoding="utf-8" ?>\n <D:propfind xmlns:D="DAV:">\n  <D:prop>\n${names
    .map((name) => `<D:${name}/>\n`)
    .join('')}  </D:prop>\n </D:propfind>`
const GNOME_LIST = propfind([
  ...['creationdate', 'displayname', 'getcontentlength', 'getcontenttype', 'getetag', 'getlastmodified'],
  'resourcetype',
])
const NEON_LOCK = `<?xml version="1.0" encoding="utf-8"?>\n<lockinfo xmlns='DAV:'>\n <lockscope><exclusive/></lockscope>\n<locktype><write/></locktype><owner>ann</owner>\n</lockinfo>\n`

describeHabits('file managers', (client) => {
  const { send } = client
  const look = async (path: string, depth: string, body?: string) => {
    const sent = { headers: { ...XML, depth }, ...(body === undefined ? {} : { body }) }
    return literalResponses((await send('PROPFIND', path, 207, sent)).text)
  }

  test('GNOME opens a place: what it can, what it is, and how far up WebDAV goes', async () => {
    const { headers } = await send('OPTIONS', `${FILES}/`, 200)
    assert.match(String(headers['dav']), /(?:^|, )1(?:,|$)/)
    const [root] = await look(`${FILES}/`, '0', propfind(['resourcetype', 'getcontentlength']))
    assert.equal(root?.first.get('d:resourcetype'), '<d:collection/>')
    // It goes up until it is told that there is nothing: by any status but one that would mean trouble.
    for (const above of ['/remote.php/dav/files/', '/remote.php/dav/', '/remote.php/', '/']) {
      const body = propfind(['resourcetype'])
      await send('PROPFIND', above, [207, 404, 405], { headers: { ...XML, depth: '0' }, body })
    }
    const [quota] = await look(`${FILES}/`, '0', propfind(['quota-available-bytes', 'quota-used-bytes']))
    assert.match(quota?.first.get('d:quota-used-bytes') ?? '', /^\d+$/)
  })

  test('GNOME saves a file over the version it knows, and replaces none that is newer', async () => {
    await send('MKCOL', `${FILES}/gnome`, 201)
    const first = await send('PUT', `${FILES}/gnome/notes.txt`, 201, { body: 'first' })
    const etag = String(first.headers['etag'])
    const [folder, file] = await look(`${FILES}/gnome`, '1', GNOME_LIST)
    assert.equal(folder?.href, `${FILES}/gnome/`)
    assert.equal(file?.first.get('d:getetag'), etag.replaceAll('"', '&quot;'))
    assert.equal(file?.first.get('d:displayname'), 'notes.txt')
    assert.match(file?.first.get('d:creationdate') ?? '', /^\d{4}-\d\d-\d\dT/)
    await send('PUT', `${FILES}/gnome/notes.txt`, 204, { headers: { 'if-match': etag }, body: 'second' })
    await send('PUT', `${FILES}/gnome/notes.txt`, 412, { headers: { 'if-match': etag }, body: 'third' })
    const onto = { destination: `http://cloud.test${FILES}/gnome/notes.txt`, overwrite: 'F' }
    await send('PUT', `${FILES}/gnome/other.txt`, 201, { body: 'other' })
    await send('MOVE', `${FILES}/gnome/other.txt`, 412, { headers: onto })
    await send('MOVE', `${FILES}/gnome/other.txt`, 204, { headers: { ...onto, overwrite: 'T' } })
    assert.equal((await send('GET', `${FILES}/gnome/notes.txt`, 200)).text, 'other')
  })

  test('KDE asks without a body, and for everything by name; a property that is there twice comes once', async () => {
    await send('PUT', `${FILES}/kde.txt`, 201, { body: 'kde' })
    const [all] = await look(`${FILES}/kde.txt`, '0')
    for (const name of ['d:getcontentlength', 'd:getlastmodified', 'd:getetag', 'd:resourcetype', 'd:getcontenttype']) {
      assert.ok(all?.first.has(name), name)
    }
    const names = [
      ...['creationdate', 'getcontentlength', 'displayname', 'source', 'getcontentlanguage', 'getcontenttype'],
      ...['executable', 'getlastmodified', 'getetag', 'supportedlock', 'lockdiscovery', 'resourcetype', 'resourcetype'],
    ]
    const [named] = await look(`${FILES}/kde.txt`, '0', propfind(names))
    assert.equal(named?.first.get('d:getcontentlength'), '3')
    assert.equal(named?.first.get('d:lockdiscovery'), '')
    assert.match(named?.first.get('d:supportedlock') ?? '', /<d:lockentry>/)
    assert.deepEqual([...(named?.others ?? [])].sort(), ['d:executable', 'd:getcontentlanguage', 'd:source'])
    const headers = { destination: `http://cloud.test${FILES}/kde%20copy.txt`, overwrite: 'F', depth: 'infinity' }
    await send('COPY', `${FILES}/kde.txt`, 201, { headers })
    await send('MOVE', `${FILES}/kde%20copy.txt`, 204, {
      headers: { ...headers, destination: `http://cloud.test${FILES}/kde.txt`, overwrite: 'T' },
    })
  })

  test('davfs2 locks before it writes, names the lock with the address of the file, and keeps it alive', async () => {
    const path = `${FILES}/davfs%20file.txt`
    const held = (token: string) => ({ if: `<http://cloud.test${path}> (<${token}>)` })
    const lock = { headers: { ...XML, depth: '0', timeout: 'Second-1800' }, body: NEON_LOCK }
    const answer = await send('LOCK', path, 201, lock)
    const token = /<(opaquelocktoken:[^>]+)>/.exec(String(answer.headers['lock-token']))?.[1] ?? ''
    assert.match(answer.text, new RegExp(`<d:locktoken><d:href>${token}</d:href></d:locktoken>`))
    const head = await send('HEAD', path, 200)
    assert.equal(head.headers['content-length'], '0')
    const put = await send('PUT', path, 204, { headers: held(token), body: 'written by a mount' })
    client.app.clock.advance(1_799_000)
    await send('LOCK', path, 200, { headers: { ...held(token), timeout: 'Second-1800' } })
    client.app.clock.advance(1_799_000)
    // After a write it looks whether what is there is its own.
    assert.equal((await send('HEAD', path, 200)).headers['etag'], put.headers['etag'])
    await send('PUT', path, 423, { body: 'of another' })
    await send('PUT', path, 204, {
      headers: { ...held(token), expect: '100-continue' },
      body: 'once more',
    })
    const executable = `<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><executable xmlns="http://apache.org/dav/props/">T</executable></D:prop></D:set></D:propertyupdate>`
    await send('PROPPATCH', path, 207, { headers: { ...XML, ...held(token) }, body: executable })
    await send('MOVE', path, 201, {
      headers: { ...held(token), destination: `http://cloud.test${FILES}/davfs.txt`, overwrite: 'F' },
    })
    // A lock does not move along (RFC 4918 section 7.5).
    await send('PUT', `${FILES}/davfs.txt`, 204, { body: 'free' })
    const conditions = { 'if-none-match': '*', if: '(Not <DAV:no-lock>)' }
    await send('PUT', `${FILES}/davfs.txt`, 412, { headers: conditions, body: 'x' })
  })

  test('DAVx5 finds no calendars and no contacts, and says so instead of trying again', async () => {
    for (const service of ['caldav', 'carddav']) {
      const { status } = await client.app.request({ method: 'PROPFIND', url: `/.well-known/${service}` })
      assert.ok([404, 405].includes(status), String(status))
    }
    const { headers } = await send('OPTIONS', '/remote.php/dav/', 200)
    assert.doesNotMatch(String(headers['dav']), /calendar-access|addressbook/)
    const homes = `<propfind xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:CARD="urn:ietf:params:xml:ns:carddav"><prop><current-user-principal/><CAL:calendar-home-set/><CARD:addressbook-home-set/></prop></propfind>`
    for (const path of ['/remote.php/dav/', `/remote.php/dav/principals/users/${USER}/`]) {
      const [found] = await look(path, '0', homes)
      assert.match(found?.first.get('d:current-user-principal') ?? '', new RegExp(`/principals/users/${USER}/`))
      assert.equal(found?.others.length, 2)
    }
    await send('PROPFIND', `/remote.php/dav/calendars/${USER}/`, 404, { headers: { depth: '1' } })
    const capabilities = await client.app.request({ url: '/ocs/v2.php/cloud/capabilities?format=json', headers: OCS })
    assert.doesNotMatch(capabilities.text, /caldav|calendar/)
  })
})
