import { connect, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'

/** Requests that are sent over and over. */
export interface Load {
  /** `http://127.0.0.1:8080` */
  readonly origin: string
  /** The next request, whole, as it goes onto the socket. */
  readonly next: () => Uint8Array
}

export interface Measured {
  /** Successful answers. */
  readonly perSecond: number
  readonly failures: number
}

interface Tally {
  successes: number
  failures: number
}

/** A request as bytes. Made once and sent often, so that the load costs as little as it can. */
export function requestBytes(
  origin: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = '',
): Buffer {
  const bytes = Buffer.from(body as string)
  const lines = Object.entries({ host: new URL(origin).host, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  if (bytes.length > 0 || method === 'PUT') lines.push(`content-length: ${bytes.length}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes])
}

/** Sends as many requests as come back, for some seconds, each connection one at a time. */
export async function drive(load: Load, connections: number, seconds: number): Promise<Measured> {
  const tally: Tally = { successes: 0, failures: 0 }
  const begun = performance.now()
  const endsAt = begun + seconds * 1_000
  await Promise.all(Array.from({ length: connections }, () => keepBusy(load, endsAt, tally)))
  return { perSecond: tally.successes / ((performance.now() - begun) / 1_000), failures: tally.failures }
}

/** One connection after the other, should a server close them. */
async function keepBusy(load: Load, endsAt: number, tally: Tally): Promise<void> {
  while (performance.now() < endsAt) {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(load.origin).port), noDelay: true })
    await useUp(socket, load, endsAt, tally)
  }
}

function useUp(socket: Socket, { next }: Load, endsAt: number, tally: Tally): Promise<void> {
  const reader = new ResponseReader()
  let isWaiting = false
  const send = (): void => {
    isWaiting = true
    socket.write(next())
  }
  socket.on('connect', send)
  socket.on('data', (bytes: Buffer) => {
    const status = reader.push(bytes)
    if (status === undefined) return
    isWaiting = false
    if (status < 300 || status === 304) tally.successes += 1
    else tally.failures += 1
    if (performance.now() < endsAt) send()
    else socket.destroy()
  })
  return new Promise((resolve) => {
    // What went wrong is counted when the socket closes.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (isWaiting) tally.failures += 1
      resolve()
    })
  })
}
