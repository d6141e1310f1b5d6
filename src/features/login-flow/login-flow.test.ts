import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestApp, OCS, type TestAnswer, type TestApp, type TestRequest } from '../../../test/helpers/test-app.ts'

const ALICE = ['alice', 'alice-password-1'] as const
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** A browser without scripts: keeps cookies, follows nothing by itself. */
function createBrowser(app: TestApp) {
  const cookies = new Map<string, string>()
  const go = async (request: TestRequest): Promise<TestAnswer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...request.headers }
    const answer = await app.request({ ...request, headers })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  const path = (answer: TestAnswer): string => {
    const { pathname, search } = new URL(String(answer.headers['location']), 'http://cloud.test')
    return `${pathname}${search}`
  }
  const field = (answer: TestAnswer, name: string): string =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(answer.text)?.[1] ?? ''
  return {
    cookies,
    get: (url: string, headers: Record<string, string> = {}) => go({ url, headers }),
    follow: (answer: TestAnswer) => go({ url: path(answer) }),
    post: (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      go({ method: 'POST', url, body: new URLSearchParams(fields).toString(), headers: { ...FORM, ...headers } }),
    path,
    field,
  }
}

type TestBrowser = ReturnType<typeof createBrowser>

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`the login flow on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      await app.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
    })
    after(() => app.close())

    const begin = async (userAgent = 'my-client/1.0') => {
      const headers = { 'user-agent': userAgent }
      const answer = await app.request({ method: 'POST', url: '/index.php/login/v2', headers, address: '192.0.2.7' })
      assert.equal(answer.status, 200)
      const { poll, login } = answer.json()
      return {
        token: poll.token as string,
        endpoint: poll.endpoint as string,
        login: new URL(login as string).pathname,
      }
    }
    const poll = (token: string) =>
      app.request({ method: 'POST', url: '/login/v2/poll', headers: FORM, body: `token=${token}` })
    const signIn = async (browser: TestBrowser, form: TestAnswer, password: string = ALICE[1]): Promise<TestAnswer> =>
      browser.post('/login', {
        user: ALICE[0],
        password,
        requesttoken: browser.field(form, 'requesttoken'),
        redirect_url: browser.field(form, 'redirect_url').replaceAll('&amp;', '&'),
      })
    /** From the address of the client to the question whether it may come in. */
    const arrive = async (browser: TestBrowser, login: string): Promise<TestAnswer> => {
      const connect = await browser.follow(await browser.get(login))
      assert.equal(connect.status, 200, connect.text)
      const target = /href="([^"]*grant[^"]*)"/.exec(connect.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const first = await browser.get(target)
      if (first.status === 200) return first
      return browser.follow(await signIn(browser, await browser.follow(first)))
    }
    const answer = (browser: TestBrowser, question: TestAnswer, more: Record<string, string> = {}) =>
      browser.post('/login/v2/grant', {
        stateToken: browser.field(question, 'stateToken'),
        requesttoken: browser.field(question, 'requesttoken'),
        action: 'grant',
        ...more,
      })

    test('from the start to an app password that works: once', async () => {
      const { token, endpoint, login } = await begin()
      assert.equal(endpoint, 'http://cloud.test/login/v2/poll')
      const early = await poll(token)
      assert.deepEqual([early.status, early.text], [404, '[]'])
      const browser = createBrowser(app)
      const question = await arrive(browser, login)
      assert.match(question.text, /my-client\/1\.0/)
      assert.match(question.text, /192\.0\.2\.7/)
      assert.equal((await poll(token)).status, 404)
      const done = await answer(browser, question)
      assert.equal(done.status, 200)
      assert.match(done.text, /Connected/)
      const granted = await poll(token)
      const { server, loginName, appPassword } = granted.json()
      assert.deepEqual([granted.status, server, loginName], [200, 'http://cloud.test', 'alice'])
      assert.equal((await poll(token)).status, 404, 'bug class: one-time codes that work twice')
      const own = await app.request({
        url: '/ocs/v2.php/cloud/user?format=json',
        headers: OCS,
        as: ['alice', appPassword],
      })
      assert.equal(own.json().ocs.data.id, 'alice')
      const account = await app.features.accounts.get('alice')
      assert.ok(
        (await app.features.auth.appPasswords.list(account.row.id)).some(({ name }) => name === 'my-client/1.0'),
      )
    })

    test('the token may stand in the query, as iOS sends it; without one it is a bad request', async () => {
      const { token, login } = await begin()
      const browser = createBrowser(app)
      await answer(browser, await arrive(browser, login))
      const byQuery = await app.request({ method: 'POST', url: `/index.php/login/v2/poll?token=${token}` })
      assert.equal(byQuery.status, 200)
      assert.equal((await app.request({ method: 'POST', url: '/login/v2/poll' })).status, 400)
      assert.equal((await app.request({ url: '/login/v2/poll?token=x' })).status, 405)
    })

    test('two that fetch at the same time: one gets it', async () => {
      const { token, login } = await begin()
      const browser = createBrowser(app)
      await answer(browser, await arrive(browser, login))
      const statuses = (await Promise.all([poll(token), poll(token), poll(token)])).map(({ status }) => status)
      assert.deepEqual(statuses.toSorted(), [200, 404, 404])
    })

    test('behind a proxy all addresses are https', async () => {
      const proxied = await createTestApp({ database, env: { CLOUDLET_PUBLIC_URL: 'https://cloud.example.org' } })
      const started = await proxied.request({ method: 'POST', url: '/login/v2' })
      const { poll: polling, login } = started.json()
      assert.match(polling.endpoint, /^https:\/\/cloud\.example\.org\/login\/v2\/poll$/)
      assert.match(login, /^https:\/\/cloud\.example\.org\/login\/v2\/flow\/[A-Za-z0-9]{128}$/)
      await proxied.close()
    })

    test('refused: the client gets nothing and the page cannot be used again', async () => {
      const { token, login } = await begin()
      const browser = createBrowser(app)
      const question = await arrive(browser, login)
      assert.match((await answer(browser, question, { action: 'refuse' })).text, /Refused/)
      assert.equal((await poll(token)).status, 404)
      assert.equal((await answer(browser, question)).status, 403)
    })

    test('after twenty minutes it is too late, for the page and for the client', async () => {
      const { token, login } = await begin()
      const browser = createBrowser(app)
      const question = await arrive(browser, login)
      app.clock.advance(20 * 60_000)
      assert.equal((await answer(browser, question, { password: ALICE[1] })).status, 403)
      assert.equal((await poll(token)).status, 404)
      assert.equal((await createBrowser(app).get(login)).status, 403)
    })

    test('whoever signed in long ago types the password again, and guesses are counted', async () => {
      const { token, login } = await begin()
      const browser = createBrowser(app)
      const question = await arrive(browser, login)
      app.clock.advance(31 * 60_000)
      const second = await begin()
      const later = await arrive(browser, second.login)
      assert.match(later.text, /type="password"/)
      assert.doesNotMatch(question.text, /type="password"/)
      assert.equal((await answer(browser, later, { password: 'wrong' })).status, 403)
      assert.equal((await poll(second.token)).status, 404)
      assert.equal((await answer(browser, later, { password: ALICE[1] })).status, 200)
      assert.equal((await poll(second.token)).status, 200)
      assert.equal((await poll(token)).status, 404)
    })

    test('another browser cannot be put into the middle (bug class: phishing by a foreign state token)', async () => {
      const { login } = await begin('attacker')
      const attacker = createBrowser(app)
      const theirs = await arrive(attacker, login)
      const victim = createBrowser(app)
      await arrive(victim, (await begin('victim')).login)
      const own = await victim.get(`/login/v2/grant?stateToken=${attacker.field(theirs, 'stateToken')}`)
      assert.equal(own.status, 403)
    })

    test('the form of another site is refused (bug class: CSRF), and so is an app password instead of a browser', async () => {
      const { login, token } = await begin()
      const browser = createBrowser(app)
      const question = await arrive(browser, login)
      const stateToken = browser.field(question, 'stateToken')
      assert.equal((await browser.post('/login/v2/grant', { stateToken })).status, 412)
      const foreign = { stateToken, requesttoken: browser.field(question, 'requesttoken') }
      assert.equal((await browser.post('/login/v2/grant', foreign, { origin: 'https://evil.example' })).status, 412)
      const wrong = { ...foreign, stateToken: 'wrong' }
      assert.equal((await browser.post('/login/v2/grant', wrong)).status, 403)
      const byPassword = await app.request({ url: `/login/v2/grant?stateToken=${stateToken}`, as: [...ALICE] })
      assert.equal(byPassword.status, 403)
      assert.equal((await poll(token)).status, 404)
    })

    test('an account that is disabled or deleted between grant and fetching gets nothing', async () => {
      await app.features.accounts.add({ userId: 'brief', password: 'brief-password-1' }, 'test')
      const { token, login } = await begin()
      const browser = createBrowser(app)
      const connect = await browser.follow(await browser.get(login))
      const target = /href="([^"]*grant[^"]*)"/.exec(connect.text)?.[1] ?? ''
      const form = await browser.follow(await browser.get(target))
      const signedIn = await browser.post('/login', {
        user: 'brief',
        password: 'brief-password-1',
        requesttoken: browser.field(form, 'requesttoken'),
        redirect_url: target,
      })
      await answer(browser, await browser.follow(signedIn))
      const account = await app.features.accounts.get('brief')
      await app.features.accounts.setEnabled(account, false, 'test')
      assert.equal((await poll(token)).status, 404)
      await app.features.accounts.remove(account, 'test')
      assert.equal((await poll(token)).status, 404)
    })

    test('a hostile name is shown as text, and cut', async () => {
      const { login } = await begin(`<script>alert(1)</script>${'x'.repeat(500)}`)
      const page = await createBrowser(app).follow(await createBrowser(app).get(login))
      assert.equal(page.status, 403, 'without the cookie there is no flow')
      const browser = createBrowser(app)
      const connect = await browser.follow(await browser.get(login))
      assert.doesNotMatch(connect.text, /<script>/)
      assert.match(connect.text, /&lt;script&gt;/)
      assert.doesNotMatch(connect.text, /x{200}/)
    })

    test('a program in a loop is stopped, others go on', async () => {
      let status = 200
      for (let count = 0; count < 120 && status === 200; count++) {
        status = (await app.request({ method: 'POST', url: '/login/v2', address: '198.51.100.9' })).status
      }
      assert.equal(status, 429)
      assert.equal((await app.request({ method: 'POST', url: '/login/v2', address: '198.51.100.10' })).status, 200)
    })

    test('version 1: the app gets name and password by an address that it catches', async () => {
      const browser = createBrowser(app)
      assert.equal((await browser.get('/login/flow')).status, 403, 'only apps begin here')
      const start = await browser.get('/login/flow', { 'ocs-apirequest': 'true', 'user-agent': 'old-client' })
      assert.match(start.text, /old-client/)
      const target = /href="([^"]*grant[^"]*)"/.exec(start.text)?.[1] ?? ''
      const question = await browser.follow(await signIn(browser, await browser.follow(await browser.get(target))))
      assert.match(String(question.headers['content-security-policy']), /form-action 'self' nc:/)
      const done = await browser.post('/login/grant', {
        stateToken: browser.field(question, 'stateToken'),
        requesttoken: browser.field(question, 'requesttoken'),
        action: 'grant',
      })
      const [, user = '', password = ''] =
        /^nc:\/\/login\/server:http:\/\/cloud\.test&user:([^&]+)&password:(\w+)$/.exec(
          String(done.headers['location']),
        ) ?? []
      const own = await app.request({ url: '/ocs/v2.php/cloud/user?format=json', headers: OCS, as: [user, password] })
      assert.equal(own.status, 200)
    })

    test('tokens are kept as digests alone', async () => {
      const { token, login } = await begin()
      const rows = JSON.stringify(await app.db.read.selectFrom('login_flow').selectAll().execute())
      assert.ok(!rows.includes(token) && !rows.includes(login.slice(-128)))
    })
  })
}
