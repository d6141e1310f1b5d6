import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, setGlobalProxyFromEnv } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { TEST_TLS, trustTestCertificate } from '../../test/helpers/tls.ts'
import { Fault } from '../lib/fault.ts'
import { createOutgoing, type Outgoing, type OutgoingDeps, type OutgoingRequest } from './outgoing.ts'
import { createTurns } from './turns.ts'

const opened: (Server | TcpServer)[] = []

async function listen<S extends Server | TcpServer>(server: S, host = '127.0.0.1', port = 0): Promise<number> {
  opened.push(server)
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const plain = (listener: RequestListener, host?: string, port?: number): Promise<number> =>
  listen(createServer(listener), host, port)
const secure = (listener: RequestListener): Promise<number> => listen(createTlsServer(TEST_TLS, listener))

const request = (url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'text/plain' },
  body: 'hello',
  owner: 'alice',
  ...more,
})

const open = (deps: Partial<OutgoingDeps> = {}): Outgoing => createOutgoing({ allowed: ['127.0.0.0/8'], ...deps })

async function reasonOf(work: Promise<unknown> | (() => unknown)): Promise<string | undefined> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    assert.ok(error instanceof Fault, String(error))
    return error.detail.reason
  }
  return 'went through'
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of message) text += piece
  return text
}

before(trustTestCertificate)
after(() => {
  for (const server of opened) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    server.close()
  }
})

describe('an address to call', () => {
  const guarded = createOutgoing({ allowed: [] })

  for (const url of [
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://192.168.0.1:8443/',
    'https://0/',
    'https://１２７.0.0.1/',
  ]) {
    test(`is not ${url} (bug class: SSRF through user URLs)`, async () => {
      assert.equal(await reasonOf(() => guarded.checkUrl(url)), 'outgoing-url')
    })
  }

  for (const url of [
    '',
    'nope',
    'ftp://push.test/',
    'file:///etc/passwd',
    'https:push.test',
    'https:///push.test',
    'https://',
    'https://name:secret@push.test/',
    'https://push.test\\@127.0.0.1/',
    'https://[fe80::1%25eth0]/',
    'https://push.test/with space',
    'http://push.test/',
    'http://8.8.8.8/',
  ]) {
    test(`is not ${JSON.stringify(url)}`, async () => {
      assert.equal(await reasonOf(() => guarded.checkUrl(url)), 'outgoing-url')
    })
  }

  test('has its name and path as they are written', () => {
    assert.equal(guarded.checkUrl('https://Push.Test:8443/a/%2e%2e?b=c').href, 'https://push.test:8443/?b=c')
    assert.equal(guarded.checkUrl('https://8.8.8.8/').hostname, '8.8.8.8')
  })

  test('may be plain http where the administrator lists the host or the address', () => {
    const listed = createOutgoing({ allowed: ['push.lan', '10.0.0.0/8'] })
    assert.equal(listed.checkUrl('http://PUSH.lan./').protocol, 'http:')
    assert.equal(listed.checkUrl('http://10.1.2.3/').protocol, 'http:')
  })
})

describe('an outgoing request', () => {
  test('arrives as it was sent and brings the answer back', async () => {
    const port = await plain(async (message, reply) => {
      const { method, url, headers } = message
      reply.setHeader('x-seen', `${method} ${url} ${headers.host} ${headers['content-type']} ${headers.connection}`)
      reply.writeHead(201).end(await textOf(message))
    })
    const { status, headers, body } = await open().send(request(`http://127.0.0.1:${port}/a?b=c#d`))
    assert.equal(status, 201)
    assert.equal(headers['x-seen'], `POST /a?b=c 127.0.0.1:${port} text/plain close`)
    assert.equal(body.toString(), 'hello')
  })

  test('names its host in TLS and in the request, and believes no certificate of another name', async () => {
    const names: string[] = []
    const server = createTlsServer(
      {
        ...TEST_TLS,
        SNICallback: (name, done) => {
          names.push(name)
          done(null)
        },
      },
      ({ headers }, reply) => reply.end(headers.host),
    )
    const port = await listen(server)
    const outgoing = open({ resolve: async () => ['127.0.0.1'] })
    const { body } = await outgoing.send(request(`https://a.push.test:${port}/`))
    assert.equal(body.toString(), `a.push.test:${port}`)
    assert.equal(await reasonOf(outgoing.send(request(`https://other.invalid:${port}/`))), 'outgoing-failed')
    assert.deepEqual(names, ['a.push.test', 'other.invalid'])
  })

  test('goes to the address that was checked: the name is resolved once (bug class: DNS rebinding)', async () => {
    const good = createTlsServer(TEST_TLS, (_message, reply) => reply.end('good'))
    const port = await listen(good, '127.0.0.2')
    let strayed = 0
    await listen(
      createTcpServer(() => strayed++),
      '127.0.0.1',
      port,
    )
    const answers = [['127.0.0.2'], ['127.0.0.1']]
    const asked: string[] = []
    const outgoing = createOutgoing({
      allowed: ['127.0.0.2'],
      resolve: async (hostname) => {
        asked.push(hostname)
        return answers.shift() ?? []
      },
    })
    const url = `https://push.test:${port}/`
    assert.equal((await outgoing.send(request(url))).body.toString(), 'good')
    assert.deepEqual(asked, ['push.test'])
    assert.equal(await reasonOf(outgoing.send(request(url))), 'outgoing-address')
    assert.equal(strayed, 0)
  })

  test('goes nowhere when one of several addresses is out of bounds', async () => {
    let hits = 0
    const port = await listen(createTcpServer(() => hits++))
    const outgoing = createOutgoing({ allowed: ['127.0.0.1'], resolve: async () => ['127.0.0.1', '10.0.0.1'] })
    assert.equal(await reasonOf(outgoing.send(request(`https://push.test:${port}/`))), 'outgoing-address')
    for (const address of ['::ffff:10.0.0.1', 'fe80::1', '169.254.169.254', '100.64.0.1', 'not an address']) {
      const guarded = createOutgoing({ allowed: ['127.0.0.1'], resolve: async () => [address] })
      assert.equal(await reasonOf(guarded.send(request(`https://push.test:${port}/`))), 'outgoing-address', address)
    }
    assert.equal(hits, 0)
  })

  test('tries the next address when the first does not connect', async () => {
    const port = await secure((_message, reply) => reply.end('second'))
    const outgoing = open({ resolve: async () => ['127.0.0.77', '127.0.0.1'] })
    const { body } = await outgoing.send(request(`https://push.test:${port}/`))
    assert.equal(body.toString(), 'second')
  })

  test('follows no redirect (bug class: SSRF through user URLs)', async () => {
    const seen: string[] = []
    const port = await plain(({ url }, reply) => {
      seen.push(url ?? '')
      reply.writeHead(307, { location: seen.length === 1 ? '/again' : 'http://169.254.169.254/' }).end()
    })
    const { status } = await open().send(request(`http://127.0.0.1:${port}/first`))
    assert.equal(status, 307)
    assert.deepEqual(seen, ['/first'])
  })

  test('knows no proxy, whatever the environment says', async () => {
    let hits = 0
    const proxy = `http://127.0.0.1:${await listen(createTcpServer(() => hits++))}`
    const restore = setGlobalProxyFromEnv({ http_proxy: proxy, https_proxy: proxy })
    try {
      const port = await secure((_message, reply) => reply.end('direct'))
      const { body } = await open().send(request(`https://127.0.0.1:${port}/`))
      assert.equal(body.toString(), 'direct')
      assert.equal(hits, 0)
    } finally {
      restore()
    }
  })

  test('reads four kilobytes of an endless answer and hangs up', async () => {
    const hungUp = Promise.withResolvers<void>()
    const port = await plain((_message, reply) => {
      const more = (): void => {
        while (!reply.destroyed && reply.write('x'.repeat(1_024)));
      }
      reply.on('drain', more)
      reply.once('close', hungUp.resolve)
      more()
    })
    const { body } = await open().send(request(`http://127.0.0.1:${port}/`))
    assert.equal(body.length, 4_096)
    await hungUp.promise
  })

  test('does not read headers without end', async () => {
    const port = await plain((_message, reply) => reply.writeHead(200, { 'x-long': 'x'.repeat(9_000) }).end())
    assert.equal(await reasonOf(open().send(request(`http://127.0.0.1:${port}/`))), 'outgoing-failed')
  })

  test('is over in its time when the answer comes drop by drop', async () => {
    const drip = async (write: (text: string) => void, isOver: () => boolean): Promise<void> => {
      while (!isOver()) {
        write('x')
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    const bodies = await plain((_message, reply) => {
      reply.writeHead(200)
      void drip(
        (text) => reply.write(text),
        () => reply.destroyed,
      )
    })
    const heads = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
      void drip(
        (text) => socket.write(text),
        () => socket.destroyed,
      )
    })
    const outgoing = open({ deadlineMs: 200 })
    for (const port of [bodies, await listen(heads)]) {
      assert.equal(await reasonOf(outgoing.send(request(`http://127.0.0.1:${port}/`))), 'outgoing-timeout')
    }
  })

  test('is over in its time when TLS, the answer or the name servers hang', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => {}))
    const port = await listen(silent)
    const outgoing = open({ deadlineMs: 200 })
    assert.equal(await reasonOf(outgoing.send(request(`https://127.0.0.1:${port}/`))), 'outgoing-timeout')
    assert.equal(await reasonOf(outgoing.send(request(`http://127.0.0.1:${port}/`))), 'outgoing-timeout')
    const lost = open({ deadlineMs: 200, resolve: () => new Promise(() => {}) })
    assert.equal(await reasonOf(lost.send(request('https://push.test/'))), 'outgoing-timeout')
  })

  test('fails when nobody is there, when the other side hangs up, and when the name means nothing', async () => {
    const port = await plain(({ socket }) => socket.destroy())
    const outgoing = open({ resolve: async () => [] })
    assert.equal(await reasonOf(outgoing.send(request(`http://127.0.0.1:${port}/`))), 'outgoing-failed')
    assert.equal(await reasonOf(outgoing.send(request('http://127.0.0.1:1/'))), 'outgoing-failed')
    assert.equal(await reasonOf(outgoing.send(request('https://push.test/'))), 'outgoing-failed')
    const upgrading = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
    })
    assert.equal(
      await reasonOf(outgoing.send(request(`http://127.0.0.1:${await listen(upgrading)}/`))),
      'outgoing-failed',
    )
  })
})

describe('turns', () => {
  const limits = { atOnce: 3, atOncePerOwner: 2, waiting: 4, waitingPerOwner: 2 }

  test('are limited for all and for one owner, and nobody is passed over for ever', async () => {
    const turns = createTurns(limits)
    const begun: string[] = []
    const gates = new Map<string, () => void>()
    const take = (owner: string, name: string): Promise<void> =>
      turns.take(owner, () => {
        begun.push(name)
        return new Promise((resolve) => gates.set(name, resolve))
      })
    const finish = async (name: string): Promise<void> => {
      gates.get(name)?.()
      await new Promise(setImmediate)
    }
    const all = [take('alice', 'a1'), take('alice', 'a2'), take('alice', 'a3'), take('bob', 'b1'), take('bob', 'b2')]
    assert.deepEqual(begun, ['a1', 'a2', 'b1'], 'the third of one owner waits, the first of another does not')
    await finish('b1')
    assert.deepEqual(begun.slice(3), ['b2'], 'one that may begin does not wait behind one that may not')
    await finish('a1')
    assert.deepEqual(begun.slice(4), ['a3'])
    for (const name of ['a2', 'a3', 'b2']) await finish(name)
    await Promise.all(all)
  })

  test('are refused when too many wait, and given on when work fails', async () => {
    const turns = createTurns(limits)
    const gate = Promise.withResolvers<void>()
    const fail = async (): Promise<never> => {
      await gate.promise
      throw new Error('no')
    }
    const held = ['a', 'a', 'a', 'a', 'b', 'b', 'b'].map((owner) => turns.take(owner, fail).catch(() => 'failed'))
    assert.equal(await reasonOf(turns.take('a', fail)), 'outgoing-queue', 'alice has two waiting')
    assert.equal(await reasonOf(turns.take('c', fail)), 'outgoing-queue', 'four wait in all')
    gate.resolve()
    await Promise.all(held)
    assert.equal(await turns.take('a', async () => 'free again'), 'free again')
  })
})
