import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createPushStage, type Person, type PushStage, register, TALK, unregister } from '../../../test/helpers/push.ts'
import { createTestDevice } from '../../../test/helpers/push-proxy.ts'
import { ADMIN_PASSWORD, OCS, type TestAnswer } from '../../../test/helpers/test-app.ts'
import { listDevices } from './device-store.ts'
import { identityText } from './devices.ts'
import { findKey } from './key-store.ts'

const phone = createTestDevice('the token of a phone')
const tablet = createTestDevice('the token of a tablet')
const PROXY = 'http://localhost:9911/'

const wordOf = (answer: TestAnswer): unknown => [answer.status, answer.json().ocs.data.message]

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`registering devices on ${database}`, () => {
    let stage: PushStage
    let alice: Person
    let bob: Person
    before(async () => {
      stage = await createPushStage(database)
      alice = await stage.addPerson('alice')
      bob = await stage.addPerson('bob')
    })
    after(async () => {
      await stage.close()
      await stopSharedPostgres()
    })
    const devicesOf = ({ accountId }: Person) => listDevices(stage.app.db.read, accountId)

    test('answers 201 for a new and a changed one and 200 for the same, however it is written', async () => {
      const first = await register(stage, alice.credentials, phone, PROXY)
      assert.equal(first.status, 201)
      const again = await register(stage, alice.credentials, phone, 'http://LOCALHOST:9911//', {
        body: { devicePublicKey: phone.publicKey.trimEnd() },
      })
      assert.equal(again.status, 200)
      assert.deepEqual(again.json().ocs.data, first.json().ocs.data)
      const [known] = await devicesOf(alice)
      assert.equal(known?.proxy_url, 'http://localhost:9911')
      const moved = await register(stage, alice.credentials, phone, 'http://localhost:9911/p/')
      assert.equal(moved.status, 201)
      assert.equal((await devicesOf(alice)).length, 1)
      const talk = await register(stage, alice.credentials, phone, 'http://localhost:9911/p/', { userAgent: TALK })
      assert.equal(talk.status, 201)
      assert.equal((await devicesOf(alice))[0]?.app_kind, 'talk')
    })

    test('a proxy learns the key of an account with a device, and of nobody else (bug class: user enumeration)', async () => {
      const frank = await stage.addPerson('frank')
      const ask = (userId: string) =>
        stage.app.request({ url: `/ocs/v2.php/identityproof/key/${userId}?format=json`, headers: OCS })
      const nobody = await ask('nobody')
      assert.deepEqual([nobody.status, nobody.json().ocs.data], [404, []])
      const before = await ask('frank')
      assert.equal(before.text, nobody.text)
      assert.equal(await findKey(stage.app.db.read, frank.accountId), undefined, 'none is made for who asks')
      const registered = await register(stage, frank.credentials, tablet, PROXY)
      assert.deepEqual((await ask('frank')).json().ocs.data, { public: registered.json().ocs.data.publicKey })
      const { accounts } = stage.app.features
      await accounts.setEnabled(await accounts.get('frank'), false, 'test')
      assert.equal((await ask('frank')).text, nobody.text)
      await accounts.setEnabled(await accounts.get('frank'), true, 'test')
      await unregister(stage, frank.credentials)
      assert.equal((await ask('frank')).text, nobody.text)
    })

    test('identifier and signature come from the same bytes (recording notifications-push)', async () => {
      const { publicKey, deviceIdentifier, signature } = (await register(stage, alice.credentials, phone, PROXY)).json()
        .ocs.data
      const text = `["alice@http:\\/\\/cloud.test",${alice.appPasswordId}]`
      assert.equal(identityText('alice', 'http://cloud.test', alice.appPasswordId), text)
      assert.equal(deviceIdentifier, createHash('sha512').update(text).digest('base64'))
      assert.ok(verify('sha512', Buffer.from(text), publicKey, Buffer.from(signature, 'base64')))
      assert.equal(publicKey.length, 451)
    })

    test('leaves the scheme out of the identity where it is https', () => {
      assert.equal(identityText('alice', 'https://cloud.test', 7), '["alice@cloud.test",7]')
    })

    test('two first registrations at once are signed with one key', async () => {
      const carol = await stage.addPerson('carol')
      const { secret } = await stage.app.features.auth.appPasswords.add(carol.accountId, 'tablet', 'test')
      const answers = await Promise.all([
        register(stage, carol.credentials, phone, PROXY),
        register(stage, ['carol', secret], tablet, PROXY),
      ])
      const keys = answers.map((answer) => answer.json().ocs.data.publicKey)
      assert.equal(keys[0], keys[1])
      assert.equal((await devicesOf(carol)).length, 2)
    })

    test('one push token has one registration in an account, and does not touch another account (bug class: push token theft)', async () => {
      await register(stage, bob.credentials, phone, PROXY)
      const { secret } = await stage.app.features.auth.appPasswords.add(bob.accountId, 'new phone', 'test')
      assert.equal((await register(stage, ['bob', secret], phone, PROXY)).status, 201)
      assert.equal((await devicesOf(bob)).length, 1)
      assert.equal((await unregister(stage, bob.credentials)).status, 200, 'nothing is left to the old app password')
      assert.equal((await devicesOf(alice)).length, 1)
      assert.equal((await unregister(stage, ['bob', secret])).status, 202)
      assert.equal((await devicesOf(alice)).length, 1)
    })

    test('at once under two app passwords, one stays and nobody gets an error', async () => {
      const { secret } = await stage.app.features.auth.appPasswords.add(bob.accountId, 'twin', 'test')
      const answers = await Promise.all([
        register(stage, bob.credentials, tablet, PROXY),
        register(stage, ['bob', secret], tablet, PROXY),
      ])
      assert.deepEqual(
        answers.map(({ status }) => status),
        [201, 201],
      )
      assert.equal((await devicesOf(bob)).length, 1)
    })

    test('needs an app password: neither the password nor a session will do', async () => {
      const answer = await register(stage, ['alice', 'alice-password'], phone, PROXY)
      assert.deepEqual(wordOf(answer), [400, 'INVALID_SESSION_TOKEN'])
      const { status, text } = await unregister(stage, ['alice', 'alice-password'])
      assert.deepEqual([status, JSON.parse(text).ocs.data.message], [400, 'INVALID_SESSION_TOKEN'])
    })

    test('a device goes with its app password, and nothing comes back with an account of the same name (bug class: orphans after user deletion)', async () => {
      const dora = await stage.addPerson('dora')
      await register(stage, dora.credentials, phone, PROXY)
      await stage.app.features.auth.appPasswords.remove(dora.accountId, dora.appPasswordId, 'test')
      assert.deepEqual(await devicesOf(dora), [])
      const { secret } = await stage.app.features.auth.appPasswords.add(dora.accountId, 'phone', 'test')
      const before = (await register(stage, ['dora', secret], phone, PROXY)).json().ocs.data
      await stage.app.features.accounts.remove(await stage.app.features.accounts.get('dora'), 'test')
      assert.deepEqual(await devicesOf(dora), [])
      const again = await stage.addPerson('dora')
      assert.deepEqual(await devicesOf(again), [])
      const after = (await register(stage, again.credentials, phone, PROXY)).json().ocs.data
      assert.notEqual(after.publicKey, before.publicKey)
      assert.notEqual(after.deviceIdentifier, before.deviceIdentifier)
    })

    const small = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ type: 'spki', format: 'pem' })
    const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
      type: 'spki',
      format: 'pem',
    })
    for (const [what, body, word] of [
      ['a hash in capital letters', { pushTokenHash: phone.pushTokenHash.toUpperCase() }, 'INVALID_PUSHTOKEN_HASH'],
      ['a hash with a line end', { pushTokenHash: `${phone.pushTokenHash}\n` }, 'INVALID_PUSHTOKEN_HASH'],
      ['no key', { devicePublicKey: 'hello' }, 'INVALID_DEVICE_KEY'],
      ['a small key', { devicePublicKey: String(small) }, 'INVALID_DEVICE_KEY'],
      ['a key of another kind', { devicePublicKey: String(curve) }, 'INVALID_DEVICE_KEY'],
      ['two keys', { devicePublicKey: phone.publicKey + tablet.publicKey }, 'INVALID_DEVICE_KEY'],
      [
        'a very long key',
        { devicePublicKey: phone.publicKey.replace('\n', `\n${'A'.repeat(99_999)}\n`) },
        'INVALID_DEVICE_KEY',
      ],
      ['a proxy that is not allowed', { proxyServer: 'https://push.example.org/' }, 'INVALID_PROXY_SERVER'],
      ['a proxy by number', { proxyServer: 'https://127.0.0.1/' }, 'INVALID_PROXY_SERVER'],
      ['a proxy by another number', { proxyServer: 'https://2130706433/' }, 'INVALID_PROXY_SERVER'],
      ['a proxy with credentials', { proxyServer: 'http://a:b@localhost:9911/' }, 'INVALID_PROXY_SERVER'],
      ['a proxy with a query', { proxyServer: 'http://localhost:9911/?a' }, 'INVALID_PROXY_SERVER'],
      ['a proxy whose name only ends like one', { proxyServer: 'https://evil-localhost/' }, 'INVALID_PROXY_SERVER'],
      ['a proxy without slash', { proxyServer: 'http://localhost:9911' }, 'INVALID_PROXY_SERVER'],
    ] as const) {
      test(`refuses ${what} with ${word}`, async () => {
        const eve = alice.credentials
        assert.deepEqual(wordOf(await register(stage, eve, phone, PROXY, { body })), [400, word])
      })
    }

    test('is limited for an account', async () => {
      const eve = await stage.addPerson('eve')
      let status = 0
      for (let count = 0; count <= 60 && status !== 429; count++) {
        status = (await register(stage, eve.credentials, phone, 'nope')).status
      }
      assert.equal(status, 429)
    })
  })
}

test('without a proxy that the administrator allows, no device is registered', async () => {
  const stage = await createPushStage('sqlite', { CLOUDLET_PUSH_PROXIES: '' })
  const alice = await stage.addPerson('alice')
  const answer = await register(stage, alice.credentials, phone, 'https://push-notifications.nextcloud.com/')
  assert.deepEqual(wordOf(answer), [400, 'INVALID_PROXY_SERVER'])
  await stage.close()
})

test('nothing is told to anybody who has not signed in', async () => {
  const stage = await createPushStage('sqlite')
  for (const [method, path] of [
    ['POST', 'push'],
    ['DELETE', 'push'],
    ['GET', 'webpush/vapid'],
    ['POST', 'webpush'],
    ['POST', 'webpush/activate'],
    ['DELETE', 'webpush'],
  ] as const) {
    const url = `/ocs/v2.php/apps/notifications/api/v2/${path}?format=json`
    assert.equal((await stage.app.request({ method, url, headers: OCS })).status, 401, path)
    const withoutProof = await stage.app.request({ method, url, as: ['admin', ADMIN_PASSWORD] })
    assert.equal(withoutProof.status, 412, path)
  }
  await stage.close()
})
