import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'

/** A request as it went over the wire. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** 0 when the connection was cut before there was an answer. */
  readonly status: number
  /** Whether the connection was cut before the answer was whole, as players do that jump. */
  readonly isCut: boolean
  /** Bytes of the bodies. */
  readonly sentBytes: number
  readonly answeredBytes: number
}

/** Stands between a client and the server and counts what goes through. The client takes it for the server. */
export interface Listener {
  readonly url: string
  /** What was answered so far, in the order of the answers. */
  readonly seen: readonly Seen[]
  /** What goes through while `work` runs. */
  during(work: () => Promise<unknown>): Promise<readonly Seen[]>
  /** Breaks the next connections whose request fits, each once this many bytes have gone through, there or back. */
  breakNext(fits: Break['fits'], afterBytes: number, times: number): void
}

interface Break {
  readonly fits: (method: string, path: string) => boolean
  readonly afterBytes: number
  times: number
}

/** Ends with the test. */
export async function listenTo(t: TestContext, target: string): Promise<Listener> {
  const seen: Seen[] = []
  let open = 0
  let breaking: Break | undefined
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming
    const isDue = breaking !== undefined && breaking.times > 0 && breaking.fits(method, url)
    const limit = isDue ? breaking?.afterBytes : undefined
    if (isDue && breaking !== undefined) breaking.times -= 1
    open += 1
    passOn(target, incoming, outgoing, limit, (one) => {
      open -= 1
      seen.push(one)
    })
  })
  server.on('upgrade', (request, socket, head) => tunnel(target, request, socket, head))
  // Clients keep connections for their next run.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => close(server))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async during(work) {
      const before = seen.length
      await work()
      // The client has ended; the end of its last answer is noted a moment later.
      while (open > 0) await setTimeout(5)
      return seen.slice(before)
    },
    breakNext(fits, afterBytes, times) {
      breaking = { fits, afterBytes, times }
    },
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** A websocket goes through as it is, and is not noted. */
function tunnel(target: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { hostname, port } = new URL(target)
  const lines = [`${request.method} ${request.url} HTTP/1.1`]
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`)
  }
  const onward = connect(Number(port), hostname, () => {
    onward.write(`${lines.join('\r\n')}\r\n\r\n`)
    onward.write(head)
    onward.pipe(socket).pipe(onward)
  })
  for (const [one, other] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}

function passOn(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  breakAfterBytes: number | undefined,
  note: (seen: Seen) => void,
): void {
  const { method = '', url: path = '', headers } = incoming
  const { hostname, port } = new URL(target)
  const counts = { sentBytes: 0, answeredBytes: 0 }
  const onward = httpRequest({ hostname, port, method, path, headers: incoming.rawHeaders, agent: false })
  outgoing.on('close', () => {
    onward.destroy()
    const status = outgoing.headersSent ? outgoing.statusCode : 0
    note({ method, path, headers, status, isCut: !outgoing.writableFinished, ...counts })
  })
  const breakWhenDue = (): void => {
    if (breakAfterBytes !== undefined && counts.sentBytes + counts.answeredBytes >= breakAfterBytes) outgoing.destroy()
  }
  incoming.on('data', (piece: Buffer) => {
    counts.sentBytes += piece.byteLength
    breakWhenDue()
  })
  incoming.pipe(onward)
  onward.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 0, answer.rawHeaders)
    answer.on('data', (piece: Buffer) => {
      counts.answeredBytes += piece.byteLength
      breakWhenDue()
    })
    answer.on('error', () => outgoing.destroy())
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
}

/** Bytes of all bodies that were sent by a method. */
export function bytesBy(method: string, seen: readonly Seen[]): number {
  return seen.reduce((sum, one) => sum + (one.method === method ? one.sentBytes : 0), 0)
}

export function assertMethods(seen: readonly Seen[], allowed: readonly string[]): void {
  assert.ok(seen.length > 0, 'nothing was sent at all')
  const others = seen.filter(({ method }) => !allowed.includes(method)).map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(others, [])
}
