import type { WebSocket } from 'ws'
import { SOCKET_PATH } from './routes.ts'

/** A connection by which the server is tried from outside. */
export interface Tester {
  /** Resolves with what the server says to this token; with an empty text when it says nothing in time. */
  signIn(token: string): Promise<string>
  /** The next text; empty when none comes in time. */
  next(): Promise<string>
  /** Whether the server has sent a ping, or does in time. */
  pinged(): Promise<boolean>
  end(): void
}

/** Opens the websocket below an address, as clients do. Rejects with what stood in the way. */
export async function connectTester(url: string, patienceMs: number): Promise<Tester> {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${SOCKET_PATH}`, {
    handshakeTimeout: patienceMs,
    perMessageDeflate: false,
  })
  const ping = Promise.withResolvers<true>()
  socket.once('ping', () => ping.resolve(true))
  await opened(socket)
  socket.on('error', () => {})
  const next = (): Promise<string> =>
    inTime(new Promise((resolve) => socket.once('message', (data) => resolve(data.toString()))), patienceMs, '')
  return {
    signIn(token) {
      const answer = next()
      // An empty name stands before a token (recording notify-push).
      socket.send('')
      socket.send(token)
      return answer
    },
    next,
    pinged: () => inTime<boolean>(ping.promise, patienceMs, false),
    end: () => socket.terminate(),
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, { statusCode }) => {
      socket.terminate()
      reject(new Error(`Status ${statusCode} instead of a websocket: let the proxy pass on Upgrade and Connection`))
    })
    socket.once('error', reject)
  })
}

async function inTime<T>(answer: Promise<T>, patienceMs: number, otherwise: T): Promise<T> {
  const late = Promise.withResolvers<T>()
  const timer = setTimeout(() => late.resolve(otherwise), patienceMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
