import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { silentLog } from '../../src/lib/log.ts'
import { ADMIN_PASSWORD, basic, createTestApp, OCS, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
let port = 0
const logged: string[] = []
before(async () => {
  const log = { ...silentLog, error: (_fields: object, message: string) => void logged.push(message) }
  app = await createTestApp({ env: { CLOUDLET_TRUSTED_PROXIES: '127.0.0.1' }, log })
  port = Number(new URL(await app.listen()).port)
})
after(() => app.close())

/** Sends bytes as they are and resolves with all that comes back until the server closes. */
function raw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (data) => {
      text += data
    })
    socket.once('close', () => resolve(text))
    socket.once('error', reject)
    socket.write(bytes)
  })
}

const head = (lines: readonly string[], body = ''): string =>
  `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`
const GET_CONFIG = ['GET /ocs/v2.php/config?format=json HTTP/1.1', 'Host: cloud.test', 'OCS-APIRequest: true']

describe('requests as bytes on a socket', () => {
  test('a right one is answered', async () => {
    assert.match(await raw(head(GET_CONFIG)), /^HTTP\/1\.1 200 /)
  })

  for (const header of ['Authorization: Basic YTpi', 'Host: other.test', 'OCS-APIRequest: true', 'Content-Type: a/b']) {
    test(`two headers of the name ${header.split(':')[0]} are refused`, async () => {
      const answer = await raw(head([...GET_CONFIG, header, header]))
      assert.match(answer, /^HTTP\/1\.1 400 /)
    })
  }

  test('headers without an end are refused with 431', async () => {
    assert.match(await raw(head([...GET_CONFIG, `X-Long: ${'x'.repeat(20_000)}`])), /^HTTP\/1\.1 431 /)
  })

  test('what is not HTTP is refused and the connection ends', async () => {
    assert.match(await raw('\u0016\u0003\u0001 this is not HTTP\r\n\r\n'), /^HTTP\/1\.1 400 /)
  })

  test('a length beside chunks is refused (bug class: request smuggling)', async () => {
    const lines = ['POST /login HTTP/1.1', 'Host: cloud.test', 'Content-Length: 4', 'Transfer-Encoding: chunked']
    assert.match(await raw(head(lines, '0\r\n\r\n')), /^HTTP\/1\.1 400 /)
  })

  test('without a host (HTTP/1.0) links name the place where the server listens', async () => {
    const answer = await raw('GET /ocs/v2.php/cloud/capabilities?format=json HTTP/1.0\r\nOCS-APIRequest: true\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.match(answer, /"url":"http:\\?\/\\?\/127\.0\.0\.1/)
  })

  test('a host that is none is refused in the envelope', async () => {
    const answer = await raw(head(['GET /ocs/v2.php/config HTTP/1.1', 'Host: evil"><script>']))
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.match(answer, /<ocs>/)
    assert.doesNotMatch(answer, /<script>/)
  })
})

const edit = (body: string | Uint8Array, type = 'application/x-www-form-urlencoded') =>
  app.request({
    method: 'PUT',
    url: '/ocs/v2.php/cloud/users/admin?format=json',
    headers: { ...OCS, 'content-type': type },
    body,
    as: ['admin', ADMIN_PASSWORD],
  })

const MULTIPART = 'multipart/form-data; boundary=edge'
const inParts = (...parts: readonly (readonly [disposition: string, value: string])[]): string =>
  `${parts.map(([disposition, value]) => `--edge\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`).join('')}--edge--\r\n`

test('a form in parts is taken like any other, as curl -F sends it', async () => {
  assert.equal((await edit(inParts(['name="key"', 'role'], ['name="value"', 'Gärtnerin']), MULTIPART)).status, 200)
  const own = await app.request({
    url: '/ocs/v2.php/cloud/user?format=json',
    headers: OCS,
    as: ['admin', ADMIN_PASSWORD],
  })
  assert.equal(own.json().ocs.data.role, 'Gärtnerin')
})

describe('bad bodies', () => {
  for (const [what, body, type, status] of [
    ['broken JSON', '{"key":', 'application/json', 400],
    ['JSON that is no object', '[1,2]', 'application/json', 400],
    ['JSON of a wrong type', '{"key":{"a":1},"value":"x"}', 'application/json', 400],
    ['broken UTF-8 in JSON', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', 400],
    ['broken UTF-8 in a form', Buffer.from('key=phone&value=\xff', 'latin1'), 'application/x-www-form-urlencoded', 400],
    ['broken percent escapes', 'key=phone&value=%zz', 'application/x-www-form-urlencoded', 400],
    ['a missing field', 'key=phone', 'application/x-www-form-urlencoded', 400],
    ['a file in a form', inParts(['name="key"', 'phone'], ['name="value"; filename="a"', 'x']), MULTIPART, 415],
    ['a form in parts without its end', inParts(['name="key"', 'phone']).slice(0, -8), MULTIPART, 400],
    [
      'an unknown field in parts',
      inParts(['name="key"', 'phone'], ['name="value"', 'x'], ['name="z"', 'x']),
      MULTIPART,
      400,
    ],
    ['an unknown field', 'key=phone&value=x&z=x', 'application/x-www-form-urlencoded', 400],
    ['another kind of body', '<key>phone</key>', 'text/xml', 415],
    ['too much of it', `key=biography&value=${'x'.repeat(3_000_000)}`, 'application/x-www-form-urlencoded', 413],
  ] as const) {
    test(`${what}: ${status} in the envelope, and nothing is stored`, async () => {
      const answer = await edit(body, type)
      assert.equal(answer.status, status, answer.text.slice(0, 300))
      assert.equal(answer.json().ocs.meta.status, 'failure')
      const { phone, biography } = (
        await app.request({ url: '/ocs/v2.php/cloud/user?format=json', headers: OCS, as: ['admin', ADMIN_PASSWORD] })
      ).json().ocs.data
      assert.deepEqual([phone, biography], ['', ''])
    })
  }

  test('an unknown format is answered in one that is known', async () => {
    for (const format of ['yaml', '', 'json/../xml', 'jsonp']) {
      const answer = await app.request({ url: `/ocs/v2.php/config?format=${format}`, headers: OCS })
      assert.ok(answer.status < 500)
      assert.match(answer.text, /<ocs>|"ocs"/)
    }
  })
})

describe('files that arrive slowly', () => {
  /** An upload of 10 bytes of which 4 have come, and the server's side of its connection. */
  async function begun(): Promise<{ client: Socket; server: Socket }> {
    const accepted = once(app.server.server, 'connection')
    const client = connect(port, '127.0.0.1')
    const [server] = (await accepted) as [Socket]
    const lines = ['PUT /remote.php/dav/files/admin/slow.txt HTTP/1.1', 'Host: cloud.test', 'Content-Length: 10']
    client.write(`${[...lines, `Authorization: ${basic('admin', ADMIN_PASSWORD)}`].join('\r\n')}\r\n\r\nhalf`)
    while (server.timeout !== 300_000) await setImmediate()
    return { client, server }
  }
  const find = () => app.request({ url: '/remote.php/dav/files/admin/slow.txt', as: ['admin', ADMIN_PASSWORD] })

  test('may take hours, but not stand still; what follows may take its time', async () => {
    const { client, server } = await begun()
    client.write('-whole')
    const [answer] = await once(client, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 201 /)
    assert.notEqual(server.timeout, 300_000)
    client.destroy()
  })

  test('one that stands still is cut, and so is its connection; nothing of it stays', async () => {
    await app.request({ method: 'DELETE', url: '/remote.php/dav/files/admin/slow.txt', as: ['admin', ADMIN_PASSWORD] })
    logged.length = 0
    const { client, server } = await begun()
    const closed = once(client, 'close')
    server.emit('timeout')
    await closed
    assert.equal((await find()).status, 404)
    assert.deepEqual(logged, [], 'a client that goes away is no error of ours')
  })
})

describe('behind a proxy', () => {
  test('the throttle counts the client, not the proxy (bug class: spoofed X-Forwarded-For)', async () => {
    const ask = (forwardedFor: string, address: string) =>
      app.request({
        url: '/ocs/v2.php/cloud/user',
        headers: { ...OCS, 'x-forwarded-for': forwardedFor, authorization: basic('admin', 'wrong') },
        address,
      })
    const spoofed = []
    for (let turn = 0; turn < 40; turn++) spoofed.push((await ask(`203.0.113.${turn}`, '192.0.2.77')).status)
    assert.ok(spoofed.includes(429), 'a stranger gets no new guesses by a new header')
    assert.equal((await ask('198.51.100.9', '127.0.0.1')).status, 401, 'a client behind the proxy has its own')
  })

  test('links follow the trusted proxy alone', async () => {
    const url = async (address: string): Promise<string> => {
      const answer = await app.request({
        url: '/ocs/v2.php/cloud/capabilities?format=json',
        headers: { ...OCS, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'cloud.example.org' },
        address,
      })
      return answer.json().ocs.data.capabilities.theming.url
    }
    assert.equal(await url('127.0.0.1'), 'https://cloud.example.org')
    assert.equal(await url('192.0.2.1'), 'http://cloud.test')
  })
})

describe('every answer', () => {
  test('carries a request id and the security headers, errors too', async () => {
    for (const url of ['/status.php', '/ocs/v2.php/config', '/ocs/v2.php/nothing', '/nothing', '/login']) {
      const { headers } = await app.request({ url })
      assert.match(String(headers['x-request-id']), /^[\w-]{8,}$/, url)
      assert.equal(headers['x-content-type-options'], 'nosniff', url)
      assert.ok(headers['referrer-policy'], url)
    }
  })

  test('metrics are for this machine, and not for whoever a proxy brings', async () => {
    assert.equal((await app.request({ url: '/metrics', address: '127.0.0.1' })).status, 200)
    assert.equal((await app.request({ url: '/metrics', address: '192.0.2.1' })).status, 403)
    const headers = { 'x-forwarded-for': '203.0.113.5' }
    assert.equal((await app.request({ url: '/metrics', address: '127.0.0.1', headers })).status, 403)
  })
})
