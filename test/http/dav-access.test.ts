import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { assertDavError, BOBS_PASSWORD, createDavApp, type DavApp, FILES, propfind } from '../helpers/dav.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { statementsDuring } from '../helpers/statements.ts'
import { basic, type TestAnswer } from '../helpers/test-app.ts'

const UPLOADS = '/remote.php/dav/uploads'

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`who may come to WebDAV, on ${database}`, () => {
    let dav: DavApp
    before(async () => {
      dav = await createDavApp({ database })
    })
    after(() => dav.close())
    after(stopSharedPostgres)

    const ask = (secret: string, url = `${FILES}/bob/`): Promise<TestAnswer> =>
      dav.app.request({ method: 'PROPFIND', url, as: ['bob', secret], headers: { depth: '0' } })
    const addAppPassword = async (): Promise<{ accountId: number; id: number; secret: string }> => {
      const accountId = (await dav.app.features.accounts.get('bob')).row.id
      const { appPasswords } = dav.app.features.auth
      const { secret } = await appPasswords.add(accountId, 'phone', 'test')
      const id = Math.max(...(await appPasswords.list(accountId)).map((row) => row.id))
      return { accountId, id, secret }
    }
    const setEnabled = async (isEnabled: boolean): Promise<void> => {
      const { accounts } = dav.app.features
      await accounts.setEnabled(await accounts.get('bob'), isEnabled, 'test')
    }

    test('a closed account keeps its clients’ credentials, and says so to nobody else (recording webdav-errors)', async () => {
      const { secret } = await addAppPassword()
      await setEnabled(false)
      for (const url of [`${FILES}/bob/`, '/remote.php/webdav/']) {
        for (const right of [secret, BOBS_PASSWORD]) {
          const answer = await ask(right, url)
          assertDavError(answer, [503])
          assert.match(answer.text, /<s:exception>Sabre\\DAV\\Exception\\ServiceUnavailable<[\s\S]*>Account disabled</)
          assert.equal(answer.headers['www-authenticate'], undefined)
        }
        const [wrong, unknown] = [await ask('wrong', url), await askNobody(url)]
        assertDavError(wrong, [401])
        assert.equal(wrong.text, unknown.text)
        assert.equal(wrong.headers['www-authenticate'], unknown.headers['www-authenticate'])
      }
      // Clients ask all day long: none of it may count as guessing.
      for (let turn = 0; turn < 30; turn++) assert.equal((await ask(secret)).status, 503)
      await setEnabled(true)
      assert.equal((await ask(secret)).status, 207)
      assert.equal((await ask(BOBS_PASSWORD)).status, 207)
    })
    const askNobody = (url: string): Promise<TestAnswer> =>
      dav.app.request({ method: 'PROPFIND', url, as: ['nobody', 'wrong'], headers: { depth: '0' } })

    const stored = (): string[] =>
      readdirSync(join(dav.app.dataFolder, 'blobs'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== '.cloudlet-blobs')
        .map(({ name }) => name)

    /** Sends one half, lets something happen, and sends the other. */
    const putAround = async (url: string, secret: string, size: number, happens: () => Promise<unknown>) => {
      const { port } = new URL(dav.base)
      const headers = { authorization: basic('bob', secret), 'content-length': size }
      const sent = httpRequest({ port, host: '127.0.0.1', method: 'PUT', path: url, headers, agent: false })
      const answered = new Promise<number>((resolve, reject) => {
        sent.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)))
        sent.on('error', reject)
      })
      await new Promise<void>((resolve) => sent.write(Buffer.alloc(size / 2, 'a'), () => resolve()))
      await setTimeout(30)
      await happens()
      sent.end(Buffer.alloc(size / 2, 'b'))
      return answered
    }

    for (const [what, size, url] of [
      ['a small file', 400, `${FILES}/bob/late`],
      ['a large file', 400_000, `${FILES}/bob/late`],
      ['a chunk', 400_000, `${UPLOADS}/bob/late/1`],
    ] as const) {
      test(`${what} on its way is not kept when its credential ends meanwhile (bug class: access that lingers)`, async () => {
        const before = stored()
        const { appPasswords } = dav.app.features.auth
        const uploads = await addAppPassword()
        const send = (method: string, path: string, headers = {}) =>
          dav.app.request({ method, url: path, as: ['bob', uploads.secret], headers })
        assert.equal((await send('MKCOL', `${UPLOADS}/bob/late`)).status, 201)
        const isThere = async (): Promise<boolean> => {
          const { text } = await send('PROPFIND', url.replace(/\/[^/]*$/, ''), { depth: '1' })
          return text.includes(`${url}<`)
        }
        const revoked = await addAppPassword()
        const revoke = () => appPasswords.remove(revoked.accountId, revoked.id, 'test')
        assert.equal(await putAround(url, revoked.secret, size, revoke), 401)
        assert.equal(await putAround(url, uploads.secret, size, () => setEnabled(false)), 503)
        await setEnabled(true)
        const changePassword = async () => {
          dav.app.clock.advance(1_000)
          const { accounts } = dav.app.features
          await accounts.setPassword(await accounts.get('bob'), `new-${BOBS_PASSWORD}`, 'test')
        }
        assert.equal(await putAround(url, BOBS_PASSWORD, size, changePassword), 401)
        assert.equal(await isThere(), false)
        assert.deepEqual(stored(), before, 'nor is its content')
        const { accounts } = dav.app.features
        await accounts.setPassword(await accounts.get('bob'), BOBS_PASSWORD, 'test')
        const touch = async () => accounts.setEnabled(await accounts.get('bob'), true, 'test')
        assert.equal(
          await putAround(url, uploads.secret, size, touch),
          201,
          'any other change of the account is none of its business',
        )
        assert.equal(await isThere(), true)
        await send('DELETE', url.startsWith(UPLOADS) ? `${UPLOADS}/bob/late` : url)
        await send('DELETE', `${UPLOADS}/bob/late`)
      })
    }

    const VERBS = [
      ['PUT', {}],
      ['DELETE', {}],
      ['MKCOL', {}],
      ['PROPFIND', { depth: '0' }],
      ['PROPPATCH', {}],
      ['COPY', { destination: `${FILES}/admin/copied` }],
      ['MOVE', { destination: `${FILES}/admin/moved` }],
      ['LOCK', {}],
      ['UNLOCK', { 'lock-token': '<opaquelocktoken:x>' }],
      ['REPORT', {}],
      ['PATCH', { 'x-recalculate-hash': 'md5' }],
      ['POST', {}],
    ] as const

    test('a cookie alone moves nothing, by any verb: any page could send it (bug class: CSRF)', async () => {
      const { accounts, auth } = dav.app.features
      const value = await auth.sessions.start((await accounts.get('admin')).row.id, 'browser')
      const cookie = `cloudlet_session=${value}`
      const before = await dav.everything()
      const other = auth.sessions.requestToken(auth.sessions.newVisitorCookie())
      for (const [method, more] of VERBS) {
        for (const proof of [{}, { requesttoken: other }, { requesttoken: '' }, { origin: dav.base }]) {
          for (const url of [`${FILES}/admin/file`, '/remote.php/webdav/file', `${UPLOADS}/admin/x`]) {
            const answer = await dav.app.request({ method, url, headers: { cookie, ...more, ...proof } })
            assertDavError(answer, [401])
            assert.match(answer.text, /CSRF/, `${method} ${url}`)
            assert.equal(answer.headers['www-authenticate'], undefined, 'no dialog of the browser')
          }
        }
      }
      const search = await dav.app.request({ method: 'SEARCH', url: '/remote.php/dav/', headers: { cookie } })
      assertDavError(search, [401])
      assert.equal(await dav.everything(), before)
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        const answer = await dav.app.request({ method, url: `${FILES}/admin/file`, headers: { cookie } })
        assert.equal(answer.status, 200, method)
      }
      const requesttoken = auth.sessions.requestToken(value)
      const proven = await dav.app.request({
        method: 'PUT',
        url: `${FILES}/admin/file`,
        headers: { cookie, requesttoken },
      })
      assert.equal(proven.status, 204)
    })

    test('another’s home and one that is nobody’s are the same, at the same cost (bug class: user enumeration)', async () => {
      const urls = (user: string): string[] => [
        `${FILES}/${user}/`,
        `${FILES}/${user}/secret`,
        `${FILES}/${user}/none`,
        `${UPLOADS}/${user}/`,
        `${UPLOADS}/${user}/upload/1`,
        `/remote.php/dav/principals/users/${user}/`,
        `/remote.php/dav/trashbin/${user}/trash`,
      ]
      await dav.sendAsBob('MKCOL', `${UPLOADS}/bob/upload`)
      await dav.sendAsBob('PUT', `${UPLOADS}/bob/upload/1`, {}, 'x')
      const seen = async (user: string, method: string, more: Readonly<Record<string, string>>): Promise<string[]> => {
        const all: string[] = []
        for (const [index, url] of urls(user).entries()) {
          let answer: TestAnswer | undefined
          const statements = await statementsDuring(async () => {
            const destination = more['destination']?.replace('admin', user)
            const headers = destination === undefined ? more : { ...more, destination }
            answer = await dav.send(method, url, headers)
          })
          const { date: _, 'x-request-id': __, ...headers } = answer?.headers ?? {}
          all.push(
            JSON.stringify([index, answer?.status, headers, answer?.text, statements])
              .replaceAll(user, 'SOMEBODY')
              .replace(/"content-length":"\d+"/, ''),
          )
        }
        return all
      }
      const before = await dav.everything()
      for (const [method, more] of [...VERBS, ['GET', {}], ['HEAD', {}]] as const) {
        // What the first look makes remembered is not what is compared.
        await seen('bob', method, more)
        assert.deepEqual(await seen('bob', method, more), await seen('bobby', method, more), method)
      }
      for (const [method, more] of [
        ['COPY', {}],
        ['MOVE', {}],
      ] as const) {
        const into = async (user: string): Promise<string> => {
          const answer = await dav.send(method, '/file', { ...more, destination: `${FILES}/${user}/file` })
          assertDavError(answer, [403])
          return answer.text
        }
        assert.equal(await into('bob'), await into('bobby'))
      }
      const scope = async (user: string): Promise<string> => {
        const body = `<d:searchrequest xmlns:d="DAV:"><d:basicsearch><d:select><d:prop><d:getetag/></d:prop></d:select><d:from><d:scope><d:href>/files/${user}</d:href></d:scope></d:from></d:basicsearch></d:searchrequest>`
        const answer = await dav.send('SEARCH', '/remote.php/dav/', {}, body)
        assertDavError(answer, [404])
        return answer.text
      }
      assert.equal(await scope('bob'), await scope('bobby'))
      assert.equal(await dav.everything(), before)
      const anonymous = (user: string) => dav.app.request({ method: 'PROPFIND', url: `${FILES}/${user}/` })
      assert.equal((await anonymous('bob')).text, (await anonymous('bobby')).text)
    })

    test('an account that is deleted and made again finds nothing of the old one (bug class: orphans after deletion)', async () => {
      const { accounts } = dav.app.features
      const password = 'carols-password'
      const as = ['carol', password] as const
      const send = (method: string, url: string, headers = {}, body = '') =>
        dav.app.request({ method, url, as, headers, ...(body === '' ? {} : { body }) })
      const add = () => accounts.add({ userId: 'carol', password }, 'test')
      await add()
      const home = `${FILES}/carol`
      const lockinfo =
        '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>'
      const patch =
        '<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:set><d:prop><oc:favorite>1</oc:favorite><x xmlns="urn:x">dead</x></d:prop></d:set></d:propertyupdate>'
      assert.equal((await send('PUT', `${home}/kept.bin`, {}, 'k'.repeat(30_000))).status, 201)
      assert.equal((await send('PROPPATCH', `${home}/kept.bin`, {}, patch)).status, 207)
      assert.equal((await send('LOCK', `${home}/kept.bin`, {}, lockinfo)).status, 200)
      assert.equal((await send('LOCK', `${home}/free.bin`, {}, lockinfo)).status, 201)
      assert.equal((await send('MKCOL', `${UPLOADS}/carol/up`)).status, 201)
      assert.equal((await send('PUT', `${UPLOADS}/carol/up/1`, {}, 'c'.repeat(30_000))).status, 201)
      const { text } = await send('PROPFIND', `${home}/kept.bin`, { depth: '0' }, propfind('oc:fileid'))
      const fileId = /<oc:fileid>(\d+)</.exec(text)?.[1] ?? ''
      const direct = '/ocs/v2.php/apps/dav/api/v1/direct?format=json'
      const link = await send(
        'POST',
        direct,
        { 'ocs-apirequest': 'true', 'content-type': 'application/json' },
        JSON.stringify({ fileId }),
      )
      const { url } = link.json().ocs.data
      const { pathname } = new URL(url)
      assert.equal((await dav.app.request({ url: pathname })).status, 200)
      await accounts.remove(await accounts.get('carol'), 'test')
      await add()
      const assertNew = async (): Promise<void> => {
        assert.equal((await dav.app.request({ url: pathname })).status, 404)
        const all = await send(
          'PROPFIND',
          home,
          { depth: 'infinity' },
          propfind('d:lockdiscovery', 'oc:size', 'd:quota-used-bytes'),
        )
        assert.equal(all.text.match(/<d:response>/g)?.length, 1, all.text)
        assert.match(all.text, /<oc:size>0<.*<d:quota-used-bytes>0</s)
        assert.equal((await send('PROPFIND', `${UPLOADS}/carol/up`)).status, 404)
        const favorites =
          '<oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:getetag/></d:prop><oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>'
        assert.doesNotMatch((await send('REPORT', `${home}/`, {}, favorites)).text, /<d:response>/)
        const search =
          '<d:searchrequest xmlns:d="DAV:"><d:basicsearch><d:select><d:prop><d:getetag/></d:prop></d:select><d:from><d:scope><d:href>/files/carol</d:href></d:scope></d:from></d:basicsearch></d:searchrequest>'
        assert.doesNotMatch((await send('SEARCH', '/remote.php/dav/', {}, search)).text, /<d:response>/)
      }
      await assertNew()
      for (const feature of dav.app.features.list) await feature.sweep?.()
      await assertNew()
      for (const name of ['kept.bin', 'free.bin']) {
        assert.equal((await send('PUT', `${home}/${name}`, {}, 'new')).status, 201, 'no lock of the old one holds')
      }
      const made = await send('PROPFIND', `${home}/kept.bin`, { depth: '0' }, propfind('oc:fileid', 'oc:favorite'))
      assert.match(made.text, /<oc:favorite>0</)
      assert.doesNotMatch(made.text, new RegExp(`<oc:fileid>${fileId}<`), 'ids are never used again')
      const report = await dav.app.features.files.checking.check({ readsContent: true, repairs: false })
      assert.deepEqual(report.problems, [])
    })
  })
}
