import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { LOCKINFO, propfind, proppatch } from '../helpers/dav.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { connectPush } from '../helpers/push-client.ts'
import {
  ADMIN_PASSWORD,
  createTestApp,
  OCS,
  type TestAnswer,
  type TestApp,
  type TestRequest,
} from '../helpers/test-app.ts'

const HOME = '/remote.php/dav/files/admin'
const CAPABILITIES = '/ocs/v2.php/cloud/capabilities?format=json'
const PROPERTIES = propfind('d:getetag', 'oc:size', 'oc:permissions', 'nc:contained-file-count', 'oc:fileid')

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`files by app passwords with limits, on ${database}`, () => {
    let app: TestApp
    let accountId = 0
    const ids = new Map<string, number>()
    before(async () => {
      app = await createTestApp({ database })
      accountId = (await app.features.accounts.get('admin')).row.id
      for (const path of ['/Work', '/Work/Plans', '/Work/Plans/Old', '/Private', '/Work/Plansx'])
        await full('MKCOL', path)
      for (const path of [
        '/top.txt',
        '/Work/beside.txt',
        '/Work/Plans/in.txt',
        '/Work/Plans/Old/deep.txt',
        '/Private/secret.txt',
      ]) {
        const answer = await full('PUT', path, {}, `content of ${path}`)
        assert.equal(answer.status, 201)
        ids.set(path, Number.parseInt(String(answer.headers['oc-fileid']), 10))
      }
    })
    after(async () => {
      await app.close()
      if (database === 'postgres') await stopSharedPostgres()
    })

    type Headers = Readonly<Record<string, string>>
    const by =
      (secret: string) =>
      (method: string, path: string, headers: Headers = {}, body?: string): Promise<TestAnswer> => {
        const url = path.startsWith('/remote.php') || path.startsWith('/ocs') ? path : `${HOME}${path}`
        const request: TestRequest = { method, url, headers, as: ['admin', secret] }
        return app.request(body === undefined ? request : { ...request, body })
      }
    const full = (method: string, path: string, headers?: Headers, body?: string) =>
      by(ADMIN_PASSWORD)(method, path, headers, body)
    const folderOf = (path: string) => app.features.files.folderAt(accountId, path)
    const make = async (limits: object): Promise<ReturnType<typeof by>> =>
      by((await app.features.auth.appPasswords.add(accountId, 'limited', 'test', limits)).secret)
    const makeForPlans = async (limits: object = {}) => make({ folderId: await folderOf('/Work/Plans'), ...limits })
    const hrefs = ({ text }: TestAnswer): string[] =>
      [...text.matchAll(/<d:href>([^<]*)<\/d:href>/g)].map(([, href = '']) => href.replace(HOME, '')).toSorted()
    const everything = async (): Promise<string> =>
      (await full('PROPFIND', '/', { depth: 'infinity' }, PROPERTIES)).text

    test('read only: reads everything, and no verb changes anything', async () => {
      const reader = await make({ isReadOnly: true })
      const unchanged = await everything()
      assert.equal((await reader('GET', '/Private/secret.txt')).text, 'content of /Private/secret.txt')
      const listed = await reader('PROPFIND', '/', { depth: 'infinity' }, PROPERTIES)
      assert.equal(hrefs(listed).length, hrefs(await full('PROPFIND', '/', { depth: 'infinity' }, PROPERTIES)).length)
      const letters = [...listed.text.matchAll(/<oc:permissions>(\w*)</g)].map(([, found]) => found)
      assert.deepEqual(new Set(letters), new Set(['G']), 'clients see that they need not try')
      const destination = `http://cloud.test${HOME}/moved.txt`
      const attempts: [string, string, Headers, string?][] = [
        ['PUT', '/top.txt', {}, 'x'],
        ['PUT', '/new.txt', {}, 'x'],
        ['MKCOL', '/New', {}],
        ['DELETE', '/top.txt', {}],
        ['MOVE', '/top.txt', { destination }],
        ['COPY', '/top.txt', { destination }],
        ['PROPPATCH', '/top.txt', {}, proppatch('<oc:favorite>1</oc:favorite>')],
        ['LOCK', '/top.txt', {}, LOCKINFO],
        ['UNLOCK', '/top.txt', { 'lock-token': '<opaquelocktoken:x>' }],
        ['PATCH', '/top.txt', { 'x-recalculate-hash': 'md5' }],
        ['MKCOL', '/remote.php/dav/uploads/admin/upload', {}],
        ['PUT', '/remote.php/dav/uploads/admin/upload/1', {}, 'x'],
      ]
      for (const [method, path, headers, body] of attempts) {
        const answer = await reader(method, path, headers, body)
        assert.equal(answer.status, 403, `${method} ${path}: ${answer.text}`)
      }
      assert.equal(await everything(), unchanged)
    })

    test('one folder: the way to it, the folder, and nothing else is there', async () => {
      const limited = await makeForPlans()
      for (const depth of ['1', 'infinity']) {
        const root = await limited('PROPFIND', '/', { depth }, PROPERTIES)
        assert.equal(root.status, 207)
        const below = ['/Work/Plans/', '/Work/Plans/Old/', '/Work/Plans/Old/deep.txt', '/Work/Plans/in.txt']
        assert.deepEqual(hrefs(root), ['/', '/Work/', ...(depth === '1' ? [] : below)])
      }
      const work = await limited('PROPFIND', '/Work', { depth: '1' }, PROPERTIES)
      assert.deepEqual(hrefs(work), ['/Work/', '/Work/Plans/'])
      const sizes = [...work.text.matchAll(/<oc:size>(\d+)</g)].map(([, size]) => size)
      assert.equal(sizes[0], sizes[1], 'what is beside the way does not show in sizes')
      assert.match(work.text, /<nc:contained-file-count>0</)
      assert.deepEqual(
        [...work.text.matchAll(/<oc:permissions>(\w*)</g)].map(([, letters]) => letters),
        ['G', 'GCK'],
      )
      const paged = await limited('PROPFIND', '/', { depth: '1', 'x-nc-paginate': 'true', 'x-nc-paginate-count': '10' })
      assert.deepEqual(hrefs(paged), ['/', '/Work/'])
      for (const path of [
        '/top.txt',
        '/Private',
        '/Private/secret.txt',
        '/Work/beside.txt',
        '/Work/Plansx',
        '/nothing',
      ]) {
        for (const method of ['GET', 'HEAD', 'PROPFIND']) {
          assert.equal((await limited(method, path)).status, 404, `${method} ${path}`)
        }
      }
      for (const home of [HOME, '/remote.php/webdav', '/remote.php/files']) {
        assert.equal((await limited('GET', `${home}/Work/Plans/in.txt`)).status, 200)
        assert.equal((await limited('GET', `${home}/top.txt`)).status, 404)
      }
    })

    test('an etag above the folder changes with the folder, not with what is beside it', async () => {
      const limited = await makeForPlans()
      const etag = async (): Promise<string> =>
        /<d:getetag>([^<]*)</.exec((await limited('PROPFIND', '/', { depth: '0' }, PROPERTIES)).text)?.[1] ?? ''
      const first = await etag()
      await full('PUT', '/Private/secret.txt', {}, 'content of /Private/secret.txt')
      assert.equal(await etag(), first)
      await full('PUT', '/Work/Plans/in.txt', {}, 'content of /Work/Plans/in.txt')
      assert.notEqual(await etag(), first)
    })

    test('inside of its folder it does everything', async () => {
      const limited = await makeForPlans()
      const to = (path: string): Headers => ({ destination: `http://cloud.test${HOME}${path}` })
      const steps: [string, string, Headers, string | undefined, number][] = [
        ['PUT', '/Work/Plans/new.txt', {}, 'new', 201],
        ['MKCOL', '/Work/Plans/Sub', {}, undefined, 201],
        ['MOVE', '/Work/Plans/new.txt', to('/Work/Plans/Sub/new.txt'), undefined, 201],
        ['COPY', '/Work/Plans/Sub', to('/Work/Plans/Sub2'), undefined, 201],
        ['PUT', '/Work/Plans/a/b/c.txt', { 'x-nc-webdav-auto-mkcol': '1' }, 'deep', 201],
        ['PROPPATCH', '/Work/Plans/Sub/new.txt', {}, proppatch('<oc:favorite>1</oc:favorite>'), 207],
        ['PATCH', '/Work/Plans/Sub/new.txt', { 'x-recalculate-hash': 'sha1' }, undefined, 204],
        ['LOCK', '/Work/Plans/Sub/new.txt', { timeout: 'Second-1' }, LOCKINFO, 200],
      ]
      for (const [method, path, headers, body, status] of steps) {
        const answer = await limited(method, path, headers, body)
        assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
      }
      app.clock.advance(2_000)
      for (const path of ['Sub', 'Sub2', 'a'])
        assert.equal((await limited('DELETE', `/Work/Plans/${path}`)).status, 204)
    })

    test('no verb reaches out of its folder, nor takes the folder itself away', async () => {
      const limited = await makeForPlans()
      const unchanged = await everything()
      const to = (path: string): Headers => ({ destination: `http://cloud.test${HOME}${path}` })
      const attempts: [string, string, Headers, string?][] = [
        ['PUT', '/new.txt', {}, 'x'],
        ['PUT', '/top.txt', {}, 'x'],
        ['PUT', '/Work/new.txt', {}, 'x'],
        ['PUT', '/Private/a/b.txt', { 'x-nc-webdav-auto-mkcol': '1' }, 'x'],
        ['PUT', '/Work/Plans', {}, 'x'],
        ['MKCOL', '/New', {}],
        ['DELETE', '/Work/Plans', {}],
        ['DELETE', '/Work', {}],
        ['DELETE', '/top.txt', {}],
        ['MOVE', '/Work/Plans', to('/Plans')],
        ['MOVE', '/Work/Plans/in.txt', to('/in.txt')],
        ['MOVE', '/Work/Plans/in.txt', to('/Work/Plansx/in.txt')],
        ['MOVE', '/Work/Plans/in.txt', to('/Work/Plans/../in.txt')],
        ['MOVE', '/Work/Plans/in.txt', to('/Work/Plans/%2e%2e/in.txt')],
        ['COPY', '/Work/Plans/in.txt', to('/top.txt')],
        ['COPY', '/Private/secret.txt', to('/Work/Plans/stolen.txt')],
        ['COPY', '/Private', to('/Work/Plans/Stolen')],
        ['COPY', '/Work', to('/Work/Plans/Stolen')],
        ['COPY', '/', to('/Work/Plans/Stolen')],
        ['MOVE', '/Private/secret.txt', to('/Work/Plans/stolen.txt')],
        ['PROPPATCH', '/', {}, proppatch('<oc:favorite>1</oc:favorite>')],
        ['PROPPATCH', '/top.txt', {}, proppatch('<oc:favorite>1</oc:favorite>')],
        ['LOCK', '/', {}, LOCKINFO],
        ['LOCK', '/Work', {}, LOCKINFO],
        ['LOCK', '/other.txt', {}, LOCKINFO],
        ['PATCH', '/top.txt', { 'x-recalculate-hash': 'md5' }],
      ]
      for (const [method, path, headers, body] of attempts) {
        const answer = await limited(method, path, headers, body)
        const said = `${method} ${path} ${headers['destination'] ?? ''}: ${answer.status} ${answer.text}`
        assert.ok([400, 403, 404].includes(answer.status), said)
      }
      assert.equal(await everything(), unchanged)
    })

    test('search, favourites and conditions know nothing of what is outside', async () => {
      const limited = await makeForPlans()
      for (const path of ['/top.txt', '/Work/Plans/Old/deep.txt']) {
        assert.equal((await full('PROPPATCH', path, {}, proppatch('<oc:favorite>1</oc:favorite>'))).status, 207)
      }
      const favorites =
        '<oc:filter-files xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop><oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules></oc:filter-files>'
      assert.deepEqual(hrefs(await limited('REPORT', '/', {}, favorites)), ['/Work/Plans/Old/deep.txt'])
      const search = (scope: string): string =>
        `<d:searchrequest xmlns:d="DAV:"><d:basicsearch><d:select><d:prop><d:getetag/></d:prop></d:select><d:from><d:scope><d:href>/files/admin${scope}</d:href><d:depth>infinity</d:depth></d:scope></d:from><d:where><d:like><d:prop><d:displayname/></d:prop><d:literal>%.txt</d:literal></d:like></d:where></d:basicsearch></d:searchrequest>`
      const inside = ['/Work/Plans/Old/deep.txt', '/Work/Plans/in.txt']
      const find = (scope: string) =>
        limited('SEARCH', '/remote.php/dav/', { 'content-type': 'text/xml' }, search(scope))
      for (const scope of ['', '/Work', '/Work/Plans']) assert.deepEqual(hrefs(await find(scope)), inside, scope)
      assert.deepEqual(hrefs(await find('/Work/Plans/Old')), inside.slice(0, 1))
      for (const scope of ['/Private', '/Work/Plansx']) assert.equal((await find(scope)).status, 404)
      // An `If` header that names another file tells nothing of its etag.
      const secret = (await full('HEAD', '/Private/secret.txt')).headers['etag']
      const tagged = { if: `<http://cloud.test${HOME}/Private/secret.txt> ([${String(secret)}])` }
      assert.equal((await limited('PUT', '/Work/Plans/in.txt', tagged, 'x')).status, 412)
      assert.equal((await full('PUT', '/Work/Plans/in.txt', tagged, 'content of /Work/Plans/in.txt')).status, 204)
    })

    test('the folder is meant, not its name: it may be moved, and one put in its place stays shut', async () => {
      await full('MKCOL', '/Moving')
      await full('PUT', '/Moving/x.txt', {}, 'x')
      const limited = await make({ folderId: await folderOf('/Moving') })
      assert.equal((await limited('GET', '/Moving/x.txt')).status, 200)
      await full('MOVE', '/Moving', { destination: `http://cloud.test${HOME}/Work/Moved` })
      await full('MKCOL', '/Moving')
      await full('PUT', '/Moving/y.txt', {}, 'y')
      assert.equal((await limited('GET', '/Work/Moved/x.txt')).status, 200)
      assert.equal((await limited('GET', '/Moving/y.txt')).status, 404)
      await full('DELETE', '/Work/Moved')
      const root = await limited('PROPFIND', '/', { depth: 'infinity' }, PROPERTIES)
      assert.deepEqual([root.status, hrefs(root)], [207, ['/']])
      assert.equal((await limited('PUT', '/Work/Moved/z.txt', {}, 'z')).status, 403)
      await full('DELETE', '/Moving')
    })

    test('a name in another Unicode form is the same name (bug class: path normalised after validation)', async () => {
      await full('MKCOL', `/${encodeURIComponent('Caf\u00e9')}`)
      const limited = await make({ folderId: await folderOf('/Caf\u00e9') })
      for (const name of ['Caf\u00e9', 'Cafe\u0301']) {
        const path = `/${encodeURIComponent(name)}`
        assert.equal((await limited('PUT', `${path}/x.txt`, {}, 'x')).status, name === 'Caf\u00e9' ? 201 : 204)
        assert.equal((await limited('GET', `${path}/x.txt`)).text, 'x')
      }
      for (const path of [
        '/Caf%c3%a9/../top.txt',
        '/Caf%c3%a9/%2e%2e/top.txt',
        '/Caf%c3%a9%2f..%2ftop.txt',
        '//top.txt',
      ]) {
        assert.ok([400, 404].includes((await limited('GET', path)).status), path)
      }
      await full('DELETE', `/${encodeURIComponent('Caf\u00e9')}`)
    })

    test('uploads in chunks go into its folder, and are its own', async () => {
      const limited = await makeForPlans()
      const uploads = '/remote.php/dav/uploads/admin'
      const to = (path: string): Headers => ({ destination: `http://cloud.test${HOME}${path}` })
      assert.equal((await full('MKCOL', `${uploads}/shared-name`)).status, 201)
      assert.equal((await full('PUT', `${uploads}/shared-name/1`, {}, 'private chunk')).status, 201)
      const stolen = await limited('MOVE', `${uploads}/shared-name/.file`, to('/Work/Plans/stolen.txt'))
      assert.equal(stolen.status, 404)
      assert.equal((await limited('PROPFIND', `${uploads}/shared-name`)).status, 404)
      assert.equal((await limited('DELETE', `${uploads}/shared-name`)).status, 404)
      assert.equal((await limited('MKCOL', `${uploads}/shared-name`)).status, 201)
      assert.equal((await limited('PUT', `${uploads}/shared-name/1`, {}, 'own chunk')).status, 201)
      assert.match(
        (await limited('PROPFIND', `${uploads}/shared-name`, { depth: '1' })).text,
        /uploads\/admin\/shared-name\/1</,
      )
      assert.equal((await limited('MOVE', `${uploads}/shared-name/.file`, to('/stolen.txt'))).status, 403)
      assert.equal((await limited('MOVE', `${uploads}/shared-name/.file`, to('/Work/Plans/up.txt'))).status, 201)
      assert.equal((await limited('GET', '/Work/Plans/up.txt')).text, 'own chunk')
      assert.equal((await full('MOVE', `${uploads}/shared-name/.file`, to('/up.txt'))).status, 201)
      assert.equal((await full('GET', '/up.txt')).text, 'private chunk')
      const prefixed = await full('MKCOL', `${uploads}/1%2fname`)
      assert.equal(prefixed.status, 400, 'nobody gives an upload the name of somebody else’s')
    })

    test('direct links: for files of its folder, as long as they are there, and not longer than itself', async () => {
      const limited = await makeForPlans({ isReadOnly: true, endsAtMs: app.clock.nowMs() + 60_000 })
      const link = (path: string) =>
        limited(
          'POST',
          '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
          { ...OCS, 'content-type': 'application/json' },
          JSON.stringify({ fileId: String(ids.get(path)) }),
        )
      for (const path of ['/top.txt', '/Private/secret.txt', '/Work/beside.txt'])
        assert.equal((await link(path)).status, 404)
      const made = await link('/Work/Plans/Old/deep.txt')
      assert.equal(made.status, 200)
      const { pathname } = new URL(made.json().ocs.data.url)
      const open = async () => (await app.request({ url: pathname })).status
      assert.equal(await open(), 200)
      await full('MOVE', '/Work/Plans/Old/deep.txt', { destination: `http://cloud.test${HOME}/deep.txt` })
      assert.equal(await open(), 404)
      await full('MOVE', '/deep.txt', { destination: `http://cloud.test${HOME}/Work/Plans/Old/deep.txt` })
      assert.equal(await open(), 200)
      app.clock.advance(61_000)
      assert.equal(await open(), 404)
    })

    test('capabilities of a single folder announce nothing that it cannot have', async () => {
      const names = async (ask: ReturnType<typeof by>): Promise<string[]> =>
        Object.keys((await ask('GET', CAPABILITIES, OCS)).json().ocs.data.capabilities)
      const reader = await names(await make({ isReadOnly: true }))
      assert.ok(reader.includes('notifications') && reader.includes('notify_push'))
      const folder = await names(await makeForPlans())
      assert.ok(folder.includes('files') && !folder.includes('notifications') && !folder.includes('notify_push'))
    })

    test('the websocket: to read it is open, for a single folder it is shut and the client keeps its password', async () => {
      const base = await app.listen()
      const { appPasswords } = app.features.auth
      const say = async (limits: object): Promise<string> => {
        const { secret } = await appPasswords.add(accountId, 'socket', 'test', limits)
        const client = await connectPush(base)
        client.say('admin', secret)
        const answer = await client.next()
        await client.close()
        return answer
      }
      assert.equal(await say({ isReadOnly: true }), 'authenticated')
      const refusal = await say({ folderId: await folderOf('/Work/Plans') })
      assert.match(refusal, /^err: /)
      assert.notEqual(refusal, 'err: Invalid credentials')
    })
  })
}
