import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDavApp, type DavApp, FILES, type Headers, LOCKINFO, propfind, proppatch } from '../helpers/dav.ts'

let dav: DavApp
before(async () => {
  dav = await createDavApp()
})
after(() => dav.close())

const { send, refused, everything }: Pick<DavApp, 'send' | 'refused' | 'everything'> = {
  send: (...request) => dav.send(...request),
  refused: (...expected) => dav.refused(...expected),
  everything: () => dav.everything(),
}

const PATHS: readonly (readonly [string, string, readonly number[]])[] = [
  ['dots', '/../bob/secret', [400]],
  ['dots in the middle', '/folder/../../bob/secret', [400]],
  ['escaped dots', '/%2e%2e/bob/secret', [400]],
  ['escaped dots in capitals', '/%2E%2E/bob/secret', [400]],
  ['half escaped dots', '/.%2e/bob/secret', [400]],
  ['a single dot', '/./x', [400]],
  ['an escaped slash', '/folder%2f..%2f..%2fbob%2fsecret', [400, 404]],
  ['an escaped slash in a name', '/a%2Fb', [400, 404]],
  ['a backslash', '/..%5c..%5cbob%5csecret', [400]],
  ['dots escaped twice', '/%252e%252e/bob/secret', [404]],
  ['overlong dots', '/%c0%ae%c0%ae/bob/secret', [400]],
  ['an overlong slash', '/..%c0%afbob', [400]],
  ['UTF-8 in five bytes', '/%f8%88%80%80%af', [400]],
  ['a surrogate', '/%ed%a0%80', [400]],
  ['NUL', '/secret%00.txt', [400]],
  ['line ends', '/a%0d%0aSet-Cookie:%20x=1', [400]],
  ['DEL', '/a%7f', [400]],
  ['a broken escape', '/%zz', [400]],
  ['Latin-1', '/caf%e9', [400]],
  ['dots and a parameter', '/..;/bob/secret', [404]],
  ['three dots as a folder', '/.../bob', [404]],
  ['a path of thousands of parts', '/a'.repeat(3_000), [400]],
  ['a path too long', `${`/${'n'.repeat(200)}`.repeat(25)}`, [400]],
]

describe('a path (bug class: path normalised after validation)', () => {
  for (const [what, path, statuses] of PATHS) {
    test(`with ${what} reaches nothing, by any verb`, async () => {
      const state = await everything()
      await refused(await send('PUT', path, {}, 'x'), statuses, state)
      await refused(await send('MKCOL', path), [...statuses, 409], state)
      for (const method of ['GET', 'DELETE', 'PROPFIND', 'PROPPATCH', 'LOCK', 'UNLOCK', 'PATCH']) {
        await refused(await send(method, path, BY_METHOD[method], BODIES[method]), [...statuses, 404, 409], state)
      }
      await refused(await send('MOVE', path, { destination: `${FILES}/admin/x` }), [...statuses, 404], state)
    })

    test(`with ${what} is no Destination`, async () => {
      const state = await everything()
      for (const destination of [`${FILES}/admin${path}`, `http://cloud.test${FILES}/admin${path}`]) {
        await refused(await send('COPY', '/file', { destination }), [...statuses, 409], state)
        await refused(await send('MOVE', '/file', { destination }), [...statuses, 409], state)
      }
    })
  }

  test('of somebody else is as if it were not there', async () => {
    const state = await everything()
    for (const path of [
      '/bob/secret',
      '/BOB/secret',
      '/%62ob/secret',
      '/nobody/secret',
      '//bob//secret',
      '//admin/../bob/secret',
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE', 'PROPFIND', 'MKCOL', 'LOCK', 'PROPPATCH']) {
        await refused(await send(method, FILES + path, BY_METHOD[method], BODIES[method]), [400, 404], state)
      }
    }
  })
})

const BODIES: Readonly<Record<string, string>> = {
  PUT: 'x',
  PROPPATCH: proppatch('<a>1</a>'),
  LOCK: LOCKINFO,
}
const BY_METHOD: Readonly<Record<string, Headers>> = {
  UNLOCK: { 'lock-token': '<opaquelocktoken:a>' },
  PATCH: { 'x-recalculate-hash': 'sha1' },
}

const DESTINATIONS: readonly (readonly [string, string | undefined, readonly number[]])[] = [
  ['none', undefined, [400]],
  ['an empty one', '', [400, 403, 409]],
  ['another host', `http://evil.test${FILES}/admin/x`, [403]],
  ['another host without a scheme', `//evil.test${FILES}/admin/x`, [403]],
  ['this host as a user name', `http://cloud.test@evil.test${FILES}/admin/x`, [403]],
  ['this host as a part of another', `http://cloud.test.evil.test${FILES}/admin/x`, [403]],
  ['a backslash before another host', `http:\\\\evil.test${FILES}/admin/x`, [400, 403]],
  ['another scheme', `file://${FILES}/admin/x`, [403]],
  ['no address at all', 'javascript:alert(1)', [403]],
  ['another user', `${FILES}/bob/x`, [403]],
  ['another user, escaped', `${FILES}/%62ob/x`, [403]],
  ['a relative path', 'x', [403]],
  ['a relative path upwards', '../bob/x', [403]],
  ['another service', '/remote.php/webdav/x', [403]],
  ['an upload', '/remote.php/dav/uploads/admin/x', [403]],
  ['the list of users', FILES, [403]],
  ['principals', '/remote.php/dav/principals/users/admin', [403]],
  ['no DAV address', '/ocs/v2.php/cloud/users', [403]],
  ['the home itself', `${FILES}/admin`, [403, 409]],
  ['itself', `${FILES}/admin/file`, [403]],
  ['something below itself', `${FILES}/admin/file/x`, [409]],
  ['a missing folder', `${FILES}/admin/none/x`, [409]],
  ['broken escapes', `${FILES}/admin/%zz`, [400]],
  ['bytes that are not UTF-8', `${FILES}/admin/%ff`, [400]],
]

describe('Destination', () => {
  for (const [what, destination, statuses] of DESTINATIONS) {
    test(`${what}: refused`, async () => {
      const state = await everything()
      const headers = destination === undefined ? {} : { destination }
      await refused(await send('COPY', '/file', headers), statuses, state)
      await refused(await send('MOVE', '/file', headers), statuses, state)
    })
  }

  test('inside the folder that is copied or moved is refused (bug class: COPY into itself)', async () => {
    const state = await everything()
    for (const path of ['/folder', '/folder/', '/folder/a', '/folder/inner/a', '/folder//a']) {
      const headers = { destination: `${FILES}/admin${path}` }
      await refused(await send('COPY', '/folder', headers), [403, 409], state)
      await refused(await send('MOVE', '/folder', headers), [403, 409], state)
    }
  })

  test('in the place of a folder above is refused', async () => {
    const state = await everything()
    for (const headers of [{ destination: `${FILES}/admin/folder` }, { destination: `${FILES}/admin` }]) {
      await refused(await send('COPY', '/folder/inner', headers), [403], state)
      await refused(await send('MOVE', '/folder/inner', headers), [403], state)
    }
  })

  test('for the home itself: it can be neither moved nor deleted (bug class: DELETE root)', async () => {
    const state = await everything()
    for (const root of ['', '/', '//']) {
      await refused(await send('MOVE', root, { destination: `${FILES}/admin/x` }), [403, 409], state)
      await refused(await send('COPY', root, { destination: `${FILES}/admin/x` }), [403, 409], state)
      await refused(await send('DELETE', root), [403], state)
      await refused(await send('PUT', root, {}, 'x'), [409], state)
      await refused(await send('MKCOL', root), [405], state)
    }
    for (const root of [
      '/remote.php/dav',
      FILES,
      '/remote.php/dav/principals',
      '/remote.php/dav/uploads/admin',
      '/remote.php/direct',
    ]) {
      await refused(await send('DELETE', root), [403, 404], state)
      await refused(await send('PUT', root, {}, 'x'), [403, 404, 405], state)
    }
  })
})

describe('names', () => {
  for (const [script, letter] of [
    ['Latin', 'n'],
    ['Latin with an accent', 'é'],
    ['Greek', 'λ'],
    ['Han', '漢'],
    ['Thai with a mark above', 'ก็'],
    ['emoji', '😀'],
    ['emoji joined', '👩‍💻'],
  ] as const) {
    test(`have at most 250 bytes in ${script}`, async () => {
      const width = Buffer.byteLength(letter)
      const longest = letter.repeat(Math.floor(250 / width))
      const pad = 'x'.repeat(250 - Buffer.byteLength(longest))
      const name = encodeURIComponent(longest + pad)
      assert.equal((await send('PUT', `/${name}`, {}, 'x')).status, 201)
      assert.equal((await send('GET', `/${name}`)).text, 'x')
      assert.equal((await send('DELETE', `/${name}`)).status, 204)
      const state = await everything()
      for (const longer of [`${longest}${pad}x`, `${longest}${letter}`, letter.repeat(255)]) {
        const path = `/${encodeURIComponent(longer)}`
        await refused(await send('PUT', path, {}, 'x'), [400], state)
        await refused(await send('MKCOL', path), [400], state)
        await refused(await send('MOVE', '/file', { destination: `${FILES}/admin${path}` }), [400], state)
        await refused(await send('LOCK', path, {}, LOCKINFO), [400], state)
      }
    })
  }

  test('can hold quotes and markup, and come out as a header and XML that hold together (bug class: header injection)', async () => {
    for (const name of [
      'a"; filename="b.html',
      "a';b",
      '<script>&amp;',
      '%0d%0aSet-Cookie: a=b',
      'a\u2028b',
      '\u202etxt.exe',
      '\ufffe',
      'a,b;c=d',
    ]) {
      const path = `/${encodeURIComponent(name)}`
      assert.equal((await send('PUT', path, {}, 'x')).status, 201, name)
      const { headers } = await send('GET', path)
      const disposition = String(headers['content-disposition'])
      assert.match(disposition, /^attachment; filename\*=UTF-8''[\w%.~!$&+^`|-]+; filename="[^"\\\r\n]*"$/)
      assert.equal(decodeURIComponent(/''([^;]+);/.exec(disposition)?.[1] ?? ''), name)
      assert.equal(headers['set-cookie'], undefined)
      const listing = await send('PROPFIND', path, { depth: '0' }, propfind('d:displayname'))
      assert.doesNotMatch(listing.text, /<script>/)
      assert.equal((await send('DELETE', path)).status, 204)
    }
  })
})
