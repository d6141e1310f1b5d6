import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type Lies,
  startLyingProvider,
  startProvider,
  type TestProvider,
} from '../../../test/helpers/oidc.ts'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createTestBrowser, type TestBrowser } from '../../../test/helpers/sign-in.ts'
import {
  ADMIN_PASSWORD,
  createTestApp,
  OCS,
  type TestAnswer,
  type TestApp,
  type TestAppOptions,
} from '../../../test/helpers/test-app.ts'

const USER = '/ocs/v2.php/cloud/user?format=json'
const START = '/login/oidc'

const carol = {
  sub: 'subject-of-carol',
  preferred_username: 'carol',
  name: 'Carol Example',
  email: 'carol@example.org',
  email_verified: true,
}

const pathOf = (location: unknown): string => String(location).replace('http://cloud.test', '')
const envFor = (issuer: string, env: Record<string, string> = {}): Record<string, string> => ({
  CLOUDLET_OIDC_ISSUER: issuer,
  CLOUDLET_OIDC_CLIENT_ID: CLIENT_ID,
  CLOUDLET_OIDC_CLIENT_SECRET: CLIENT_SECRET,
  CLOUDLET_OIDC_SCOPES: 'openid profile email groups',
  ...env,
})

/** Goes through the provider and comes back; resolves to what the callback answers. */
async function signIn(provider: Pick<TestProvider, 'visit'>, browser: TestBrowser, start = START): Promise<TestAnswer> {
  const begun = await browser.get(start)
  assert.equal(begun.status, 303, begun.text)
  return browser.get(pathOf(await provider.visit(String(begun.headers['location']))))
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`single sign-on, on ${database}`, () => {
    let provider: TestProvider
    before(async () => {
      provider = await startProvider()
    })
    after(async () => {
      await provider.close()
      await stopSharedPostgres()
    })
    const createApp = (env: Record<string, string> = {}, options: TestAppOptions = {}): Promise<TestApp> =>
      createTestApp({ database, env: envFor(provider.issuer, env), ...options })
    const who = async (browser: TestBrowser) => (await browser.get(USER, OCS)).json().ocs.data

    test('the button leads to the provider, and back as the account that was made', async () => {
      const app = await createApp({ CLOUDLET_OIDC_BUTTON: 'Sign in with <Example>' })
      provider.person = carol
      const browser = createTestBrowser(app)
      const page = await browser.get('/login?redirect_url=%2Fsettings%2Fuser%2Fsecurity')
      assert.match(page.text, /Sign in with &lt;Example&gt;/)
      const link = /href="(\/login\/oidc[^"]*)"/.exec(page.text)?.[1] ?? ''
      const answer = await signIn(provider, browser, link)
      assert.deepEqual([answer.status, pathOf(answer.headers['location'])], [303, '/settings/user/security'])
      const { id, displayname, email } = await who(browser)
      assert.deepEqual([id, displayname, email], ['carol', 'Carol Example', 'carol@example.org'])
      assert.equal((await browser.get('/settings/user/security')).status, 200)
      await app.close()
    })

    test('the subject alone says who it is from then on, whatever the other claims say', async () => {
      const app = await createApp()
      provider.person = carol
      await signIn(provider, createTestBrowser(app))
      provider.person = { ...carol, preferred_username: 'admin', name: 'Carol Renamed', email: 'admin@example.org' }
      const browser = createTestBrowser(app)
      await signIn(provider, browser)
      const { id, displayname } = await who(browser)
      assert.deepEqual([id, displayname], ['carol', 'Carol Renamed'])
      await app.close()
    })

    test('an account that is there already is nobody’s, unless the administrator has said so', async () => {
      const verified = { sub: 'subject-2', preferred_username: 'bob', email: 'bob@example.org', email_verified: true }
      const unverified = { ...verified, email_verified: false }
      for (const [link, person, expected] of [
        ['off', verified, 'taken'],
        ['user', unverified, 'bob'],
        ['email', { ...verified, preferred_username: 'x' }, 'bob'],
        ['email', { ...unverified, preferred_username: 'bob' }, 'taken'],
        ['email', { ...unverified, preferred_username: 'y' }, 'y'],
      ] as const) {
        const app = await createApp({ CLOUDLET_OIDC_LINK: link })
        const bob = { userId: 'bob', password: 'bobs-password', email: 'bob@example.org' }
        await app.features.accounts.add(bob, 'test')
        provider.person = person
        const browser = createTestBrowser(app)
        const answer = await signIn(provider, browser)
        if (expected === 'taken') {
          assert.equal(answer.status, 403)
          assert.match(answer.text, /is not yours yet/)
          assert.equal((await browser.get(USER, OCS)).status, 401)
        } else assert.equal((await who(browser)).id, expected, `${link} ${JSON.stringify(person)}`)
        provider.person = { ...person, sub: 'subject-3' }
        const second = await signIn(provider, createTestBrowser(app))
        if (expected !== 'y') assert.equal(second.status, 403, 'a second person does not get it, too')
        await app.close()
      }
    })

    test('an address that nobody has verified is not taken over', async () => {
      const app = await createApp()
      provider.person = { ...carol, email_verified: false }
      const browser = createTestBrowser(app)
      await signIn(provider, browser)
      assert.equal((await who(browser)).email, null)
      await app.close()
    })

    test('groups and quota come from claims, others stay, and nobody becomes an administrator by a name', async () => {
      const app = await createApp({
        CLOUDLET_OIDC_GROUPS_CLAIM: 'groups',
        CLOUDLET_OIDC_QUOTA_CLAIM: 'quota',
        CLOUDLET_OIDC_ADMIN_GROUP: 'cloud-admins',
      })
      await app.features.groups.add('own', 'own', 'test')
      provider.person = { ...carol, groups: ['/staff', 'admin', 'readers', 7, ''], quota: '5 GB' }
      const browser = createTestBrowser(app)
      await signIn(provider, browser)
      const first = await who(browser)
      assert.deepEqual(first.groups.toSorted(), ['readers', 'staff'])
      assert.equal(first.quota.quota, 5 * 1024 ** 3)
      const { row } = await app.features.accounts.get('carol')
      await app.features.groups.addMember('own', row.id, 'test')
      provider.person = { ...carol, groups: ['staff', 'cloud-admins'], quota: 'nonsense' }
      await signIn(provider, browser)
      const second = await who(browser)
      assert.deepEqual(second.groups.toSorted(), ['admin', 'own', 'staff'])
      assert.equal(second.quota.quota, 5 * 1024 ** 3, 'a quota that cannot be read changes nothing')
      provider.person = { ...carol, groups: [] }
      await signIn(provider, browser)
      assert.deepEqual((await who(browser)).groups, ['own'])
      await app.close()
    })

    test('what does not work is a page with what to do, and nobody is signed in', async () => {
      const app = await createApp({ CLOUDLET_OIDC_CREATE: 'no' })
      const browser = createTestBrowser(app)
      const refused = async (person: TestProvider['person'], text: RegExp): Promise<void> => {
        provider.person = person
        const answer = await signIn(provider, browser)
        assert.equal(answer.status, 403)
        assert.match(answer.text, text)
        assert.match(String(answer.headers['content-type']), /text\/html/)
        assert.equal((await browser.get(USER, OCS)).status, 401)
      }
      await refused(undefined, /cancelled or refused/)
      await refused(carol, /no account here yet/)
      await app.close()
      const other = await createApp()
      const visitor = createTestBrowser(other)
      for (const [person, text] of [
        [{ sub: 's-1' }, /does not say who you are/],
        [{ sub: 's-2', preferred_username: 'a/../b' }, /cannot be the name/],
      ] as const) {
        provider.person = person
        const answer = await signIn(provider, visitor)
        assert.deepEqual([answer.status, text.test(answer.text)], [403, true], answer.text)
      }
      provider.person = carol
      await signIn(provider, visitor)
      const { accounts } = other.features
      await accounts.setEnabled(await accounts.get('carol'), false, 'test')
      const disabled = await signIn(provider, createTestBrowser(other))
      assert.match(disabled.text, /is disabled/)
      await other.close()
    })

    test('an answer fits one browser, one time and one aim (bug class: login CSRF)', async () => {
      const app = await createApp()
      provider.person = carol
      const [victim, attacker] = [createTestBrowser(app), createTestBrowser(app)]
      const begun = await attacker.get(START)
      const back = pathOf(await provider.visit(String(begun.headers['location'])))
      const stale = async (browser: TestBrowser, path: string): Promise<void> => {
        const answer = await browser.get(path)
        assert.equal(answer.status, 403)
        assert.match(answer.text, /another window/)
      }
      await stale(victim, back)
      await victim.get(START)
      await stale(victim, back)
      await stale(victim, '/login/oidc/callback')
      await stale(
        attacker,
        back.replace(/state=[^&.]+\.[^&]+/, (state) => `${state.split('.')[0]}.MC9ldmls`),
      )
      const again = createTestBrowser(app)
      const fresh = await again.get(START)
      const answer = pathOf(await provider.visit(String(fresh.headers['location'])))
      assert.equal((await again.get(answer)).status, 303)
      await stale(again, answer)
      for (const target of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
        const sent = await signIn(
          provider,
          createTestBrowser(app),
          `${START}?redirect_url=${encodeURIComponent(target)}`,
        )
        assert.equal(pathOf(sent.headers['location']), '/')
      }
      await app.close()
    })

    test('signing out goes on to the provider, and the form may lead there', async () => {
      const app = await createApp()
      provider.person = carol
      const browser = createTestBrowser(app)
      await signIn(provider, browser)
      const page = await browser.get('/')
      assert.match(String(page.headers['content-security-policy']), new RegExp(`form-action 'self' ${provider.issuer}`))
      const answer = await browser.post('/logout', {})
      const location = new URL(String(answer.headers['location']))
      assert.equal(location.origin, provider.issuer)
      assert.equal(location.searchParams.get('post_logout_redirect_uri'), 'http://cloud.test/login?clear=1')
      assert.equal((await fetch(location)).status, 200)
      assert.equal((await browser.get(USER, OCS)).status, 401)
      const local = createTestBrowser(app)
      await local.post('/login', { user: 'admin', password: ADMIN_PASSWORD })
      assert.equal(pathOf((await local.post('/logout', {})).headers['location']), '/login?clear=1')
      await app.close()
    })

    test('passwords can be switched off: app passwords go on, and sensitive changes go by the provider', async () => {
      const app = await createApp({ CLOUDLET_PASSWORD_LOGIN: 'no' })
      const { row } = await app.features.accounts.get('admin')
      const { secret } = await app.features.auth.appPasswords.add(row.id, 'phone', 'test')
      const ask = async (word: string) => (await app.request({ url: USER, headers: OCS, as: ['admin', word] })).status
      assert.deepEqual([await ask(ADMIN_PASSWORD), await ask(secret)], [401, 200])
      const browser = createTestBrowser(app)
      assert.ok(!(await browser.get('/login')).text.includes('name="password"'))
      const refused = await browser.post('/login', { user: 'admin', password: ADMIN_PASSWORD })
      assert.match(String(refused.headers['location']), /^\/login\?direct=1/)
      provider.person = carol
      await signIn(provider, browser)
      const page = '/settings/user/security'
      assert.equal((await browser.post(page, { action: 'add', name: 'one' })).status, 200)
      app.clock.advance(31 * 60_000)
      const shown = await browser.get(page)
      assert.ok(!shown.text.includes('type="password"'))
      const again = (/href="(\/login\/oidc\?again=1[^"]*)"/.exec(shown.text)?.[1] ?? '').replaceAll('&amp;', '&')
      assert.equal((await browser.post(page, { action: 'add', name: 'two' })).status, 403)
      const begun = await browser.get(again)
      const asked = new URL(String(begun.headers['location'])).searchParams
      assert.deepEqual([asked.get('prompt'), asked.get('max_age')], ['login', '300'])
      const back = await browser.get(pathOf(await provider.visit(String(begun.headers['location']))))
      assert.equal(pathOf(back.headers['location']), page)
      assert.equal((await browser.post(page, { action: 'add', name: 'two' })).status, 200)
      await app.close()
    })

    test('an app is let in through the provider (login flow)', async () => {
      const app = await createApp()
      provider.person = carol
      const { poll, login } = (await app.request({ method: 'POST', url: '/login/v2' })).json()
      const browser = createTestBrowser(app)
      await browser.get(pathOf(login))
      const grant = /href="([^"]*stateToken[^"]*)"/.exec((await browser.get('/login/v2/flow')).text)?.[1] ?? ''
      const toLogin = pathOf((await browser.get(grant)).headers['location'])
      const link = /href="(\/login\/oidc[^"]*)"/.exec((await browser.get(toLogin)).text)?.[1] ?? ''
      assert.equal(pathOf((await signIn(provider, browser, link)).headers['location']), grant)
      const question = await browser.get(grant)
      const stateToken = /name="stateToken" value="([^"]+)"/.exec(question.text)?.[1] ?? ''
      assert.equal((await browser.post('/login/v2/grant', { stateToken, action: 'grant' })).status, 200)
      const { loginName, appPassword } = (
        await app.request({ method: 'POST', url: `/login/v2/poll?token=${poll.token}` })
      ).json()
      assert.equal((await app.request({ url: USER, headers: OCS, as: [loginName, appPassword] })).status, 200)
      await app.close()
    })

    test('with the account goes what ties it to the provider (bug class: orphaned rows after deletion)', async () => {
      const app = await createApp()
      provider.person = carol
      await signIn(provider, createTestBrowser(app))
      const { accounts } = app.features
      await accounts.remove(await accounts.get('carol'), 'test')
      const browser = createTestBrowser(app)
      await signIn(provider, browser)
      assert.equal((await who(browser)).id, 'carol', 'made anew')
      await app.close()
    })
  })
}

describe('an identity provider that lies or is down', () => {
  const attempt = async (lies: Lies): Promise<TestAnswer> => {
    const provider = await startLyingProvider()
    provider.lies = lies
    const app = await createTestApp({ env: envFor(provider.issuer) })
    try {
      const browser = createTestBrowser(app)
      const begun = await browser.get(START)
      if (begun.status !== 303) return begun
      const sent = await fetch(String(begun.headers['location']), { redirect: 'manual' })
      const answer = await browser.get(pathOf(sent.headers.get('location')))
      assert.equal((await browser.get(USER, OCS)).status, answer.status === 303 ? 200 : 401)
      return answer
    } finally {
      await app.close()
      await provider.close()
    }
  }

  test('an honest one is believed, so that the others mean something', async () => {
    assert.equal((await attempt({})).status, 303)
  })

  const past = Math.floor(Date.now() / 1_000) - 3_600
  const LIES: Readonly<Record<string, Lies>> = {
    'no signature': { header: { alg: 'none' } },
    'a signature with another key': { isForged: true },
    'an algorithm that is a secret': { header: { alg: 'HS256' } },
    'another issuer': { claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) },
    'another audience': { claims: (claims) => ({ ...claims, aud: 'somebody-else' }) },
    'another nonce': { claims: (claims) => ({ ...claims, nonce: 'x' }) },
    'no nonce': { claims: ({ nonce: _, ...claims }) => claims },
    'no subject': { claims: ({ sub: _, ...claims }) => claims },
    'a time that is over': { claims: (claims) => ({ ...claims, iat: past, exp: past + 60 }) },
    'no ID token': { hasNoIdToken: true },
    'user info of another subject': { infoSub: 'subject-2' },
  }
  for (const [what, lies] of Object.entries(LIES)) {
    test(`${what}: refused (bug class: OIDC without signature check)`, async () => {
      const answer = await attempt(lies)
      assert.equal(answer.status, 502)
      assert.match(answer.text, /could not be checked/)
      assert.ok(!answer.text.includes('evil.example'))
    })
  }

  test('one that is down stops nothing but its own sign-in, and is asked again', async () => {
    const provider = await startLyingProvider()
    provider.lies = { isDownAt: 'discovery' }
    const app = await createTestApp({ env: envFor(provider.issuer) })
    assert.equal(provider.descriptions, 0, 'the start asks nobody')
    const browser = createTestBrowser(app)
    assert.equal((await browser.get('/login')).status, 200)
    assert.equal((await app.request({ url: USER, headers: OCS, as: ['admin', ADMIN_PASSWORD] })).status, 200)
    const down = await browser.get(START)
    assert.equal(down.status, 502)
    assert.match(down.text, /does not answer/)
    provider.lies = {}
    const answers = await Promise.all([1, 2, 3].map(() => createTestBrowser(app).get(START)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]))
    assert.equal(provider.descriptions, 2, 'its description is remembered, a failure is not')
    await app.close()
    await provider.close()
  })

  test('one that falls silent in the middle is a page, too', async () => {
    const answer = await attempt({ isDownAt: 'token' })
    assert.equal(answer.status, 502)
    assert.match(answer.text, /does not answer/)
  })
})
