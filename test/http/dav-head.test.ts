import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDavApp, type DavApp, FILES, LOCKINFO, propfind, stopShared } from '../helpers/dav.ts'

describe('HEAD says what GET says, without the body (RFC 9110 section 9.3.2)', () => {
  let dav: DavApp
  let link = ''
  let etag = ''
  before(async () => {
    dav = await createDavApp()
    for (const [name, sizeBytes] of [
      ['/empty.txt', 0],
      ['/small.txt', 900],
      ['/large.mp4', 300_000],
    ] as const) {
      const answer = await dav.send('PUT', name, { 'oc-checksum': '' }, 'x'.repeat(sizeBytes))
      etag = String(answer.headers['etag'])
    }
    await dav.send('MKCOL', '/remote.php/dav/uploads/admin/up')
    await dav.send('PUT', '/remote.php/dav/uploads/admin/up/1', {}, 'chunk')
    await dav.send('LOCK', '/small.txt', {}, LOCKINFO)
    const { text } = await dav.send('PROPFIND', '/large.mp4', { depth: '0' }, propfind('oc:fileid'))
    const fileId = /<oc:fileid>(\d+)</.exec(text)?.[1] ?? ''
    const direct = '/ocs/v2.php/apps/dav/api/v1/direct?format=json'
    const headers = { 'ocs-apirequest': 'true', 'content-type': 'application/json' }
    link = new URL((await dav.send('POST', direct, headers, JSON.stringify({ fileId }))).json().ocs.data.url).pathname
  })
  after(async () => {
    await dav.close()
    await stopShared()
  })

  const files: [path: string, headers: () => Readonly<Record<string, string>>, status: number][] = [
    ['/empty.txt', () => ({}), 200],
    ['/small.txt', () => ({}), 200],
    ['/large.mp4', () => ({}), 200],
    ['/small.txt', () => ({ range: 'bytes=3-9' }), 206],
    ['/large.mp4', () => ({ range: 'bytes=-5' }), 206],
    ['/large.mp4', () => ({ range: 'bytes=9-', 'if-range': etag }), 206],
    ['/large.mp4', () => ({ range: 'bytes=9-', 'if-range': '"other"' }), 200],
    ['/small.txt', () => ({ range: 'bytes=0-1,4-5' }), 200],
    ['/small.txt', () => ({ range: 'bytes=900-' }), 416],
    ['/large.mp4', () => ({ 'if-none-match': etag }), 304],
    ['/large.mp4', () => ({ 'if-match': '"other"' }), 412],
    ['/large.mp4', () => ({ 'if-modified-since': new Date(Date.now() + 1e9).toUTCString() }), 304],
    ['/large.mp4', () => ({ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }), 412],
    ['/none', () => ({}), 404],
    ['/none/deeper', () => ({}), 404],
    ['/small.txt/below', () => ({}), 404],
    ['/folder', () => ({}), 200],
    ['/', () => ({}), 200],
    ['/large.mp4', () => ({ authorization: 'Basic bm86bm8=' }), 401],
    ['/large.mp4', () => ({ authorization: '' }), 401],
    [`${FILES}/bob/secret`, () => ({}), 404],
    ['/remote.php/webdav/large.mp4', () => ({}), 200],
    ['/remote.php/webdav/', () => ({}), 200],
    ['/remote.php/dav/', () => ({}), 200],
    ['/remote.php/dav/files/', () => ({}), 200],
    ['/remote.php/dav/principals/users/admin/', () => ({}), 200],
    ['/remote.php/dav/uploads/admin/up', () => ({}), 200],
    ['/remote.php/dav/uploads/admin/up/1', () => ({}), 405],
    ['/remote.php/direct/', () => ({}), 501],
    [`/remote.php/direct/${'x'.repeat(60)}`, () => ({}), 404],
    ['/remote.php/nothing', () => ({}), 404],
  ]
  for (const [path, headers, status] of files) {
    test(`${path} ${JSON.stringify(Object.keys(headers()))}: ${status}`, () => assertSame(path, headers(), status))
  }
  for (const [range, status] of [
    [undefined, 200],
    ['bytes=0-9', 206],
    ['bytes=400000-', 416],
  ] as const) {
    test(`a direct link, ${range ?? 'whole'}: ${status}`, async () => {
      await assertSame(link, { authorization: '', ...(range === undefined ? {} : { range }) }, status)
    })
  }

  async function assertSame(path: string, headers: Readonly<Record<string, string>>, status: number): Promise<void> {
    const got = await dav.send('GET', path, headers)
    const head = await dav.send('HEAD', path, headers)
    assert.equal(got.status, status, got.text.slice(0, 300))
    assert.equal(head.status, status)
    assert.equal(head.text, '')
    const kept = ({ headers }: typeof got) => {
      const { date: _, 'x-request-id': __, 'transfer-encoding': ___, connection: ____, ...others } = headers
      return others
    }
    assert.deepEqual(kept(head), kept(got))
  }
})
