import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Log } from '../lib/log.ts'
import { clientAddressOf, trustedProxies } from './client-address.ts'

/** An address that speaks the websocket protocol (RFC 6455). */
export interface SocketRoute {
  /** `/push/ws` */
  readonly path: string
  /** One line for the list of routes. */
  readonly summary: string
  /** Largest message that a client may send, in bytes; a larger one ends the connection with 1009. */
  readonly maxMessageBytes: number
  /** The handshake is done. Nothing is known of who it is. */
  open(socket: WebSocket, client: { readonly address: string }): void
}

export interface SocketsDeps {
  readonly routes: readonly SocketRoute[]
  readonly trustedProxies: readonly string[]
  readonly log: Log
}

/** Mounts websocket addresses on the server. The library is loaded with the first handshake. */
export function mountSockets(app: FastifyInstance, { routes, trustedProxies: proxies, log }: SocketsDeps): void {
  if (routes.length === 0) return
  const isTrusted = trustedProxies(proxies)
  const servers = new Map<SocketRoute, Promise<WebSocketServer>>()
  const serverOf = (route: SocketRoute): Promise<WebSocketServer> => {
    let server = servers.get(route)
    if (server === undefined) {
      server = makeServer(route)
      servers.set(route, server)
    }
    return server
  }
  const upgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> => {
    const path = pathOf(request.url ?? '/')
    const route = routes.find((each) => each.path === path)
    if (route === undefined) {
      refuse(stream, '404 Not Found')
      return
    }
    const forwardedFor = request.headers['x-forwarded-for'] as string | undefined
    const address = clientAddressOf(request.socket.remoteAddress ?? '', forwardedFor, isTrusted)
    const server = await serverOf(route)
    server.handleUpgrade(request, stream, head, (socket) => route.open(socket, { address }))
  }
  const http: Server = app.server as Server
  http.on('upgrade', (request, stream, head) => {
    // Until the library takes over, a connection that breaks would end the process.
    stream.on('error', () => stream.destroy())
    upgrade(request, stream, head).catch((error: unknown) => {
      log.error({ err: error }, 'A websocket handshake failed')
      refuse(stream, '500 Internal Server Error')
    })
  })
  app.addHook('preClose', async () => {
    for (const server of servers.values()) {
      for (const socket of (await server).clients) closeForGood(socket)
    }
  })
}

/** No compression: the messages are short, and it would cost each connection hundreds of kilobytes. */
async function makeServer({ maxMessageBytes }: SocketRoute): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws')
  return new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    clientTracking: true,
  })
}

/** `/index.php/push/ws` is the same address. */
function pathOf(url: string): string {
  const path = url.split('?')[0] ?? ''
  return path.startsWith('/index.php/') ? path.slice('/index.php'.length) : path
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

const GOING_AWAY = 1001
const CLOSE_WAIT_MS = 1_000

/** The server ends: says so, and does not wait for a client that does not answer. */
function closeForGood(socket: WebSocket): void {
  socket.close(GOING_AWAY)
  setTimeout(() => socket.terminate(), CLOSE_WAIT_MS).unref()
}
