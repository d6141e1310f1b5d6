import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDavApp, type DavApp, FILES, LOCKINFO, propfind, proppatch, stopShared, tokenOf } from '../helpers/dav.ts'
import { OCS, type TestAnswer } from '../helpers/test-app.ts'

const UPLOADS = '/remote.php/dav/uploads/admin'
const at = (name: string): string => encodeURIComponent(name)

/** Every way by which a name comes in: what makes it, and its statuses when it is taken. */
interface WayIn {
  readonly what: string
  readonly statuses: readonly number[]
  enter(dav: DavApp, name: string): Promise<TestAnswer>
}

const destination = (name: string): { destination: string } => ({ destination: `${FILES}/admin/${at(name)}` })

async function assemble({ send }: DavApp, name: string): Promise<TestAnswer> {
  await send('MKCOL', `${UPLOADS}/names`)
  await send('PUT', `${UPLOADS}/names/1`, {}, 'chunk')
  const answer = await send('MOVE', `${UPLOADS}/names/.file`, destination(name))
  await send('DELETE', `${UPLOADS}/names`)
  return answer
}

const WAYS_IN: readonly WayIn[] = [
  { what: 'PUT', statuses: [201], enter: ({ send }, name) => send('PUT', `/${at(name)}`, {}, 'x') },
  { what: 'MKCOL', statuses: [201], enter: ({ send }, name) => send('MKCOL', `/${at(name)}`) },
  {
    what: 'folders on the way',
    statuses: [201],
    enter: ({ send }, name) => send('PUT', `/${at(name)}/inner`, { 'x-nc-webdav-auto-mkcol': '1' }, 'x'),
  },
  { what: 'COPY of a file', statuses: [201], enter: ({ send }, name) => send('COPY', '/file', destination(name)) },
  { what: 'COPY of a folder', statuses: [201], enter: ({ send }, name) => send('COPY', '/folder', destination(name)) },
  {
    what: 'MOVE',
    statuses: [201],
    async enter({ send }, name) {
      const answer = await send('MOVE', '/file', destination(name))
      if (answer.status === 201) await send('COPY', `/${at(name)}`, { destination: `${FILES}/admin/file` })
      return answer
    },
  },
  { what: 'chunks that are put together', statuses: [201], enter: assemble },
  { what: 'LOCK', statuses: [201], enter: ({ send }, name) => send('LOCK', `/${at(name)}`, {}, LOCKINFO) },
]

/** Odd, and allowed: what is announced is all that is refused. */
const ALLOWED = [
  'colon: asterisk* question? "quotes" <angles> |pipe|',
  ' blanks around ',
  'dots around..',
  '..hidden',
  '...',
  'CON',
  'nul.txt',
  'LPT1',
  '.htaccess.txt',
  'htaccess',
  '.htaccess~',
  '.user.ini',
  'part',
  '.part.txt',
  'a.parts',
  'a.part.b',
  'filepart',
  'Thumbs.db',
  '.DS_Store',
  '._file',
  '~$document.docx',
  '.~lock.document.odt#',
  '100%',
  '%2e%2e%2f',
  '#hash?query=1',
  "it's; a & b = c, d @ e",
  'ünïcödé ☃ 日本語 العربية',
  '👩‍💻😀',
  '\u200bzero width\u200d',
  'tab is none, this is: \u00a0',
  'a'.repeat(250),
]

describe('names', () => {
  let dav: DavApp
  before(async () => {
    dav = await createDavApp()
  })
  after(async () => {
    await dav.close()
    await stopShared()
  })

  async function announced(): Promise<string[]> {
    const answer = await dav.send('GET', '/ocs/v2.php/cloud/capabilities?format=json', OCS)
    const { files } = answer.json().ocs.data.capabilities
    const list = (key: string): readonly string[] => {
      assert.ok(files[key].length > 0, key)
      return files[key]
    }
    return [
      ...list('forbidden_filenames').flatMap((name) => [name, name.toUpperCase()]),
      ...list('blacklisted_files'),
      ...list('forbidden_filename_characters').flatMap((character) => [
        `a${character}b`,
        `${character}b`,
        `a${character}`,
      ]),
      ...list('forbidden_filename_extensions').flatMap((ending) => [
        `a${ending}`,
        `a${ending.toUpperCase()}`,
        `é${ending}`,
      ]),
    ]
  }

  for (const { what, statuses, enter } of WAYS_IN) {
    test(`that capabilities forbid are refused by ${what}, all others are taken`, async () => {
      const before = await dav.everything()
      for (const name of await announced()) {
        const answer = await enter(dav, name)
        assert.ok([400, 404, 405, 409].includes(answer.status), `${JSON.stringify(name)}: ${answer.status}`)
        assert.equal(await dav.everything(), before, name)
      }
      for (const name of ALLOWED) {
        const answer = await enter(dav, name)
        assert.ok(statuses.includes(answer.status), `${JSON.stringify(name)}: ${answer.status} ${answer.text}`)
        const listed = await dav.send('PROPFIND', `/${at(name)}`, { depth: '0' }, propfind('d:displayname'))
        assert.match(listed.text, /<d:displayname>[^<]+<\/d:displayname>/)
        const lock = tokenOf(answer)
        const gone = await dav.send('DELETE', `/${at(name)}`, lock === '' ? {} : { if: `(<${lock}>)` })
        assert.equal(gone.status, 204, name)
      }
    })
  }

  test('in NFC and NFD are the same file, wherever they stand', async () => {
    const { send } = dav
    const [nfc, nfd] = ['Grüße é.txt'.normalize('NFC'), 'Grüße é.txt'.normalize('NFD')].map(at) as [string, string]
    const href = (name: string): string => `${FILES}/admin/${name}`
    const expect = async (answer: Promise<TestAnswer>, status: number): Promise<TestAnswer> => {
      const got = await answer
      assert.equal(got.status, status, got.text)
      return got
    }
    assert.notEqual(nfc, nfd)
    for (const [one, other] of [
      [nfc, nfd],
      [nfd, nfc],
    ] as const) {
      const { headers } = await expect(send('PUT', `/${one}`, {}, 'first'), 201)
      const etag = String(headers['etag'])
      await expect(send('PUT', `/${other}`, { 'if-none-match': '*' }, 'x'), 412)
      await expect(send('PUT', `/${other}`, { if: `<${href(one)}> (["another"])` }, 'x'), 412)
      await expect(send('PUT', `/${other}`, { if: `<${href(one)}> ([${etag}])` }, 'second'), 204)
      assert.equal((await expect(send('GET', `/${one}`), 200)).text, 'second')
      await expect(send('HEAD', `/${other}`), 200)
      await expect(send('MKCOL', `/${other}`), 405)
      await expect(send('PROPPATCH', `/${other}`, {}, proppatch('<oc:favorite>1</oc:favorite>')), 207)
      const shown = await send('PROPFIND', `/${one}`, { depth: '0' }, propfind('oc:favorite'))
      assert.match(shown.text, /<oc:favorite>1</)
      const lock = await expect(send('LOCK', `/${one}`, {}, LOCKINFO), 200)
      await expect(send('PUT', `/${other}`, {}, 'x'), 423)
      await expect(send('PUT', `/${other}`, { if: `<${href(one)}> (<${tokenOf(lock)}>)` }, 'third'), 204)
      await expect(send('UNLOCK', `/${other}`, { 'lock-token': `<${tokenOf(lock)}>` }), 204)
      await expect(send('MOVE', `/${one}`, { destination: href(other) }), 403)
      await expect(send('COPY', '/file', { destination: href(other), overwrite: 'F' }), 412)
      await expect(send('COPY', '/file', { destination: href(other) }), 204)
      await expect(send('MKCOL', `${UPLOADS}/nf`), 201)
      await expect(send('PUT', `${UPLOADS}/nf/1`, {}, 'chunk'), 201)
      await expect(send('MOVE', `${UPLOADS}/nf/.file`, { destination: href(other), overwrite: 'F' }), 412)
      await expect(send('MOVE', `${UPLOADS}/nf/.file`, { destination: href(other) }), 204)
      await expect(send('MOVE', `${UPLOADS}/nf/.file`, { destination: href(one) }), 204)
      await expect(send('MKCOL', `/${at('Ordner ö'.normalize('NFD'))}`), 201)
      await expect(send('PUT', `/${at('Ordner ö')}/${one}`, {}, 'x'), 201)
      await expect(send('GET', `/${at('Ordner ö'.normalize('NFD'))}/${other}`), 200)
      await expect(send('DELETE', `/${at('Ordner ö')}`), 204)
      const listing = await send('PROPFIND', '/', { depth: '1' }, propfind('d:displayname'))
      assert.equal(listing.text.split('Grüße é.txt'.normalize('NFC')).length, 2, 'once, in NFC')
      await expect(send('DELETE', `/${other}`), 204)
      await expect(send('GET', `/${one}`), 404)
    }
  })

  test('that are not escaped in a header, as in scripts by hand, are UTF-8', async () => {
    const { send } = dav
    /** As the bytes are on the wire. */
    const raw = (text: string): string => Buffer.from(text).toString('latin1')
    const [before, after] = ['grüße☃.txt', 'mövéd 日本.txt']
    // In the first line of a request that is no HTTP: curl escapes there by itself.
    assert.equal((await send('PUT', `/${raw(before)}`, {}, 'x')).status, 400)
    assert.equal((await send('PUT', `/${at(before)}`, {}, 'x')).status, 201)
    const etag = String((await send('HEAD', `/${at(before)}`)).headers['etag'])
    // With a text as its body Node would write the head as UTF-8 once more.
    const body = Buffer.from('y')
    const condition = (known: string) => ({ if: `<${FILES}/admin/${raw(before)}> ([${known}])` })
    assert.equal((await send('PUT', `/${at(before)}`, condition('"another"'), body)).status, 412)
    assert.equal((await send('PUT', `/${at(before)}`, condition(etag), body)).status, 204)
    const destination = `http://cloud.test${FILES}/admin/${raw(after)}`
    assert.equal((await send('MOVE', `/${at(before)}`, { destination })).status, 201)
    assert.equal((await send('GET', `/${at(after)}`)).text, 'y')
    const state = await dav.everything()
    for (const latin of ['caf\xe9', '\xff', '\xc3']) {
      const wrong = { destination: `http://cloud.test${FILES}/admin/${latin}` }
      await dav.refused(await send('MOVE', `/${at(after)}`, wrong), [400], state)
      await dav.refused(await send('PUT', `/${at(after)}`, { if: `<${FILES}/${latin}> (["x"])` }, body), [400], state)
    }
    assert.equal((await send('DELETE', `/${at(after)}`)).status, 204)
  })

  test('that differ by case alone are two files, and case alone is enough for a rename', async () => {
    const { send } = dav
    assert.equal((await send('PUT', '/Case', {}, 'upper')).status, 201)
    assert.equal((await send('PUT', '/case', { 'if-none-match': '*' }, 'lower')).status, 201)
    assert.equal((await send('GET', '/Case')).text, 'upper')
    assert.equal((await send('DELETE', '/case')).status, 204)
    assert.equal((await send('MOVE', '/Case', { destination: `${FILES}/admin/case`, overwrite: 'F' })).status, 201)
    assert.equal((await send('GET', '/Case')).status, 404)
    assert.equal((await send('GET', '/case')).text, 'upper')
    assert.equal((await send('DELETE', '/case')).status, 204)
  })
})
