import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { connectPush, type PushClient } from '../../../test/helpers/push-client.ts'
import { ADMIN_PASSWORD, basic, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const ALICE = ['alice', 'alice-password-1'] as const
const WRONG = 'err: Invalid credentials'

for (const database of ['sqlite', 'postgres'] as const)
  describe(`the push websocket on ${database}`, () => {
    let app: TestApp
    let base: string
    const open: PushClient[] = []

    const dial = async (options?: Parameters<typeof connectPush>[1]): Promise<PushClient> => {
      const client = await connectPush(base, options)
      open.push(client)
      return client
    }
    const signedIn = async (name: string, secret: string, ...more: string[]): Promise<PushClient> => {
      const client = await dial()
      client.say(name, secret, ...more)
      assert.equal(await client.next(), 'authenticated')
      return client
    }
    const preAuth = async (headers: Record<string, string> = {}): Promise<string> => {
      const answer = await app.request({ method: 'POST', url: '/apps/notify_push/pre_auth', headers, as: [...ALICE] })
      assert.equal(answer.status, 200)
      assert.match(answer.text, /^[A-Za-z0-9]{32}$/)
      return answer.text
    }
    const put = (path: string, content: string) =>
      app.request({ method: 'PUT', url: `/remote.php/dav/files/alice/${path}`, body: content, as: [...ALICE] })
    const fileId = async (path: string): Promise<number> => {
      const body =
        '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop></d:propfind>'
      const url = `/remote.php/dav/files/alice/${path}`
      const answer = await app.request({ method: 'PROPFIND', url, headers: { depth: '0' }, body, as: [...ALICE] })
      return Number(/<oc:fileid>(\d+)</.exec(answer.text)?.[1])
    }
    const setEnabled = async (enabled: boolean): Promise<void> =>
      app.features.accounts.setEnabled(await app.features.accounts.get('alice'), enabled, 'test')
    const aliceId = async (): Promise<number> => (await app.features.accounts.get('alice')).row.id

    before(async () => {
      app = await createTestApp({ database })
      base = await app.listen()
      await app.features.accounts.add({ userId: ALICE[0], password: ALICE[1] }, 'test')
      await app.features.accounts.add({ userId: 'bob', password: 'bob-password-12' }, 'test')
    })
    after(async () => {
      for (const { socket } of open) socket.terminate()
      await app.close()
      await stopSharedPostgres()
    })

    describe('signing in', () => {
      test('by name and password, in any letter case, with blanks around, and by app password', async () => {
        await signedIn(...ALICE)
        await signedIn(' ALICE\n', `\t${ALICE[1]}\r\n`)
        const { secret } = await app.features.auth.appPasswords.add(await aliceId(), 'phone', 'test')
        await signedIn('alice', secret)
      })

      test('a wrong credential of any kind gets the one text that clients count, and the end', async () => {
        const { secret } = await app.features.auth.appPasswords.add(await aliceId(), 'phone', 'test')
        for (const [name, password] of [
          ['alice', 'wrong'],
          ['nobody', 'x'],
          ['', ''],
          ['alice', ''],
          ['bob', secret],
          ['', 'A'.repeat(32)],
          ['listen notify_file_id', 'alice'],
        ] as const) {
          const client = await dial()
          client.say(name, password)
          assert.equal(await client.next(), WRONG, `${name}:${password}`)
          await client.ended()
          assert.deepEqual(client.texts, [WRONG])
        }
      })

      test('guessing is throttled as everywhere, and being throttled is not called a wrong password', async () => {
        const guess = async (): Promise<string> => {
          const client = await dial()
          client.say('bob', 'wrong')
          return client.next()
        }
        let text = ''
        for (let count = 0; count < 100 && text !== WRONG; count++) text = await guess()
        for (let count = 0; count < 100 && text === WRONG; count++) text = await guess()
        assert.match(text, /^err: (?!Invalid credentials)/)
        const overHttp = await app.request({
          url: '/ocs/v2.php/cloud/user',
          headers: OCS,
          as: ['bob', 'wrong'],
          address: '127.0.0.1',
        })
        assert.equal(overHttp.status, 429)
        await app.features.auth.throttle.clear({})
      })

      test('a token opens one connection, of its owner, whatever name stands before it', async () => {
        const token = await preAuth()
        const client = await signedIn('bob', token)
        await put('of-alice.txt', 'x')
        assert.equal(await client.next(), 'notify_file')
        const again = await dial()
        again.say('', token)
        assert.equal(await again.next(), WRONG)
      })

      test('a token is too old after 15 seconds, and ends with the credential that asked for it', async () => {
        const old = await preAuth()
        app.clock.advance(15_000)
        const late = await dial()
        late.say('', old)
        assert.equal(await late.next(), WRONG)
        const { id, secret } = await app.features.auth.appPasswords.add(await aliceId(), 'phone', 'test')
        const token = await preAuth({ authorization: basic('alice', secret) })
        await app.features.auth.appPasswords.remove(await aliceId(), id, 'test')
        const revoked = await dial()
        revoked.say('', token)
        assert.equal(await revoked.next(), 'authenticated', 'it was asked for with the password')
        const { id: other, secret: theirs } = await app.features.auth.appPasswords.add(await aliceId(), 'phone', 'test')
        const asked = await app.request({
          method: 'POST',
          url: '/apps/notify_push/pre_auth',
          headers: { authorization: basic('alice', theirs) },
        })
        await app.features.auth.appPasswords.remove(await aliceId(), other, 'test')
        const gone = await dial()
        gone.say('', asked.text)
        assert.equal(await gone.next(), WRONG)
      })

      test('what is no text in place of the name is refused, a ping too', async () => {
        const binary = await dial()
        binary.socket.send(Buffer.from('alice'))
        assert.equal(await binary.next(), 'err: Invalid authentication message')
        const ping = await dial()
        ping.socket.ping()
        assert.equal(await ping.next(), 'err: Invalid authentication message')
      })

      test('the 66th connection of an account is told so, and the 65 stay', async () => {
        const clients: PushClient[] = []
        await app.features.accounts.add({ userId: 'crowd', password: 'crowd-password-1' }, 'test')
        for (let count = 0; count < 65; count++) clients.push(await signedIn('crowd', 'crowd-password-1'))
        const last = await signedIn('crowd', 'crowd-password-1')
        assert.equal(await last.next(), 'Error while handling authentication: Connection limit exceeded for user')
        await last.ended()
        assert.ok(clients.every(({ socket }) => socket.readyState === socket.OPEN))
        await Promise.all(clients.map((client) => client.close()))
      })
    })

    describe('messages', () => {
      test('listening for ids brings the node and every folder above it, when they can be read', async () => {
        await app.request({ method: 'MKCOL', url: '/remote.php/dav/files/alice/a', as: [...ALICE] })
        await app.request({ method: 'MKCOL', url: '/remote.php/dav/files/alice/a/b', as: [...ALICE] })
        const client = await signedIn(...ALICE, 'listen notify_file_id')
        await put('a/b/new.txt', 'x')
        const wanted = await Promise.all([fileId('a/b/new.txt'), fileId('a/b'), fileId('a'), fileId('')])
        // On PostgreSQL the folders made before may be told of only now.
        let text = await client.next()
        while (!text.includes(String(wanted[0]))) text = await client.next()
        const ids = JSON.parse(text.replace('notify_file_id ', '')) as number[]
        assert.deepEqual(ids.toSorted(), wanted.toSorted())
        await client.close()
      })

      test('each way to change something is told, and what changes nothing is not', async () => {
        const url = '/remote.php/dav/files/alice/told'
        const destination = { destination: '/remote.php/dav/files/alice/moved' }
        const lock =
          '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>'
        const changes = [
          { method: 'MKCOL', url },
          { method: 'PUT', url: `${url}/file.txt`, body: 'one' },
          { method: 'PUT', url: `${url}/file.txt`, body: 'two' },
          { method: 'COPY', url: `${url}/file.txt`, headers: { destination: `${url}/copy.txt` } },
          { method: 'LOCK', url: `${url}/file.txt`, body: lock },
          { method: 'MOVE', url: `${url}/copy.txt`, headers: destination },
          { method: 'DELETE', url: '/remote.php/dav/files/alice/moved' },
        ]
        for (const change of changes) {
          const client = await signedIn(...ALICE)
          const answer = await app.request({ ...change, as: [...ALICE] })
          assert.ok(answer.status < 300, `${change.method} ${answer.status} ${answer.text}`)
          assert.equal(await client.next(), 'notify_file', change.method)
          await client.close()
        }
        const quiet = await signedIn(...ALICE)
        await app.request({ method: 'PROPFIND', url, headers: { depth: '1' }, as: [...ALICE] })
        await app.request({ method: 'GET', url: `${url}/file.txt`, as: [...ALICE] })
        await app.request({ method: 'MKCOL', url, as: [...ALICE] })
        await app.request({ method: 'MKCOL', url: '/remote.php/dav/uploads/alice/u1', as: [...ALICE] })
        await app.request({ method: 'PUT', url: '/remote.php/dav/uploads/alice/u1/1', body: 'chunk', as: [...ALICE] })
        await put('last.txt', 'x')
        assert.equal(await quiet.next(), 'notify_file')
        assert.equal(quiet.texts.length, 2)
        await quiet.close()
      })

      test('a notification is told when it comes and when it goes', async () => {
        const client = await signedIn(...ALICE)
        const url = '/ocs/v2.php/apps/notifications/api/v2/admin_notifications/alice?format=json'
        const headers = { ...OCS, 'content-type': 'application/json' }
        const body = JSON.stringify({ shortMessage: 'Hello' })
        const sent = await app.request({ method: 'POST', url, headers, body, as: ['admin', ADMIN_PASSWORD] })
        assert.equal(sent.status, 200, sent.text)
        assert.equal(await client.next(), 'notify_notification')
        const all = '/ocs/v2.php/apps/notifications/api/v2/notifications'
        await app.request({ method: 'DELETE', url: all, headers: OCS, as: [...ALICE] })
        assert.equal(await client.next(), 'notify_notification')
        await client.close()
      })

      test('nobody hears of the files of somebody else', async () => {
        const bob = await signedIn('bob', 'bob-password-12')
        const alice = await signedIn(...ALICE)
        await put('private.txt', 'x')
        assert.equal(await alice.next(), 'notify_file')
        assert.deepEqual(bob.texts, ['authenticated'])
        await Promise.all([alice.close(), bob.close()])
      })

      test('a burst becomes few messages, and the last one comes after the last change', async () => {
        const client = await signedIn(...ALICE, 'listen notify_file_id')
        for (let count = 0; count < 40; count++) await put(`burst-${count % 4}.txt`, String(count))
        const last = await fileId('burst-3.txt')
        let text = await client.next()
        while (!text.includes(String(last))) text = await client.next()
        assert.ok(client.texts.length < 20, client.texts.join(' | '))
        await client.close()
      })

      test('unknown texts are ignored, pings are answered at once, also long ones', async () => {
        const client = await signedIn(...ALICE)
        client.say('listen', 'LISTEN notify_file_id', '', 'x'.repeat(1_000))
        client.socket.send(Buffer.alloc(10))
        client.socket.ping('y'.repeat(125))
        const [pong] = await new Promise<[Buffer]>((resolve) => client.socket.once('pong', (data) => resolve([data])))
        assert.equal(pong.toString(), 'y'.repeat(125))
        await put('after.txt', 'x')
        assert.equal(await client.next(), 'notify_file')
        await client.close()
      })
    })

    describe('the end', () => {
      const ends: readonly (readonly [string, (secret: string, id: number) => Promise<unknown>])[] = [
        [
          'the app password is revoked',
          async (_secret, id) => app.features.auth.appPasswords.remove(await aliceId(), id, 'test'),
        ],
        [
          'the app password gets another secret',
          async (_secret, id) => app.features.auth.appPasswords.rotate(await aliceId(), id, 'test'),
        ],
        ['the account is disabled', async () => setEnabled(false)],
      ]
      for (const [name, end] of ends) {
        test(`${name}: the connection ends (bug class: what outlives its credential)`, async () => {
          const { id, secret } = await app.features.auth.appPasswords.add(await aliceId(), 'phone', 'test')
          const client = await signedIn('alice', secret)
          await end(secret, id)
          await client.ended()
          await setEnabled(true)
        })
      }

      test('a changed password ends what was opened with the old one, and nothing else', async () => {
        const { secret } = await app.features.auth.appPasswords.add(await aliceId(), 'phone', 'test')
        const byApp = await signedIn('alice', secret)
        const byPassword = await signedIn(...ALICE)
        app.clock.advance(1_000)
        await app.features.accounts.setPassword(await app.features.accounts.get('alice'), 'another-password-9', 'test')
        await byPassword.ended()
        assert.equal(byApp.socket.readyState, byApp.socket.OPEN)
        await byApp.close()
        app.clock.advance(1_000)
        await app.features.accounts.setPassword(await app.features.accounts.get('alice'), ALICE[1], 'test')
      })

      test('an administrator resets the connections of one account, or all', async () => {
        const bob = await signedIn('bob', 'bob-password-12')
        const alice = await signedIn(...ALICE)
        const reset = async (uid?: string): Promise<void> => {
          const commands = app.features.list.flatMap((feature) => feature.commands ?? [])
          const command = commands.find(({ name }) => name === 'notify_push:reset')
          const args: Record<string, string> = uid === undefined ? {} : { uid }
          const silent = { line() {}, result() {}, progress() {}, warn() {} }
          const prompt = { secret: async () => '', env: {} }
          await command?.run({ args, rest: [], options: {} }, silent, prompt)
        }
        await reset('bob')
        await bob.ended()
        assert.equal(alice.socket.readyState, alice.socket.OPEN)
        await reset()
        await alice.ended()
      })

      test('a message over the limit and a flood end the connection', async () => {
        const large = await signedIn(...ALICE)
        large.say('x'.repeat(5_000))
        assert.equal(await large.ended(), 1009)
        const flood = await signedIn(...ALICE)
        for (let count = 0; count < 1_000; count++) flood.say('listen notify_file_id')
        await flood.ended()
      })
    })

    test('over plain HTTP the address says what it is; others are not there', async () => {
      assert.equal((await app.request({ url: '/push/ws' })).status, 400)
      assert.equal(
        (await app.request({ method: 'GET', url: '/apps/notify_push/pre_auth', as: [...ALICE] })).status,
        405,
      )
      assert.equal((await app.request({ method: 'POST', url: '/apps/notify_push/pre_auth' })).status, 401)
      await assert.rejects(connectPush(base, { path: '/push/other' }), /404/)
      await (await connectPush(base, { path: '/index.php/push/ws' })).close()
    })

    test('half a handshake that breaks off harms nobody', async () => {
      const { port } = new URL(base)
      const socket = connect(Number(port), '127.0.0.1')
      socket.write('GET /push/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
      await signedIn(...ALICE)
    })

    test('capabilities name the addresses, for those who are signed in alone', async () => {
      const url = '/ocs/v2.php/cloud/capabilities?format=json'
      const known = await app.request({ url, headers: { ...OCS, host: 'cloud.test' }, as: [...ALICE] })
      assert.deepEqual(known.json().ocs.data.capabilities.notify_push, {
        type: ['files', 'notifications'],
        endpoints: {
          websocket: 'ws://cloud.test/push/ws',
          pre_auth: 'http://cloud.test/index.php/apps/notify_push/pre_auth',
        },
      })
      assert.equal((await app.request({ url, headers: OCS })).json().ocs.data.capabilities.notify_push, undefined)
    })

    test('metrics show the connections', async () => {
      await signedIn(...ALICE)
      const { text } = await app.metrics.write()
      assert.match(text, /^cloudlet_push_sockets [1-9]/m)
    })

    test('the server ends without waiting for clients that stay connected', async () => {
      const other = await createTestApp({ database })
      const client = await connectPush(await other.listen())
      client.say('admin', ADMIN_PASSWORD)
      assert.equal(await client.next(), 'authenticated')
      await Promise.all([other.close(), client.ended()])
    })
  })
