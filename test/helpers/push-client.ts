import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A client of the push websocket, as an app would be. */
export interface PushClient {
  readonly socket: WebSocket
  /** Texts in the order of their arrival. */
  readonly texts: string[]
  say(...texts: readonly string[]): void
  /** Resolves with the next text that has not been asked for yet. */
  next(): Promise<string>
  /** Resolves with the code of the end. */
  ended(): Promise<number>
  close(): Promise<void>
}

export interface PushClientOptions {
  readonly autoPong?: boolean
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** `base` is `http://127.0.0.1:PORT`. */
export async function connectPush(base: string, options: PushClientOptions = {}): Promise<PushClient> {
  const { autoPong = true, path = '/push/ws', headers = {} } = options
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}${path}`, { autoPong, headers })
  const texts: string[] = []
  let taken = 0
  socket.on('message', (data, isBinary) => {
    if (!isBinary) texts.push(data.toString())
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  socket.on('error', () => {})
  return {
    socket,
    texts,
    say(...said) {
      for (const text of said) socket.send(text)
    },
    async next() {
      // Long enough for any machine: a test that waits for ever says nothing.
      const giveUpAt = performance.now() + 30_000
      while (texts.length <= taken) {
        if (socket.readyState === WebSocket.CLOSED) throw new Error(`closed after: ${texts.join(' | ')}`)
        if (performance.now() > giveUpAt) throw new Error(`nothing came after: ${texts.join(' | ')}`)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      taken += 1
      return texts[taken - 1] ?? ''
    },
    ended: () => closed,
    async close() {
      socket.close()
      await closed
    },
  }
}
