import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readXml, type XmlElement } from '../../src/dav/xml/read.ts'
import { createDavApp, type DavApp, FILES, LOCKINFO, propfind, proppatch, tokenOf } from '../helpers/dav.ts'

let dav: DavApp
before(async () => {
  dav = await createDavApp()
})
after(() => dav.close())

const send: DavApp['send'] = (...request) => dav.send(...request)
const sha1 = 'SHA1:0000000000000000000000000000000000000000'

const DOCUMENTS: readonly (readonly [string, string | Uint8Array, number])[] = [
  ['an entity bomb', `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(500)}">]><a>${'&x;'.repeat(500)}</a>`, 400],
  [
    'a document type',
    '<!DOCTYPE propfind SYSTEM "http://127.0.0.1:1/x"><d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>',
    400,
  ],
  ['100,000 nested elements', '<a>'.repeat(100_000), 400],
  ['200,000 siblings', `<a>${'<b/>'.repeat(200_000)}</a>`, 400],
  ['a huge attribute and no end', `<a b="${'x'.repeat(1_000_000)}`, 400],
  ['more than 1 MiB', `<a>${' '.repeat(1024 * 1024)}</a>`, 413],
  ['UTF-16', Buffer.from('\ufeff<a/>', 'utf16le'), 400],
  ['no XML', '{"propfind":true}', 400],
  ['another document', '<a xmlns="DAV:"/>', 400],
  ['half a document', '<d:propfind xmlns:d="DAV:"><d:prop>', 400],
  ['nothing to ask for', '<d:propfind xmlns:d="DAV:"/>', 400],
]

describe('a body', () => {
  for (const [what, document, status] of DOCUMENTS) {
    test(`of ${what} is refused by every verb that reads XML (bug class: XML bombs)`, async () => {
      const state = await dav.everything()
      for (const [method, path] of [
        ['PROPFIND', '/'],
        ['PROPPATCH', '/file'],
        ['LOCK', '/file'],
        ['LOCK', '/new'],
        ['REPORT', '/'],
        ['SEARCH', '/remote.php/dav'],
        ['PROPFIND', '/remote.php/dav'],
        ['PROPFIND', '/remote.php/dav/uploads/admin'],
      ] as const) {
        const answer = await send(method, path, { 'content-type': 'text/xml', depth: '0' }, document)
        await dav.refused(answer, [status, ...(method === 'REPORT' && status === 400 ? [415] : [])], state)
      }
      await dav.refused(await send('MKCOL', '/new', { 'content-type': 'text/xml' }, document), [status], state)
    })
  }

  test('that is no XML is not for MKCOL', async () => {
    await dav.refused(await send('MKCOL', '/new', { 'content-type': 'text/plain' }, 'x'), [415], await dav.everything())
  })
})

describe('a listing', () => {
  test('of thousands of names is refused, and of names that together are huge it comes in pieces', async () => {
    const many = Array.from({ length: 501 }, (_, index) => `d:a${index}`)
    await dav.refused(await send('PROPFIND', '/', { depth: '1' }, propfind(...many)), [400], await dav.everything())
    const long = Array.from({ length: 500 }, (_, index) => `oc:a${index}${'x'.repeat(900)}`)
    const answer = await send('PROPFIND', '/', { depth: '1' }, propfind(...long))
    assert.equal(answer.status, 207)
    assert.equal(answer.headers['content-length'], undefined, 'more than is held at once')
    assert.equal(readXml(Buffer.from(answer.text.replace(/<oc:a\d+x+\/>/g, ''))).children.length, 3)
  })

  test('echoes hostile names as themselves (bug class: markup from a name)', async () => {
    const uris = ['q}x/&gt;&lt;evil', '&quot;&gt;&lt;script&gt;', "'", 'a}b}c', 'urn:x&#10;y']
    const props = uris.map((uri, index) => `<p${index}:a xmlns:p${index}="${uri}"/><a xmlns="${uri}"/>`).join('')
    const found = await send(
      'PROPFIND',
      '/file',
      { depth: '0' },
      `<propfind xmlns="DAV:"><prop>${props}</prop></propfind>`,
    )
    assert.equal(found.status, 207)
    assert.doesNotMatch(found.text, /<(?:script|evil)/)
    const [response] = readXml(Buffer.from(found.text)).children
    const names = descendants(response)
      .filter(({ name }) => name.endsWith('}a'))
      .map(({ name }) => name)
    assert.deepEqual(names.length, uris.length)
    const set = await send(
      'PROPPATCH',
      '/file',
      {},
      `<propertyupdate xmlns="DAV:"><set><prop>${props}</prop></set></propertyupdate>`,
    )
    assert.equal(set.status, 207)
    assert.doesNotMatch(set.text, /<(?:script|evil)/)
    const back = await send(
      'PROPFIND',
      '/file',
      { depth: '0' },
      `<propfind xmlns="DAV:"><prop>${props}</prop></propfind>`,
    )
    assert.match(back.text, /200 OK/)
    assert.doesNotMatch(back.text, /404 Not Found|<(?:script|evil)/)
    readXml(Buffer.from(back.text))
  })
})

function descendants(element: XmlElement | undefined): XmlElement[] {
  return (element?.children ?? []).flatMap((child) => [child, ...descendants(child)])
}

describe('PROPPATCH', () => {
  test('of what is not for clients to say changes nothing, neither does the rest of it', async () => {
    const state = await dav.everything()
    for (const prop of [
      '<oc:fileid>1</oc:fileid>',
      '<oc:id>1</oc:id>',
      '<d:getetag>"x"</d:getetag>',
      '<d:getcontentlength>1</d:getcontentlength>',
      '<oc:size>1</oc:size>',
      '<oc:permissions>G</oc:permissions>',
      '<oc:checksums>SHA1:1</oc:checksums>',
      '<oc:owner-id>bob</oc:owner-id>',
      '<d:quota-used-bytes>0</d:quota-used-bytes>',
      '<d:quota-available-bytes>1</d:quota-available-bytes>',
      '<d:lockdiscovery/>',
      '<d:resourcetype><d:collection/></d:resourcetype>',
      '<nc:upload_time>1</nc:upload_time>',
      '<oc:data-fingerprint>x</oc:data-fingerprint>',
      '<d:lastmodified>NaN</d:lastmodified>',
      '<d:lastmodified>-1</d:lastmodified>',
      '<d:lastmodified>1e400</d:lastmodified>',
      '<nc:creation_time>99999999999999999999</nc:creation_time>',
      '<d:creationdate>yesterday</d:creationdate>',
    ]) {
      const answer = await send('PROPPATCH', '/file', {}, proppatch(`<d:other xmlns:d="urn:x">1</d:other>${prop}`))
      assert.equal(answer.status, 207)
      assert.match(answer.text, /403 Forbidden/, prop)
      assert.match(answer.text, /424 Failed Dependency/, prop)
      assert.equal(await dav.everything(), state)
    }
    const after = await send(
      'PROPFIND',
      '/file',
      { depth: '0' },
      '<propfind xmlns="DAV:"><prop><other xmlns="urn:x"/></prop></propfind>',
    )
    assert.match(after.text, /404 Not Found/)
  })

  test('stores no more than its share, by value, name and number (bug class: unbounded fields)', async () => {
    const tooLong = await send('PROPPATCH', '/file', {}, proppatch(`<oc:long>${'x'.repeat(70_000)}</oc:long>`))
    assert.match(tooLong.text, /403 Forbidden/)
    const longName = await send('PROPPATCH', '/file', {}, proppatch(`<oc:${'n'.repeat(600)}>x</oc:${'n'.repeat(600)}>`))
    assert.match(longName.text, /403 Forbidden/)
    const many = Array.from({ length: 201 }, (_, index) => `<oc:m${index}>x</oc:m${index}>`).join('')
    const state = await dav.everything()
    await dav.refused(await send('PROPPATCH', '/file', {}, proppatch(many)), [400], state)
    let status = 207
    for (let part = 0; part < 4 && status === 207; part++) {
      const some = Array.from({ length: 90 }, (_, index) => `<oc:p${part}-${index}>x</oc:p${part}-${index}>`).join('')
      status = (await send('PROPPATCH', '/file', {}, proppatch(some))).status
    }
    assert.equal(status, 507)
    const first = await send('PROPFIND', '/file', { depth: '0' }, propfind('oc:p0-0', 'oc:p1-0', 'oc:p2-0'))
    assert.match(first.text, /<oc:p0-0>x<\/oc:p0-0>.*200 OK.*<oc:p2-0\/>.*404/s, 'what went beyond is not there at all')
  })

  test('gives values back as they were: attributes, order and blanks (RFC 4918 section 4.3)', async () => {
    const value = 'one <b xmlns="urn:v" c="d" xml:lang="fr">two</b> three <e xmlns="urn:w"> </e>'
    assert.equal((await send('PROPPATCH', '/file', {}, proppatch(`<mixed xmlns="urn:m">${value}</mixed>`))).status, 207)
    const ask = '<propfind xmlns="DAV:"><prop><mixed xmlns="urn:m"/></prop></propfind>'
    assert.ok((await send('PROPFIND', '/file', { depth: '0' }, ask)).text.includes(`>${value}<`))
    assert.equal((await send('COPY', '/file', { destination: `${FILES}/admin/copied` })).status, 201)
    assert.ok(
      (await send('PROPFIND', '/copied', { depth: '0' }, ask)).text.includes(`>${value}<`),
      'a copy has them too',
    )
    assert.equal((await send('DELETE', '/copied')).status, 204)
  })
})

describe('LOCK', () => {
  const withOwner = (owner: string): string =>
    LOCKINFO.replace('</d:lockinfo>', `<d:owner>${owner}</d:owner></d:lockinfo>`)

  test('gives its owner back as XML that holds together, and refuses a long one (bug class: unbounded fields)', async () => {
    const state = await dav.everything()
    await dav.refused(await send('LOCK', '/file', {}, withOwner('x'.repeat(2_001))), [400], state)
    await dav.refused(await send('LOCK', '/file', {}, withOwner('<a/>'.repeat(1_000))), [400], state)
    const hostile = '&lt;/d:owner&gt;&lt;script&gt;]]&gt;<x xmlns="q}y/&gt;&lt;script">&#13;"\'</x>'
    const locked = await send('LOCK', '/file', {}, withOwner(hostile))
    assert.equal(locked.status, 200)
    const shown = await send('PROPFIND', '/file', { depth: '0' }, propfind('d:lockdiscovery'))
    for (const { text } of [locked, shown]) {
      assert.doesNotMatch(text, /<script/)
      const owner = descendants(readXml(Buffer.from(text))).find(({ name }) => name === '{DAV:}owner')
      assert.equal(owner?.text, '</d:owner><script>]]>')
      assert.deepEqual(
        owner?.children.map(({ name, text }) => [name, text]),
        [['{q}y/><script}x', '\r"\'']],
      )
    }
    assert.equal((await send('UNLOCK', '/file', { 'lock-token': `<${tokenOf(locked)}>` })).status, 204)
  })

  test('holds off whoever does not name its token, by every verb (bug class: lock bypass)', async () => {
    const locked = await send('LOCK', '/file', {}, LOCKINFO)
    const state = await dav.everything()
    const wrong = ['', '(<opaquelocktoken:other>)', '</remote.php/dav/files/bob/secret> (<opaquelocktoken:other>)']
    for (const condition of wrong) {
      const headers = condition === '' ? {} : { if: condition }
      await dav.refused(await send('PUT', '/file', headers, 'x'), [412, 423], state)
      await dav.refused(await send('DELETE', '/file', headers), [412, 423], state)
      await dav.refused(
        await send('PROPPATCH', '/file', headers, proppatch('<oc:favorite>1</oc:favorite>')),
        [412, 423],
        state,
      )
      await dav.refused(await send('MOVE', '/file', { ...headers, destination: `${FILES}/admin/x` }), [412, 423], state)
      await dav.refused(
        await send('COPY', '/folder/inner', { ...headers, destination: `${FILES}/admin/file` }),
        [412, 423],
        state,
      )
      await dav.refused(
        await send('MOVE', '/folder', { ...headers, destination: `${FILES}/admin/file` }),
        [412, 423],
        state,
      )
      await dav.refused(await send('LOCK', '/file', headers, LOCKINFO), [412, 423], state)
    }
    for (const token of ['', '<>', '<opaquelocktoken:other>', tokenOf(locked).toUpperCase()]) {
      await dav.refused(await send('UNLOCK', '/file', { 'lock-token': token }), [400, 409], state)
    }
    assert.equal((await send('UNLOCK', '/file', { 'lock-token': `<${tokenOf(locked)}>` })).status, 204)
  })
})

const HEADERS: readonly (readonly [string, Readonly<Record<string, string | readonly string[]>>, readonly number[]])[] =
  [
    ...['NaN', '-1', '1e400', '1e3', '0x10', 'Infinity', '1,2', '12:00', '9'.repeat(40), '1700000000.', '.5'].flatMap(
      (time) =>
        [
          [`X-OC-Mtime: ${time}`, { 'x-oc-mtime': time }, [400]],
          [`X-OC-Ctime: ${time}`, { 'x-oc-ctime': time }, [400]],
        ] as const,
    ),
    ...['NaN', '-1', '1e2', '7.0', '0x7', '9'.repeat(30), '6', '8', '0', ''].map(
      (length) => [`OC-Total-Length: ${length} for seven bytes`, { 'oc-total-length': length }, [400]] as const,
    ),
    ['OC-Total-Length twice', { 'oc-total-length': ['7', '7'] }, [400]],
    ['X-OC-Mtime twice', { 'x-oc-mtime': ['1700000000', '1700000001'] }, [400]],
    ['OC-Checksum of other content', { 'oc-checksum': sha1 }, [400]],
    ['OC-Checksum that is none', { 'oc-checksum': 'SHA1' }, [400]],
    ['OC-Checksum with markup', { 'oc-checksum': 'SHA1:<a>' }, [400]],
    ['OC-Checksum twice', { 'oc-checksum': [sha1, sha1] }, [400]],
    ['Content-Range', { 'content-range': 'bytes 0-6/7' }, [400]],
    ['If-Match twice', { 'if-match': ['"a"', '"b"'] }, [400]],
    ['If with broken grammar', { if: '(<a>' }, [400]],
    ['If with thousands of lists', { if: '(<a>)'.repeat(1_000) }, [400]],
    ['If with somebody else’s file', { if: `<${FILES}/bob/secret> (["x"])` }, [412]],
    ['If with a path that is none', { if: `<${FILES}/admin/../bob> (Not <a>)` }, [400, 412]],
  ]

describe('headers', () => {
  for (const [what, headers, statuses] of HEADERS) {
    test(`${what}: refused`, async () => {
      const state = await dav.everything()
      await dav.refused(await send('PUT', '/file', headers, 'changed'), statuses, state)
      await dav.refused(await send('PUT', '/new', headers, 'changed'), statuses, state)
    })
  }

  test('Overwrite and Depth that are none are refused', async () => {
    const state = await dav.everything()
    for (const overwrite of ['', 'true', 't', 'TF', '1', 'T,F']) {
      const headers = { overwrite, destination: `${FILES}/admin/x` }
      await dav.refused(await send('COPY', '/file', headers), [400], state)
      await dav.refused(await send('MOVE', '/file', headers), [400], state)
    }
    for (const depth of ['', '2', '-1', 'one', 'infinite', '0,1', '1']) {
      await dav.refused(await send('DELETE', '/folder', { depth }), [400], state)
      await dav.refused(await send('MOVE', '/folder', { depth, destination: `${FILES}/admin/x` }), [400], state)
      await dav.refused(await send('COPY', '/folder', { depth, destination: `${FILES}/admin/x` }), [400], state)
      await dav.refused(await send('LOCK', '/folder', { depth }, LOCKINFO), [400], state)
    }
    for (const name of ['depth', 'destination', 'overwrite']) {
      const headers = { destination: `${FILES}/admin/x`, [name]: ['T', 'T'] }
      await dav.refused(await send('COPY', '/file', headers), [400], state)
    }
  })

  test('a flood of ranges is answered with the whole file, once (RFC 9110 section 14.2)', async () => {
    for (const range of [
      `bytes=${Array.from({ length: 1_500 }, (_, index) => `${index}-${index}`).join(',')}`,
      `bytes=${'0-,'.repeat(3_000)}0-`,
    ]) {
      const answer = await send('GET', '/file', { range })
      assert.deepEqual([answer.status, answer.text.length], [200, 7])
    }
    const beyond = await send('GET', '/file', { range: 'bytes=7-' })
    assert.equal(beyond.status, 416)
    assert.equal(beyond.headers['content-range'], 'bytes */7')
  })

  test('a checksum comes back as it was sent and cannot end its header', async () => {
    const headers = { 'oc-checksum': 'sha1:040F06FD774092478D450774F5BA30C5DA78ACC8' }
    assert.equal((await send('PUT', '/file', headers, 'content')).status, 204)
    const { headers: got } = await send('GET', '/file')
    assert.equal(got['oc-checksum'], 'SHA1:040f06fd774092478d450774f5ba30c5da78acc8')
  })
})
