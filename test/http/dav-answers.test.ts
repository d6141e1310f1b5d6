import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDavApp, type DavApp, FILES, LOCKINFO, propfind } from '../helpers/dav.ts'

describe('answers over WebDAV', () => {
  let dav: DavApp
  before(async () => {
    dav = await createDavApp()
  })
  after(() => dav.close())

  const property = async (path: string, name: string): Promise<string | undefined> => {
    const { text } = await dav.send('PROPFIND', path, { depth: '0' }, propfind(name))
    return new RegExp(`<${name}>([^<]*)<`).exec(text)?.[1]
  }

  test('say that ranges may be asked for, with the whole and with a part (RFC 9110 section 14.3)', async () => {
    for (const headers of [{}, { range: 'bytes=0-1' }]) {
      assert.equal((await dav.send('GET', '/file', headers)).headers['accept-ranges'], 'bytes')
    }
  })

  test('list a file by itself at every depth, and a chunk as well (RFC 4918 section 9.1)', async () => {
    const upload = '/remote.php/dav/uploads/admin/up'
    await dav.send('MKCOL', upload)
    await dav.send('PUT', `${upload}/1`, {}, 'one')
    await dav.send('PUT', `${upload}/2`, {}, 'two')
    for (const path of [`${FILES}/admin/file`, `${upload}/1`]) {
      for (const depth of ['0', '1', 'infinity']) {
        const { status, text } = await dav.send('PROPFIND', path, { depth }, propfind('d:getetag'))
        assert.equal(status, 207)
        const hrefs = [...text.matchAll(/<d:href>([^<]*)</g)].map(([, href]) => href)
        assert.deepEqual(hrefs, [path], depth)
      }
    }
  })

  test('grant locks for half an hour, for as long as is asked, and never for more than a day', async () => {
    for (const [timeout, seconds] of [
      [undefined, 1_800],
      ['Second-90', 90],
      ['Second-0', 1],
      ['Second-4100000000', 86_400],
      ['Infinite, Second-4100000000', 86_400],
      ['Infinite', 86_400],
      ['Extend, Second-60', 60],
      ['nonsense', 1_800],
    ] as const) {
      const headers = timeout === undefined ? {} : { timeout }
      const granted = await dav.send('LOCK', '/file', headers, LOCKINFO)
      assert.equal(granted.status, 200)
      assert.match(granted.text, new RegExp(`<d:timeout>Second-${seconds}</d:timeout>`), timeout ?? 'none')
      const token = String(granted.headers['lock-token'])
      dav.app.clock.advance(seconds * 1_000 - 1)
      assert.equal((await dav.send('DELETE', '/file')).status, 423, 'it still holds')
      const again = await dav.send('LOCK', '/file', { ...headers, if: `(${token})` })
      assert.equal(again.status, 200, 'and begins anew')
      dav.app.clock.advance(seconds * 1_000 - 1)
      assert.equal((await dav.send('PUT', '/file', {}, 'content')).status, 423)
      dav.app.clock.advance(1)
      assert.equal((await dav.send('PUT', '/file', {}, 'content')).status, 204, 'then it has ended')
    }
  })

  test('tell the type by the name that a file has now', async () => {
    await dav.send('PUT', '/page.txt', {}, 'text')
    await dav.send('MOVE', '/page.txt', { destination: `${FILES}/admin/page.html` })
    assert.match(String((await dav.send('GET', '/page.html')).headers['content-type']), /^text\/html/)
    await dav.send('COPY', '/page.html', { destination: `${FILES}/admin/page.png` })
    assert.equal(await property('/page.png', 'd:getcontenttype'), 'image/png')
    assert.equal((await dav.send('GET', '/page.png')).headers['content-type'], 'image/png')
    await dav.send('MKCOL', '/folder.png')
    await dav.send('MOVE', '/folder.png', { destination: `${FILES}/admin/folder.html` })
    assert.equal(await property('/folder.html', 'd:getcontenttype'), undefined)
  })

  test('compare dates by the second, since that is how they are told (RFC 9110 section 13.1.4)', async () => {
    dav.app.clock.advance(345)
    await dav.send('PUT', '/dated', {}, 'first')
    const told = String((await dav.send('GET', '/dated')).headers['last-modified'])
    assert.equal((await dav.send('PUT', '/dated', { 'if-unmodified-since': told }, 'second')).status, 204)
    dav.app.clock.advance(1_000)
    await dav.send('PUT', '/dated', {}, 'third')
    assert.equal((await dav.send('PUT', '/dated', { 'if-unmodified-since': told }, 'fourth')).status, 412)
    assert.equal((await dav.send('GET', '/dated')).text, 'third')
  })

  test('name the own principal in any letter case', async () => {
    for (const name of ['admin', 'ADMIN', 'Admin']) {
      const url = `/remote.php/dav/principals/users/${name}/`
      assert.equal((await dav.send('PROPFIND', url, { depth: '0' })).status, 207, name)
    }
  })

  test('let players of other sites show what a direct link opens', async () => {
    const fileId = await property('/file', 'oc:fileid')
    const headers = { 'ocs-apirequest': 'true', 'content-type': 'application/json' }
    const url = '/ocs/v2.php/apps/dav/api/v1/direct?format=json'
    const link = await dav.send('POST', url, headers, JSON.stringify({ fileId }))
    const answer = await dav.send('GET', new URL(link.json().ocs.data.url).pathname)
    assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin')
    assert.match(String(answer.headers['cache-control']), /^private, no-cache$/)
  })
})
