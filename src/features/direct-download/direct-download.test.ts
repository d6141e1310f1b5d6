import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pino } from 'pino'
import { dumpDatabase } from '../../../test/helpers/dump.ts'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { signInAs } from '../../../test/helpers/sign-in.ts'
import {
  ADMIN_PASSWORD,
  createTestApp,
  OCS,
  type TestAnswer,
  type TestApp,
  type TestAppOptions,
} from '../../../test/helpers/test-app.ts'
import { createEvents } from '../../events/events.ts'
import { Fault } from '../../lib/fault.ts'
import { silentLog } from '../../lib/log.ts'
import { createDirectLinks, type DirectLinksDeps } from './service.ts'

const ALICE = ['alice', 'alice-password'] as const
const CONTENT = 'not really a film'
const DAY_S = 86_400

interface Scene {
  readonly app: TestApp
  readonly fileId: string
  /** Asks for a link; the parameters are those of a form. */
  ask(parameters: Readonly<Record<string, string>>, as?: readonly [string, string]): Promise<TestAnswer>
  /** The path of a new link to the file. */
  link(parameters?: Readonly<Record<string, string>>): Promise<string>
  get(url: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<TestAnswer>
  dav(method: string, path: string, headers?: Readonly<Record<string, string>>, body?: string): Promise<TestAnswer>
  rows(): Promise<number>
  sweep(): Promise<void>
}

async function createScene(options: TestAppOptions): Promise<Scene> {
  const app = await createTestApp(options)
  await app.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
  const dav: Scene['dav'] = (method, path, headers = {}, body) =>
    app.request({
      method,
      url: `/remote.php/dav/files/alice${path}`,
      headers,
      as: ALICE,
      ...(body === undefined ? {} : { body }),
    })
  const written = await dav('PUT', `/${encodeURIComponent('Fil"m ü.mp4')}`, {}, CONTENT)
  assert.equal(written.status, 201)
  const fileId = String(Number.parseInt(String(written.headers['oc-fileid']), 10))
  const ask: Scene['ask'] = (parameters, as = ALICE) =>
    app.request({
      method: 'POST',
      url: '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
      headers: { ...OCS, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(parameters).toString(),
      as,
    })
  return {
    app,
    fileId,
    ask,
    dav,
    async link(parameters = {}) {
      const answer = await ask({ fileId, ...parameters })
      assert.equal(answer.status, 200, answer.text)
      const { origin, pathname } = new URL(answer.json().ocs.data.url)
      assert.equal(origin, 'http://cloud.test')
      assert.match(pathname, /^\/remote\.php\/direct\/[A-Za-z0-9]{60}$/)
      return pathname
    },
    get: (url, headers = {}, method = 'GET') => app.request({ method, url, headers }),
    rows: async () => (await dumpDatabase(app.db.read, []))['direct_link']?.length ?? 0,
    async sweep() {
      for (const feature of app.features.list) await feature.sweep?.()
    },
  }
}

/** Everything of an answer that may differ from request to request left out. */
function shapeOf({ status, headers, text }: TestAnswer): object {
  const { date: _, 'x-request-id': __, ...rest } = headers
  return { status, headers: rest, text: text.replace(String(headers['x-request-id']), '') }
}

for (const database of ['sqlite', 'postgres'] as const) {
  const withScene = (
    name: string,
    run: (scene: Scene) => Promise<void>,
    options: Omit<TestAppOptions, 'database'> = {},
  ): void => {
    test(name, async () => {
      const scene = await createScene({ database, ...options })
      try {
        await run(scene)
      } finally {
        await scene.app.close()
      }
    })
  }

  describe(`direct links on ${database}`, () => {
    after(stopSharedPostgres)

    withScene(
      'open for 24 hours, or for as long as was asked for, and the job takes away what is over',
      async (scene) => {
        const usual = await scene.link()
        const short = await scene.link({ expirationTime: '60' })
        const longest = await scene.link({ expirationTime: String(DAY_S) })
        assert.equal(new Set([usual, short, longest]).size, 3, 'each link is another')
        for (const expirationTime of [String(DAY_S + 1), '0', '-1', 'soon', '1.5', '']) {
          assert.equal((await scene.ask({ fileId: scene.fileId, expirationTime })).status, 400, expirationTime)
        }
        assert.equal(await scene.rows(), 3, 'what is refused makes no link')

        scene.app.clock.advance(59_000)
        assert.equal((await scene.get(short)).text, CONTENT)
        scene.app.clock.advance(1_000)
        assert.equal((await scene.get(short)).status, 404)
        await scene.sweep()
        assert.equal(await scene.rows(), 2)
        scene.app.clock.advance((DAY_S - 61) * 1_000)
        for (const link of [usual, longest]) assert.equal((await scene.get(link)).text, CONTENT)
        scene.app.clock.advance(1_000)
        for (const link of [usual, longest]) assert.equal((await scene.get(link)).status, 404)
        await scene.sweep()
        assert.equal(await scene.rows(), 0)
      },
    )

    withScene(
      'open for as long as the server is set to',
      async (scene) => {
        const link = await scene.link()
        const { text } = await scene.ask({ fileId: scene.fileId, expirationTime: '3601' })
        assert.match(text, /less than or equal to 3600/)
        scene.app.clock.advance(3_599_000)
        assert.equal((await scene.get(link)).status, 200)
        scene.app.clock.advance(1_000)
        assert.equal((await scene.get(link)).status, 404)
      },
      { env: { CLOUDLET_DIRECT_LINK_SECONDS: '3600' } },
    )

    withScene('tell type, name and length, by HEAD as by GET, and serve every range', async ({ get, link }) => {
      const url = await link()
      const whole = await get(url)
      const { headers } = whole
      assert.equal(headers['content-type'], 'video/mp4')
      assert.equal(headers['content-disposition'], "inline; filename*=UTF-8''Fil%22m%20%C3%BC.mp4")
      assert.equal(headers['accept-ranges'], 'bytes')
      assert.equal(headers['set-cookie'], undefined)
      const head = await get(url, {}, 'HEAD')
      assert.equal(head.text, '')
      assert.deepEqual({ ...shapeOf(head), text: '' }, { ...shapeOf(whole), text: '' })
      for (const [range, wanted] of [
        ['bytes=0-', CONTENT],
        ['bytes=4-9', CONTENT.slice(4, 10)],
        ['bytes=-4', CONTENT.slice(-4)],
        ['bytes=4-999', CONTENT.slice(4)],
      ] as const) {
        const part = await get(url, { range })
        assert.deepEqual([part.status, part.text, part.headers['content-type']], [206, wanted, 'video/mp4'], range)
        assert.equal(part.headers['content-length'], String(wanted.length))
        const partHead = await get(url, { range }, 'HEAD')
        assert.deepEqual([partHead.status, partHead.headers['content-range']], [206, part.headers['content-range']])
      }
      const etag = String(headers['etag'])
      assert.equal((await get(url, { range: 'bytes=4-', 'if-range': etag })).status, 206)
      assert.equal((await get(url, { range: 'bytes=4-', 'if-range': '"another"' })).text, CONTENT)
      assert.equal((await get(url, { 'if-none-match': etag })).status, 304)
    })

    withScene('can do nothing but be read', async ({ get, dav, link }) => {
      const url = await link()
      const state = async (): Promise<string> => (await dav('PROPFIND', '/', { depth: '1' })).text
      const before = await state()
      const destination = 'http://cloud.test/remote.php/dav/files/alice/copy'
      for (const method of ['PUT', 'DELETE', 'MKCOL', 'PROPPATCH', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'PATCH', 'POST']) {
        for (const path of [url, `${url}/below`, '/remote.php/direct/']) {
          const { status } = await get(path, { destination }, method)
          assert.ok([400, 403, 404, 405, 415, 501].includes(status), `${method} ${path}: ${status}`)
        }
      }
      assert.equal(await state(), before)
      assert.equal((await get(url)).text, CONTENT)
    })

    withScene(
      'that are dead are all the same: expired, without their file or account, disabled, guessed, malformed (bug class: token oracle)',
      async (scene) => {
        const { app, get, dav, link } = scene
        const { accounts } = app.features
        const guessed = `/remote.php/direct/${'a'.repeat(60)}`
        const answersOf = async (url: string): Promise<object[]> =>
          Promise.all([
            get(url).then(shapeOf),
            get(url, {}, 'HEAD').then(shapeOf),
            get(url, { range: 'bytes=0-3' }).then(shapeOf),
            get(url, { 'if-none-match': '*' }).then(shapeOf),
            get(url, { depth: '0' }, 'PROPFIND').then(shapeOf),
          ])
        const wanted = await answersOf(guessed)
        assert.ok(wanted.every((answer) => (answer as TestAnswer).status === 404))

        const expired = await link({ expirationTime: '60' })
        const live = await link()
        app.clock.advance(60_000)
        const malformed = ['a', 'a'.repeat(61), 'a'.repeat(6_000), 'ä%20%22', '..%2f', "'or'1'='1", 'null', '-']
        const nearly = live.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
        const dead = [expired, nearly, `${live}a`, ...malformed.map((token) => `/remote.php/direct/${token}`)]
        for (const url of dead) assert.deepEqual(await answersOf(url), wanted, url.slice(0, 120))
        assert.equal((await get(`${live}/below`)).status, 404)
        assert.equal((await get(live)).text, CONTENT)

        await accounts.setEnabled(await accounts.get('alice'), false, 'test')
        assert.deepEqual(await answersOf(live), wanted, 'the owner is disabled')
        await accounts.setEnabled(await accounts.get('alice'), true, 'test')
        assert.equal((await get(live)).text, CONTENT)
        assert.equal((await dav('DELETE', `/${encodeURIComponent('Fil"m ü.mp4')}`)).status, 204)
        assert.deepEqual(await answersOf(live), wanted, 'the file is gone')
        assert.equal(await scene.rows(), 0, 'links go with their file')
      },
    )

    withScene('go with the account, and do not come back with its name (bug class: orphans)', async (scene) => {
      const { accounts } = scene.app.features
      const url = await scene.link()
      await accounts.remove(await accounts.get('alice'), 'test')
      assert.equal((await scene.get(url)).status, 404)
      await accounts.add({ userId: 'alice', password: ALICE[1] }, 'test')
      await scene.dav('PUT', '/new.mp4', {}, 'new')
      assert.equal((await scene.get(url)).status, 404)
      assert.equal(await scene.rows(), 0)
    })

    withScene(
      'end with what asked for them, but not with a session (bug class: access that lingers)',
      async ({ app, ask, get, fileId }) => {
        const { accounts, auth } = app.features
        const { row } = await accounts.get('alice')
        const { appPasswords } = auth
        const byAppPassword = async () => {
          const { id, secret } = await appPasswords.add(row.id, 'player', 'test')
          return { as: ['alice', secret] as const, id, secret }
        }
        const linkOf = async (headers: Readonly<Record<string, string>>, as?: readonly [string, string]) => {
          const type = { 'content-type': 'application/x-www-form-urlencoded' }
          const answer = await app.request({
            method: 'POST',
            url: '/ocs/v2.php/apps/dav/api/v1/direct?format=json',
            headers: { ...OCS, ...type, ...headers },
            body: `fileId=${fileId}`,
            ...(as === undefined ? {} : { as }),
          })
          return new URL(answer.json().ocs.data.url).pathname
        }
        const opens = async (url: string, isOpen: boolean, what: string): Promise<void> => {
          assert.equal((await get(url)).status, isOpen ? 200 : 404, what)
        }
        const devices = await Promise.all(Array.from({ length: 5 }, byAppPassword))
        const links = await Promise.all(devices.map(({ as }) => linkOf({}, as)))
        const [revoked, wiped, done, rotated, kept] = devices
        const [ofRevoked = '', ofWiped = '', ofDone = '', ofRotated = '', ofKept = ''] = links
        for (const link of links) await opens(link, true, 'before')
        await appPasswords.remove(row.id, revoked?.id ?? 0, 'test')
        await appPasswords.askForWipe(row.id, 'test', wiped?.id)
        await appPasswords.askForWipe(row.id, 'test', done?.id)
        await appPasswords.finishWipe(done?.secret ?? '')
        await appPasswords.rotate(row.id, rotated?.id ?? 0, 'test')
        await opens(ofRevoked, false, 'revoked')
        await opens(ofWiped, false, 'to be wiped')
        await opens(ofDone, false, 'wiped')
        await opens(ofRotated, true, 'the same device with a new secret')
        assert.equal((await ask({ fileId }, revoked?.as)).status, 401)

        const browser = await signInAs(app, ...ALICE)
        const ofSession = await linkOf({ cookie: browser.cookie() })
        const ofPassword = await linkOf({}, ALICE)
        await browser.post('/logout', {})
        await opens(ofSession, true, 'signed out')
        app.clock.advance(1)
        const change = new URLSearchParams({ key: 'password', value: 'another-password-of-alice' }).toString()
        const changed = await app.request({
          method: 'PUT',
          url: '/ocs/v2.php/cloud/users/alice',
          headers: { ...OCS, 'content-type': 'application/x-www-form-urlencoded' },
          body: change,
          as: ['admin', ADMIN_PASSWORD],
        })
        assert.equal(changed.status, 200, changed.text)
        await opens(ofSession, false, 'a new password')
        await opens(ofPassword, false, 'a new password')
        await opens(ofKept, true, 'an app password outlives it')
        await opens(await linkOf({}, kept?.as), true, 'new ones are made')
      },
    )

    withScene('are made for own files alone; of others nothing is told', async ({ app, ask, fileId }) => {
      const admin = ['admin', ADMIN_PASSWORD] as const
      const foreign = await ask({ fileId }, admin)
      for (const id of ['99999999', '0', '-1', '1e3', 'x', '9'.repeat(32), '1 or 1=1']) {
        assert.deepEqual(shapeOf(await ask({ fileId: id }, admin)), shapeOf(foreign), id)
      }
      assert.equal(foreign.status, 404)
      for (const parameters of [{}, { fileId: '' }]) {
        assert.ok([400, 404].includes((await ask(parameters, admin)).status))
      }
      const anonymous = await app.request({
        method: 'POST',
        url: '/ocs/v2.php/apps/dav/api/v1/direct',
        headers: OCS,
        body: `fileId=${fileId}`,
      })
      assert.equal(anonymous.status, 401)
    })

    withScene('that are guessed or come with wrong credentials lock nobody out', async ({ app, get, link }) => {
      const url = await link()
      const wrong = { authorization: `Basic ${Buffer.from('alice:wrong').toString('base64')}` }
      for (let round = 0; round < 60; round++) {
        assert.equal((await get(`/remote.php/direct/${String(round).padStart(60, 'x')}`)).status, 404)
        assert.equal((await get(url, wrong)).text, CONTENT)
      }
      const signedIn = await app.request({ url: '/ocs/v2.php/cloud/user', headers: OCS, as: ALICE })
      assert.equal(signedIn.status, 200)
    })

    test('stand nowhere: not in the database, its log, any file, or what is logged (bug class: secrets in logs)', async () => {
      let logged = ''
      const sink = {
        write(line: string) {
          logged += line
        },
      }
      const { app, dav, get, link, rows } = await createScene({
        database,
        log: pino({ level: 'trace' }, sink),
        env: { CLOUDLET_LOG_LEVEL: 'debug' },
      })
      try {
        const url = await link()
        await get(url)
        await get(url, { range: 'bytes=500-' })
        await get(`${url}/below`)
        await get(url, {}, 'PUT')
        await get(`${url}?query`, { depth: '0' }, 'PROPFIND')
        await dav('MOVE', `/${encodeURIComponent('Fil"m ü.mp4')}`, { destination: `http://cloud.test${url}` })
        for (const feature of app.features.list) await feature.sweep?.()
        assert.equal(await rows(), 1)
        const token = url.slice(url.lastIndexOf('/') + 1)
        const stored = JSON.stringify(await dumpDatabase(app.db.read, []))
        const files = readdirSync(app.dataFolder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
        // What is looked at holds what was done: a test that sees nothing would find nothing.
        assert.match(logged, /remote\.php\/direct\//)
        assert.match(stored, /token_digest/)
        assert.ok(database === 'postgres' || files.some((bytes) => bytes.includes('direct_link')))
        // Half of it would be too much already.
        for (const part of [token.slice(0, 30), token.slice(30), Buffer.from(token).toString('base64').slice(0, 40)]) {
          assert.ok(!logged.includes(part), 'in the log')
          assert.ok(!stored.includes(part), 'in the database')
          assert.ok(!files.some((bytes) => bytes.includes(part)), 'in the data folder')
        }
      } finally {
        await app.close()
      }
    })

    withScene(
      'are read while nothing can be written: that one was opened is not worth refusing it',
      async ({ app, fileId }) => {
        const node = await app.features.files.findNode(Number(fileId))
        const { row } = await app.features.accounts.get('alice')
        const full = async (): Promise<never> => {
          throw new Fault('no-space', 'The disk of the database is full')
        }
        const deps: DirectLinksDeps = {
          db: app.db,
          clock: app.clock,
          events: createEvents({ db: app.db, jobs: app.jobs, log: silentLog }),
          maxSeconds: DAY_S,
          findNode: async () => node,
          isWithin: async () => true,
          ownerOf: async () => row.id,
          isGranted: async () => true,
        }
        const token = await createDirectLinks(deps).make({ accountId: row.id }, Number(fileId), undefined)
        const onFullDisk = createDirectLinks({ ...deps, db: { ...app.db, read: app.db.read, write: full } })
        assert.equal((await onFullDisk.open(token))?.id, Number(fileId))
      },
    )
  })
}
