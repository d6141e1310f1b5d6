import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { stopSharedStub } from '../../../test/helpers/blob-stores.ts'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type Cookies,
  type Lies,
  type LyingProvider,
  startLyingProvider,
  startProvider,
  type TestProvider,
} from '../../../test/helpers/oidc.ts'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createTestBrowser, signInAs, type TestBrowser } from '../../../test/helpers/sign-in.ts'
import {
  createTestApp,
  OCS,
  type TestAnswer,
  type TestApp,
  type TestAppOptions,
} from '../../../test/helpers/test-app.ts'

const USER = '/ocs/v2.php/cloud/user?format=json'
const BACK_CHANNEL = '/login/oidc/backchannel-logout'
const FORM = 'application/x-www-form-urlencoded'

const carol = { sub: 'subject-1', preferred_username: 'carol', name: 'Carol' }

const now = Math.floor(Date.now() / 1_000)
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
type Claims = Record<string, unknown>

const withClaims =
  (more: object) =>
  (claims: Claims): Claims => ({ ...claims, ...more })
const without =
  (...names: readonly string[]) =>
  (claims: Claims): Claims =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))

const LIES: Readonly<Record<string, Lies>> = {
  'no signature': { header: { alg: 'none' } },
  'a signature with another key': { isForged: true },
  'the public key as a secret': { header: { alg: 'HS256' } },
  'a key that nobody has': { header: { kid: 'key-2' } },
  'a key of its own': { header: { kid: undefined, jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }, isForged: true },
  'an extension that nobody knows': { header: { crit: ['x'], x: 1 } },
  'the type of an access token': { header: { typ: 'at+jwt' } },
  'another issuer': { claims: withClaims({ iss: 'https://evil.example' }) },
  'another audience': { claims: withClaims({ aud: 'somebody-else' }) },
  'no audience': { claims: without('aud') },
  'a nonce, as ID tokens have': { claims: withClaims({ nonce: 'x' }) },
  'an empty nonce': { claims: withClaims({ nonce: null }) },
  'an ID token': { claims: (claims) => without('events')({ ...claims, nonce: 'x' }), header: { typ: 'JWT' } },
  'no event': { claims: without('events') },
  'another event': { claims: withClaims({ events: { 'https://example.org/other': {} } }) },
  'an event that is no object': { claims: withClaims({ events: { [EVENT]: true } }) },
  'neither subject nor session': { claims: without('sub', 'sid') },
  'a subject that is no text': { claims: withClaims({ sub: 7 }) },
  'a session that is no text': { claims: withClaims({ sid: ['session'] }) },
  'an endless name of a session': { claims: withClaims({ sid: 'x'.repeat(2_000) }) },
  'no name of its own': { claims: without('jti') },
  'no time': { claims: without('iat') },
  'no end': { claims: without('exp') },
  'a time long past': { claims: withClaims({ iat: now - 3_600, exp: now + 3_600 }) },
  'an end that is past': { claims: withClaims({ iat: now - 120, exp: now - 60 }) },
  'a time to come': { claims: withClaims({ iat: now + 3_600, exp: now + 7_200 }) },
}

const subjectAlone = (claims: Claims): Claims => {
  // A sign-out ends what was begun before it, and in the same second nobody knows what came first.
  return { ...claims, iat: Number(claims['iat']) - 5 }
}

async function createApp(issuer: string, options: TestAppOptions): Promise<TestApp> {
  const env = {
    CLOUDLET_OIDC_ISSUER: issuer,
    CLOUDLET_OIDC_CLIENT_ID: CLIENT_ID,
    CLOUDLET_OIDC_CLIENT_SECRET: CLIENT_SECRET,
  }
  const app = await createTestApp({ ...options, env })
  // Providers have the clock of the machine.
  app.clock.advance(Date.now() - app.clock.nowMs())
  return app
}

const post = (app: TestApp, body: string, type = FORM): Promise<TestAnswer> =>
  app.request({ method: 'POST', url: BACK_CHANNEL, headers: { 'content-type': type }, body })
const send = (app: TestApp, token: string): Promise<TestAnswer> =>
  post(app, new URLSearchParams({ logout_token: token }).toString())
const pathOf = (location: unknown): string => String(location).replace('http://cloud.test', '')
const isIn = async (browser: TestBrowser): Promise<boolean> => (await browser.get(USER, OCS)).status === 200

/** A browser that has signed in at the provider; `cookies` are those that it has there. */
async function signIn(app: TestApp, { visit }: Pick<TestProvider, 'visit'>, cookies?: Cookies): Promise<TestBrowser> {
  const browser = createTestBrowser(app)
  const begun = await browser.get('/login/oidc')
  const answer = await browser.get(pathOf(await visit(String(begun.headers['location']), cookies)))
  assert.equal(answer.status, 303, answer.text)
  assert.ok(await isIn(browser))
  return browser
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`signing out at the identity provider, on ${database}`, () => {
    after(stopSharedPostgres)

    /** Two browsers of one person, each with a session of its own at the provider, and what is not the provider's. */
    async function world(namesSessions: boolean, work: (app: TestApp, provider: TestProvider) => Promise<void>) {
      const provider = await startProvider({ namesSessions })
      const app = await createApp(provider.issuer, { database })
      provider.person = carol
      provider.callBack = async (form) => (await post(app, form)).status
      try {
        await work(app, provider)
      } finally {
        await app.close()
        await provider.close()
      }
    }

    test('ends the sessions of that session there, and no others', () =>
      world(true, async (app, provider) => {
        const [one, other]: [Cookies, Cookies] = [new Map(), new Map()]
        const browsers = [await signIn(app, provider, one), await signIn(app, provider, one)]
        const elsewhere = await signIn(app, provider, other)
        const { row } = await app.features.accounts.get('carol')
        const { secret } = await app.features.auth.appPasswords.add(row.id, 'phone', 'test')
        assert.deepEqual(await provider.signOut(one), [200])
        for (const browser of browsers) assert.equal(await isIn(browser), false)
        assert.equal(await isIn(elsewhere), true)
        const byApp = await app.request({ url: USER, headers: OCS, as: ['carol', secret] })
        assert.equal(byApp.status, 200, 'an app password is a credential of its own')
        assert.ok(await isIn(await signIn(app, provider, one)), 'a new sign-in is a new session')
      }))

    test('ends all sessions of the person where the provider names no session, but not those of a password', () =>
      world(false, async (app, provider) => {
        const cookies: Cookies = new Map()
        const browsers = [await signIn(app, provider, cookies), await signIn(app, provider)]
        const { accounts } = app.features
        await accounts.add({ userId: 'dave', password: 'daves-password' }, 'test')
        const dave = await signInAs(app, 'dave', 'daves-password')
        provider.person = { ...carol, sub: 'subject-2', preferred_username: 'erin' }
        const erin = await signIn(app, provider)
        assert.deepEqual(await provider.signOut(cookies), [200])
        assert.deepEqual(await Promise.all([...browsers, dave, erin].map(isIn)), [false, false, true, true])
      }))

    test('whoever signs out here and then there is signed out once', () =>
      world(true, async (app, provider) => {
        const cookies: Cookies = new Map()
        const browser = await signIn(app, provider, cookies)
        await browser.post('/logout', {})
        assert.deepEqual(await provider.signOut(cookies), [200])
      }))
  })

  describe(`tokens of a sign-out, on ${database}`, () => {
    let provider: LyingProvider
    let app: TestApp
    let count = 0
    before(async () => {
      provider = await startLyingProvider()
      // On PostgreSQL there are two nodes, which share their content.
      app = await createApp(provider.issuer, { database, ...(database === 'postgres' ? { blobs: 's3' } : {}) })
    })
    after(async () => {
      await app.close()
      await provider.close()
      await stopSharedStub()
      await stopSharedPostgres()
    })
    const visit = async (address: string): Promise<string> =>
      String((await fetch(address, { redirect: 'manual' })).headers.get('location'))
    /** A browser in a session of its own at the provider. */
    const begin = async (): Promise<{ readonly sid: string; readonly browser: TestBrowser }> => {
      count += 1
      const sid = `session-${count}`
      provider.lies = { claims: withClaims({ sid }) }
      return { sid, browser: await signIn(app, { visit }) }
    }
    const refused = async (answer: TestAnswer, browser: TestBrowser): Promise<void> => {
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal(answer.json().error, 'invalid_request')
      assert.ok(await isIn(browser), 'nobody is signed out')
    }

    test('an honest one is followed, so that the others mean something', async () => {
      const kinds: ReadonlyArray<(sid: string) => Lies> = [
        (sid) => ({ claims: withClaims({ sid }) }),
        (sid) => ({ claims: withClaims({ sid, sub: undefined }) }),
        (sid) => ({ claims: withClaims({ sid, aud: ['another', CLIENT_ID] }), header: { typ: 'JWT' } }),
        () => ({ claims: subjectAlone, header: { typ: undefined } }),
      ]
      for (const lies of kinds) {
        const { sid, browser } = await begin()
        const answer = await send(app, provider.logoutToken(lies(sid)))
        assert.deepEqual([answer.status, answer.text], [200, ''], answer.text)
        assert.equal(answer.headers['cache-control'], 'no-store')
        assert.equal(await isIn(browser), false)
      }
    })

    for (const [what, lies] of Object.entries(LIES)) {
      test(`${what}: refused (bug class: OIDC without signature check)`, async () => {
        const { sid, browser } = await begin()
        const claims = (honest: Record<string, unknown>) => lies.claims?.({ ...honest, sid }) ?? { ...honest, sid }
        await refused(await send(app, provider.logoutToken({ ...lies, claims })), browser)
      })
    }

    test('the subject must be the one of the session', async () => {
      const { sid, browser } = await begin()
      const token = provider.logoutToken({ claims: withClaims({ sub: 'subject-2', sid }) })
      assert.equal((await send(app, token)).status, 200, 'it is honest, and there is nothing to end')
      assert.ok(await isIn(browser))
    })

    test('no token, half a token, a huge one, in other bodies', async () => {
      const { browser } = await begin()
      const huge = provider.logoutToken({ claims: withClaims({ padding: 'x'.repeat(20_000) }) })
      for (const token of ['', 'x', 'a.b', 'a.b.c', '..', 'é.é.é', huge]) await refused(await send(app, token), browser)
      const token = provider.logoutToken()
      await refused(await post(app, `logout_token[]=${token}`), browser)
      await refused(await post(app, `token=${token}`), browser)
      await refused(await post(app, '{"logout_token":{"a":1}}', 'application/json'), browser)
      assert.equal((await post(app, `logout_token=${token}&x=${'x'.repeat(1_100_000)}`)).status, 413)
      assert.equal((await post(app, token, 'application/jwt')).status, 415)
      assert.equal((await app.request({ url: `${BACK_CHANNEL}?logout_token=${token}` })).status, 405)
      assert.ok(await isIn(browser))
    })

    test('one is followed once, on whatever node it comes again (bug class: replay)', async () => {
      const first = await begin()
      const token = provider.logoutToken({ claims: (claims) => subjectAlone(claims) })
      const nodes = database === 'postgres' ? [app, await createApp(provider.issuer, { beside: app })] : [app]
      const answers = await Promise.all([...nodes, ...nodes, ...nodes].map((node) => send(node, token)))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal(await isIn(first.browser), false)
      const { browser } = await begin()
      for (const node of nodes) await refused(await send(node, token), browser)
      // Forgotten when it is too old to count, not before.
      app.clock.advance(280_000)
      for (const feature of app.features.list) await feature.sweep?.()
      await refused(await send(app, token), browser)
      app.clock.advance(60_000)
      for (const feature of app.features.list) await feature.sweep?.()
      await refused(await send(app, token), browser)
      app.clock.advance(-340_000)
      for (const node of nodes) if (node !== app) await node.close()
    })

    if (database === 'postgres')
      test('a session that is ended on one node is ended on the other', async () => {
        const { sid, browser } = await begin()
        const other = await createApp(provider.issuer, { beside: app })
        const there = async (): Promise<number> =>
          (await other.request({ url: USER, headers: { ...OCS, cookie: browser.cookie() } })).status
        assert.equal(await there(), 200)
        assert.equal((await send(app, provider.logoutToken({ claims: withClaims({ sid }) }))).status, 200)
        // The other node is told a moment after the commit.
        for (let waits = 0; waits < 500 && (await there()) === 200; waits++) await setTimeout(10)
        assert.equal(await there(), 401)
        await other.close()
      })

    test('a sign-in that is under way when the session ends does not begin one (bug class: access that lingers)', async () => {
      for (const [wayOut, lies] of [
        ['by its name', { claims: withClaims({ sid: 'under-way' }) }],
        ['with all of the subject', {}],
      ] as const) {
        const browser = createTestBrowser(app)
        const begun = await browser.get('/login/oidc')
        const back = pathOf(await visit(String(begun.headers['location'])))
        assert.equal((await send(app, provider.logoutToken(lies))).status, 200)
        provider.lies = { claims: (claims) => subjectAlone({ ...claims, sid: 'under-way' }) }
        const answer = await browser.get(back)
        assert.equal(answer.status, 403, wayOut)
        assert.match(answer.text, /another window or is too old/)
        assert.equal(await isIn(browser), false)
      }
    })

    test('a flood of names of keys asks the provider once', async () => {
      await send(app, provider.logoutToken({ header: { kid: 'key-a' } }))
      const before = provider.keySets
      const kids = Array.from({ length: 20 }, (_, index) => `key-${index + 10}`)
      for (const kid of kids) {
        assert.equal((await send(app, provider.logoutToken({ header: { kid } }))).status, 400)
      }
      assert.ok(provider.keySets <= before + 1)
    })
  })
}

test('a provider that is down is asked again', async () => {
  const provider = await startLyingProvider()
  const app = await createApp(provider.issuer, {})
  for (const isDownAt of ['discovery', 'keys'] as const) {
    provider.lies = { isDownAt }
    const answer = await send(app, provider.logoutToken())
    assert.deepEqual([answer.status, answer.json().error], [400, 'invalid_request'])
  }
  provider.lies = {}
  assert.equal((await send(app, provider.logoutToken())).status, 200)
  await app.close()
  await provider.close()
})

test('without a provider there is no such address', async () => {
  const app = await createTestApp()
  assert.equal((await send(app, 'x')).status, 404)
  await app.close()
})
