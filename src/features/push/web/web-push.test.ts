import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../../test/helpers/postgres.ts'
import { createPushStage, type Person, type PushStage, subscribe, webPush } from '../../../../test/helpers/push.ts'
import { startPushService, type TestPushService, type TestSubscriber } from '../../../../test/helpers/push-service.ts'
import { OCS, type TestAnswer } from '../../../../test/helpers/test-app.ts'
import { loadSubscriptions } from './subscription-store.ts'

const wordOf = (answer: TestAnswer): unknown => [answer.status, answer.json().ocs.data.message]

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`web push on ${database}`, () => {
    let stage: PushStage
    let service: TestPushService
    let alice: Person
    let browser: TestSubscriber
    let people = 0
    before(async () => {
      stage = await createPushStage(database)
    })
    beforeEach(async () => {
      people += 1
      service = await startPushService()
      alice = await stage.addPerson(`alice${people}`)
      browser = service.subscribe('endpoint-1')
    })
    afterEach(() => service.close())
    after(async () => {
      await stage.close()
      await stopSharedPostgres()
    })

    const send = (): Promise<void> => stage.push.sender.sendDue()
    const inputOf = ({ endpoint, uaPublicKey, auth }: TestSubscriber) => ({
      endpoint,
      uaPublicKey,
      auth,
      appTypes: 'all',
    })
    const ask = (body: Readonly<Record<string, unknown>> = inputOf(browser), as = alice): Promise<TestAnswer> =>
      webPush(stage, as.credentials, 'POST', '', body)
    const activate = (activationToken: string): Promise<TestAnswer> =>
      webPush(stage, alice.credentials, 'POST', '/activate', { activationToken })
    const tokenOf = (text: string | undefined): string => JSON.parse(text ?? '{}').activationToken

    test('nothing is sent before the token came back, and everything after', async () => {
      assert.equal((await ask()).status, 201)
      await stage.tell(alice, 1)
      await send()
      assert.equal(service.messages.length, 1)
      assert.equal(service.messages[0]?.headers['urgency'], undefined)
      assert.equal(service.messages[0]?.headers['topic'], undefined)
      assert.deepEqual(wordOf(await activate('9f6b1c9e-0000-4000-8000-000000000000')), [
        400,
        'INVALID_ACTIVATION_TOKEN',
      ])
      const token = tokenOf(browser.texts[0])
      assert.match(token, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.equal((await activate(token)).status, 202)
      assert.equal((await activate(token)).status, 200)
      assert.equal((await ask()).status, 200, 'the same again changes nothing')
      await stage.tell(alice, 2, { subject: 'Hello', objectType: 'file', objectId: '7' })
      await send()
      assert.deepEqual(browser.texts.slice(1), ['{"nid":2,"app":"files","subject":"Hello","type":"file","id":"7"}'])
    })

    test('a message has the recorded headers and length, and says who sends it (recording notifications-webpush)', async () => {
      await subscribe(stage, alice, browser)
      await stage.tell(alice, 1)
      await send()
      const { headers, bodyBytes, vapid } = service.messages[1] ?? assert.fail('nothing arrived')
      assert.equal(headers['content-type'], 'application/octet-stream')
      assert.equal(headers['content-encoding'], 'aes128gcm')
      assert.equal(headers['ttl'], '2419200')
      assert.equal(headers['urgency'], 'normal')
      assert.equal(headers['topic'], 'nid1')
      assert.equal(bodyBytes, 2_922)
      const published = await webPush(stage, alice.credentials, 'GET', '/vapid')
      assert.equal(published.json().ocs.data.vapid, vapid.publicKey)
      const lifetime = Number(vapid.claims['exp']) - stage.app.clock.nowMs() / 1_000
      assert.ok(lifetime > 3_600 && lifetime <= 12 * 3_600)
      assert.equal(vapid.claims['sub'], undefined, 'an address without TLS is no contact')
    })

    test('one removed and all removed are told, in the place of what was not delivered yet', async () => {
      await subscribe(stage, alice, browser)
      await stage.tell(alice, 1)
      await send()
      await stage.forget(alice, 1)
      await stage.push.queue.addAllRemoved(alice.accountId)
      await send()
      assert.deepEqual(browser.texts.slice(1), ['{"nid":1,"delete":true}', '{"delete-all":true}'])
      assert.deepEqual(
        service.messages.slice(1).map(({ headers }) => headers['topic']),
        ['nid1', 'nid1', undefined],
      )
    })

    test('apps are chosen by name, all at once, and all but some', async () => {
      for (const [appTypes, wanted] of [
        ['all', ['files', 'spreed', 'calendar']],
        ['all,-spreed', ['files', 'calendar']],
        ['all, -talk', ['files', 'calendar']],
        ['files,calendar', ['files', 'calendar']],
        ['talk', ['spreed']],
        ['-files,files', ['files']],
        ['', []],
        ['all,foo bar!', ['files', 'spreed', 'calendar']],
      ] as const) {
        const person = await stage.addPerson(`${alice.userId}-${Math.random().toString(36).slice(2)}`)
        const subscriber = service.subscribe(person.userId)
        await subscribe(stage, person, subscriber, appTypes)
        for (const [index, app] of (['files', 'spreed', 'calendar'] as const).entries()) {
          await stage.tell(person, person.accountId * 10 + index, { app })
        }
        await send()
        const apps = subscriber.texts.map((text) => JSON.parse(text).app)
        assert.deepEqual(apps, wanted, appTypes)
      }
    })

    test('another filter needs no token; another address or key does, and the old one hears no more', async () => {
      await subscribe(stage, alice, browser)
      assert.equal((await ask({ ...inputOf(browser), appTypes: 'spreed' })).status, 200)
      await stage.tell(alice, 1)
      await send()
      assert.equal(browser.texts.length, 0)
      await ask({ ...inputOf(browser), appTypes: 'all' })
      await stage.tell(alice, 2)
      const moved = service.subscribe('endpoint-2')
      assert.equal((await ask(inputOf(moved))).status, 201)
      await stage.tell(alice, 3)
      await send()
      assert.equal(browser.texts.length, 0)
      assert.deepEqual(moved.texts.map(tokenOf).length, 1)
      assert.deepEqual(wordOf(await activate(tokenOf(service.messages[0]?.text))), [400, 'INVALID_ACTIVATION_TOKEN'])
      assert.equal((await activate(tokenOf(moved.texts[0]))).status, 202)
    })

    test('push services that say it is gone end a subscription; other answers do not', async () => {
      let id = 100
      for (const [status, isGone] of [
        [404, true],
        [410, true],
        [400, false],
        [403, false],
        [500, false],
        [429, false],
        [301, false],
      ] as const) {
        id += 1
        const person = await stage.addPerson(`${alice.userId}-${status}`)
        const subscriber = service.subscribe(person.userId)
        service.answer = () => ({ status: 201 })
        await subscribe(stage, person, subscriber)
        service.answer = () => ({ status, headers: { location: 'https://169.254.169.254/' } })
        await stage.tell(person, id)
        await send()
        const unsubscribed = await webPush(stage, person.credentials, 'DELETE', '')
        assert.equal(unsubscribed.status, isGone ? 200 : 202, String(status))
      }
    })

    test('a push service that asks for a pause gets it', async () => {
      await subscribe(stage, alice, browser)
      service.answer = () => ({ status: 429, headers: { 'retry-after': '300' } })
      await stage.tell(alice, 1)
      await send()
      service.answer = () => ({ status: 201 })
      await stage.tell(alice, 2)
      await send()
      assert.equal(service.messages.length, 2, 'the token and one attempt')
      stage.app.clock.advance(301_000)
      await send()
      assert.deepEqual(
        browser.texts.map((text) => JSON.parse(text).nid),
        [1, 2],
      )
    })

    test('a message that is too large is sent shorter and without padding', async () => {
      await subscribe(stage, alice, browser)
      service.answer = ({ bodyBytes }) => ({ status: bodyBytes > 1_000 ? 413 : 201 })
      await stage.tell(alice, 1, { subject: 'long '.repeat(1_000) })
      await send()
      const [text = ''] = browser.texts
      assert.ok(Buffer.byteLength(text) <= 512)
      assert.match(JSON.parse(text).subject, /^long long .*…$/)
    })

    test('a slow push service holds up nobody else', async () => {
      const other = await stage.addPerson(`bob${people}`)
      const slow = service.subscribe('slow')
      await subscribe(stage, alice, slow)
      await subscribe(stage, other, browser)
      const gate = Promise.withResolvers<void>()
      const arrived = Promise.withResolvers<void>()
      service.answer = async ({ path }) => {
        if (path === '/wp/slow') await gate.promise
        else arrived.resolve()
        return { status: 201 }
      }
      await stage.tell(alice, 1)
      const sending = send()
      await stage.tell(other, 2)
      const also = stage.push.sender.sendDue()
      await arrived.promise
      gate.resolve()
      await Promise.all([sending, also])
      assert.equal(slow.texts.length, 1)
    })

    test('a session of a browser may subscribe, and what it has goes with it', async () => {
      const { sessions } = stage.app.features.auth
      const cookie = await sessions.start(alice.accountId, 'Firefox')
      const headers = { ...OCS, cookie: `cloudlet_session=${cookie}`, 'content-type': 'application/json' }
      const url = '/ocs/v2.php/apps/notifications/api/v2/webpush'
      const post = (path: string, body: object): Promise<TestAnswer> =>
        stage.app.request({ method: 'POST', url: `${url}${path}?format=json`, headers, body: JSON.stringify(body) })
      assert.equal((await post('', inputOf(browser))).status, 201)
      await send()
      assert.equal((await post('/activate', { activationToken: tokenOf(browser.texts[0]) })).status, 202)
      await stage.tell(alice, 1)
      await send()
      assert.equal(browser.texts.length, 2)
      // Left alone for a day, the browser is signed out, whether or not anybody has swept.
      stage.app.clock.advance(25 * 3_600_000)
      await stage.tell(alice, 2)
      await send()
      assert.equal(browser.texts.length, 2)
      const fresh = await sessions.start(alice.accountId, 'Firefox')
      headers.cookie = `cloudlet_session=${fresh}`
      assert.equal((await post('', inputOf(browser))).status, 201, 'another session has none yet')
      await sessions.end(fresh)
      await send()
      assert.equal(browser.texts.length, 2)
    })

    test('what was switched off is sent nothing any more', async () => {
      await subscribe(stage, alice, browser)
      await stage.tell(alice, 1)
      await stage.node(stage.app.db, { webPush: 'off' }).sender.sendDue()
      await stage.tell(alice, 2)
      await stage.node(stage.app.db, { webPush: 'apps' }).sender.sendDue()
      assert.deepEqual(
        browser.texts.map((text) => JSON.parse(text).nid),
        [2],
      )
    })

    test('a password names no client', async () => {
      const asPassword = [alice.userId, `${alice.userId}-password`] as const
      assert.deepEqual(wordOf(await webPush(stage, asPassword, 'POST', '', inputOf(browser))), [
        400,
        'INVALID_SESSION_TOKEN',
      ])
      const token = { activationToken: 'x' }
      assert.deepEqual(wordOf(await webPush(stage, asPassword, 'POST', '/activate', token)), [
        404,
        'NO_PUSH_SUBSCRIPTION',
      ])
      assert.equal((await webPush(stage, asPassword, 'DELETE', '')).status, 200)
    })

    test('a token that nobody sends back runs out', async () => {
      await ask()
      await send()
      stage.app.clock.advance(25 * 3_600_000)
      await stage.push.feature.sweep?.()
      assert.deepEqual(wordOf(await activate(tokenOf(browser.texts[0]))), [404, 'NO_PUSH_SUBSCRIPTION'])
    })

    test('a subscription goes with its app password (bug class: orphans after user deletion)', async () => {
      await subscribe(stage, alice, browser)
      await stage.tell(alice, 1)
      await stage.app.features.auth.appPasswords.remove(alice.accountId, alice.appPasswordId, 'test')
      await send()
      assert.equal(browser.texts.length, 0)
      assert.equal((await loadSubscriptions(stage.app.db.read, [1, 2, 3, 4, 5, 6, 7, 8, 9])).has(0), false)
    })

    for (const [what, change, word] of [
      ['a short key', { uaPublicKey: 'abcd' }, 'INVALID_P256DH'],
      ['a key that is on no curve', { uaPublicKey: Buffer.alloc(65, 4).toString('base64url') }, 'INVALID_P256DH'],
      ['a compressed key', { uaPublicKey: Buffer.alloc(33, 2).toString('base64url') }, 'INVALID_P256DH'],
      ['a short secret', { auth: 'abcd' }, 'INVALID_AUTH'],
      ['a long secret', { auth: Buffer.alloc(17).toString('base64url') }, 'INVALID_AUTH'],
      ['a secret in another alphabet', { auth: '+/+/+/+/+/+/+/+/+/+/+w' }, 'INVALID_AUTH'],
      ['an endpoint without TLS', { endpoint: 'http://localhost/' }, 'INVALID_ENDPOINT'],
      ['an endpoint on this machine', { endpoint: 'https://127.0.0.1/' }, 'INVALID_ENDPOINT'],
      ['an endpoint on this machine in hex', { endpoint: 'https://0x7f.1/' }, 'INVALID_ENDPOINT'],
      ['an endpoint in a private network', { endpoint: 'https://[fd00::1]/' }, 'INVALID_ENDPOINT'],
      ['the metadata of a cloud', { endpoint: 'https://169.254.169.254/latest' }, 'INVALID_ENDPOINT'],
      ['an endpoint with credentials', { endpoint: 'https://a:b@localhost/' }, 'INVALID_ENDPOINT'],
      ['a very long endpoint', { endpoint: `https://localhost/${'a'.repeat(765)}` }, 'INVALID_ENDPOINT'],
      ['too many apps', { appTypes: 'abc,'.repeat(65) }, 'TOO_MANY_APP_TYPES'],
    ] as const) {
      test(`${what} is refused with ${word}`, async () => {
        assert.deepEqual(wordOf(await ask({ ...inputOf(browser), ...change })), [400, word])
        await send()
        assert.deepEqual(service.messages, [])
      })
    }

    test('a name that leads into a private network is never called (bug class: SSRF through user URLs)', async () => {
      const endpoint = browser.endpoint.replace('localhost', 'push.test')
      const answer = await ask({ ...inputOf(browser), endpoint })
      assert.equal(answer.status, 201, 'what becomes of it is not told to whoever asks')
      await send()
      assert.deepEqual(service.messages, [])
    })
  })
}

test('web push can be kept to apps, or switched off; who has subscribed may always leave', async () => {
  const service = await startPushService()
  const input = (name: string) => {
    const { endpoint, uaPublicKey, auth } = service.subscribe(name)
    return { endpoint, uaPublicKey, auth, appTypes: 'all' }
  }
  for (const [mode, viaApp, viaSession] of [
    ['apps', 201, 403],
    ['off', 403, 403],
  ] as const) {
    const stage = await createPushStage('sqlite', { CLOUDLET_WEB_PUSH: mode })
    const alice = await stage.addPerson('alice')
    const answer = await webPush(stage, alice.credentials, 'POST', '', input(mode))
    assert.equal(answer.status, viaApp)
    if (viaApp === 403) assert.deepEqual(wordOf(answer), [403, 'WEBPUSH_DISABLED'])
    const cookie = await stage.app.features.auth.sessions.start(alice.accountId, 'Firefox')
    const answered = await stage.app.request({
      method: 'POST',
      url: '/ocs/v2.php/apps/notifications/api/v2/webpush?format=json',
      headers: { ...OCS, cookie: `cloudlet_session=${cookie}`, 'content-type': 'application/json' },
      body: JSON.stringify(input(`${mode}-session`)),
    })
    assert.equal(answered.status, viaSession)
    assert.equal((await webPush(stage, alice.credentials, 'GET', '/vapid')).status, 200)
    assert.equal((await webPush(stage, alice.credentials, 'DELETE', '')).status, viaApp === 201 ? 202 : 200)
    await stage.close()
  }
  await service.close()
})
