import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { Agent, get, type IncomingMessage, METHODS } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { BOBS_PASSWORD, createDavApp, type DavApp, FILES, propfind } from '../helpers/dav.ts'
import { ADMIN_PASSWORD, basic } from '../helpers/test-app.ts'

const MIB = 1024 * 1024

let dav: DavApp
before(async () => {
  dav = await createDavApp()
})
after(() => dav.close())

/** A client that decides itself when it sends and when it reads. */
class RawClient {
  readonly socket: Socket
  #text = ''
  #isClosed = false

  constructor() {
    this.socket = connect(Number(new URL(dav.base).port), '127.0.0.1')
    this.socket.on('data', (data) => {
      this.#text += data.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.socket.once('close', () => {
      this.#isClosed = true
    })
  }

  send(text: string | Buffer): void {
    this.socket.write(text)
  }

  /** Resolves with what has come as soon as it fits, and takes it away. */
  async receive(pattern: RegExp): Promise<string> {
    for (let turn = 0; turn < 1_000; turn++) {
      if (pattern.test(this.#text)) {
        const text = this.#text
        this.#text = ''
        return text
      }
      assert.equal(this.#isClosed, false, `closed after: ${this.#text.slice(0, 500)}`)
      await setTimeout(10)
    }
    throw new Error(`Nothing like ${pattern} came, but: ${this.#text.slice(0, 500)}`)
  }

  /** Resolves with all that came when the server has closed. */
  async end(): Promise<string> {
    for (let turn = 0; turn < 1_000 && !this.#isClosed; turn++) await setTimeout(10)
    assert.equal(this.#isClosed, true, 'the server keeps the connection')
    return this.#text
  }
}

function head(
  method: string,
  path: string,
  headers: readonly string[] = [],
  user = 'admin',
  secret = ADMIN_PASSWORD,
): string {
  const target = /^(?:http|\/remote)/.test(path) ? path : `${FILES}/${user}${path}`
  return [
    `${method} ${target} HTTP/1.1`,
    'Host: cloud.test',
    `Authorization: ${basic(user, secret)}`,
    ...headers,
    '',
    '',
  ].join('\r\n')
}

const DAV_ERROR = /<d:error [\s\S]*<\/d:error>/

function storedBlobs(): string[] {
  return readdirSync(join(dav.app.dataFolder, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
}

describe('verbs', () => {
  const known = new Set([
    'OPTIONS',
    'GET',
    'HEAD',
    'PROPFIND',
    'PROPPATCH',
    'PUT',
    'MKCOL',
    'DELETE',
    'COPY',
    'MOVE',
    'LOCK',
    'UNLOCK',
    'REPORT',
    'CONNECT',
  ])
  for (const method of METHODS.filter((verb) => !known.has(verb))) {
    test(`${method} is answered 501 by the engine`, async () => {
      const client = new RawClient()
      client.send(head(method, '/file', ['Content-Length: 0']))
      assert.match(await client.receive(DAV_ERROR), /^HTTP\/1\.1 501 /)
      client.socket.destroy()
    })
  }

  test('one that HTTP has not heard of ends the connection', async () => {
    const client = new RawClient()
    client.send(head('FROBNICATE', '/file'))
    assert.match(await client.end(), /^HTTP\/1\.1 501 /)
  })

  test('an address with its host before it is the same address (RFC 9112 section 3.2.2)', async () => {
    const client = new RawClient()
    client.send(head('GET', `http://cloud.test${FILES}/admin/file`))
    assert.match(await client.receive(/content$/), /^HTTP\/1\.1 200 /)
    client.socket.destroy()
  })
})

describe('a body', () => {
  for (const [what, headers, sent] of [
    ['shorter than its length', ['Content-Length: 1000'], Buffer.from('short')],
    ['much shorter than its length', ['Content-Length: 10000000'], Buffer.alloc(MIB, 'x')],
    ['that ends in the middle of a chunk', ['Transfer-Encoding: chunked'], Buffer.from('1000\r\nshort')],
    [
      'that ends between two chunks',
      ['Transfer-Encoding: chunked'],
      Buffer.from(`${MIB.toString(16)}\r\n${'x'.repeat(MIB)}\r\n`),
    ],
  ] as const) {
    for (const ending of ['end', 'destroy'] as const) {
      test(`${what}, then ${ending}: nothing is stored`, async () => {
        const before = await dav.everything()
        const client = new RawClient()
        client.send(head('PUT', '/cut-short', headers))
        client.send(sent)
        await setTimeout(50)
        client.socket[ending]()
        await client.end()
        const upload = new RawClient()
        upload.send(head('MKCOL', '/remote.php/dav/uploads/admin/cut', ['Content-Length: 0']))
        await upload.receive(/ 201 /)
        upload.send(head('PUT', '/remote.php/dav/uploads/admin/cut/1', headers))
        upload.send(sent)
        await setTimeout(50)
        upload.socket[ending]()
        await upload.end()
        const chunks = await dav.send(
          'PROPFIND',
          '/remote.php/dav/uploads/admin/cut',
          { depth: '1' },
          propfind('d:getcontentlength'),
        )
        assert.match(chunks.text, /<d:getcontentlength>0</)
        assert.doesNotMatch(chunks.text, /cut\/1</)
        assert.equal((await dav.send('DELETE', '/remote.php/dav/uploads/admin/cut')).status, 204)
        assert.equal(await dav.everything(), before)
        // What is on its way to the disk when the client goes is removed a moment later.
        for (let turn = 0; turn < 500 && storedBlobs().length > 0; turn++) await setTimeout(10)
        assert.deepEqual(storedBlobs(), [])
      })
    }
  }

  test('longer than its length: the rest is no part of the file', async () => {
    const client = new RawClient()
    client.send(`${head('PUT', '/long', ['Content-Length: 3'])}abcdef`)
    await client.end()
    assert.equal((await dav.send('GET', '/long')).text, 'abc')
    await dav.send('DELETE', '/long')
  })

  const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`

  test('that nobody wants any more still gets its answer, and the connection goes on', async () => {
    const { accounts } = dav.app.features
    await accounts.add({ userId: 'small', password: BOBS_PASSWORD, quota: '20000' }, 'test')
    for (const [method, path, user, status] of [
      ['PUT', '/big', 'small', 507],
      ['PROPFIND', '/', 'small', 413],
      ['PUT', '/none/big', 'admin', 404],
      ['PUT', '/folder', 'admin', 409],
      ['PUT', '/big', 'nobody', 401],
      ['DELETE', '/nothing', 'admin', 404],
      ['ACL', '/nothing', 'admin', 501],
    ] as const) {
      const secret = user === 'admin' ? ADMIN_PASSWORD : BOBS_PASSWORD
      const client = new RawClient()
      client.send(head(method, path, ['Transfer-Encoding: chunked'], user, secret))
      for (let part = 0; part < 4; part++) client.send(chunk(MIB))
      client.send('0\r\n\r\n')
      assert.match(await client.receive(DAV_ERROR), new RegExp(`^HTTP/1\\.1 ${status} `), `${method} ${path}`)
      client.send(head('GET', '/file'))
      assert.match(await client.receive(/content$/), /^HTTP\/1\.1 200 /)
      client.socket.destroy()
    }
    assert.deepEqual(storedBlobs(), [])
  })

  test('that goes on for ever after its answer is cut off', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const client = new RawClient()
    client.send(head('PUT', '/big', ['Content-Length: 1000000000'], 'nobody', 'wrong'))
    client.send(Buffer.alloc(MIB))
    assert.match(await client.receive(DAV_ERROR), /^HTTP\/1\.1 401 /)
    context.mock.timers.tick(30_000)
    await client.end()
  })

  test('that comes slowly keeps nobody else waiting, and is stored when it is whole', async () => {
    const client = new RawClient()
    client.send(head('PUT', '/slow', ['Content-Length: 6']))
    for (const letter of 'slowl') {
      client.send(letter)
      assert.equal((await dav.send('GET', '/slow')).status, 404, 'not before it is whole')
      assert.equal((await dav.send('PUT', '/other', {}, letter)).status < 300, true)
    }
    client.send('y')
    await client.receive(/^HTTP\/1\.1 201 /)
    assert.equal((await dav.send('GET', '/slow')).text, 'slowly')
    client.socket.destroy()
    await dav.send('DELETE', '/slow')
    await dav.send('DELETE', '/other')
  })

  test('behind another one on the same connection: both count, in their order', async () => {
    const client = new RawClient()
    const put = (text: string): string => head('PUT', '/piped', [`Content-Length: ${text.length}`]) + text
    client.send(put('one') + put('second') + head('GET', '/piped'))
    assert.match(await client.receive(/second$/), /^HTTP\/1\.1 201 [\s\S]*HTTP\/1\.1 204 [\s\S]*HTTP\/1\.1 200 /)
    client.socket.destroy()
    await dav.send('DELETE', '/piped')
  })
})

describe('a reader that does not read', () => {
  test('holds up neither others nor the file, and is given up after a while', async () => {
    const content = Buffer.alloc(48 * MIB, 'old')
    await dav.send('PUT', '/large', {}, content)
    const sockets: Socket[] = []
    dav.app.server.server.on('connection', (socket) => sockets.push(socket))
    const { port } = new URL(dav.base)
    const options = {
      port,
      path: `${FILES}/admin/large`,
      auth: `admin:${ADMIN_PASSWORD}`,
      agent: new Agent({ keepAlive: true }),
    }
    const answer = await new Promise<IncomingMessage>((resolve) => get(options, resolve))
    await setTimeout(200)
    const own = sockets.find(({ remotePort }) => remotePort === answer.socket.localPort)
    assert.ok((own?.bytesWritten ?? 0) < content.length, 'the file waits for its reader')
    assert.equal(own?.timeout, 120_000)
    assert.equal((await dav.send('PUT', '/large', {}, 'new')).status, 204)
    assert.equal((await dav.send('GET', '/large')).text, 'new')
    assert.ok(content.equals(Buffer.concat(await Array.fromAsync(answer))), 'what was begun is what is finished')
    await setTimeout(50)
    assert.notEqual(own?.timeout, 120_000, 'between requests the usual time counts')
    options.agent.destroy()
    await dav.send('DELETE', '/large')
  })
})
