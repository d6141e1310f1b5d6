import { type ClientRequest, type IncomingMessage, request } from 'node:http'

export interface Call {
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** A text, or so many bytes of anything. */
  readonly body?: string | number
}

export interface Answer {
  readonly status: number
  readonly sizeBytes: number
  readonly firstByteMs: number
  readonly totalMs: number
}

const PIECE = Buffer.alloc(1 << 20, 'x')

/** One request on a connection of its own; the answer is read to its end and thrown away. Throws when it is no success. */
export async function call({ origin, method, path, headers, body = '' }: Call): Promise<Answer> {
  const begun = performance.now()
  const lengthBytes = typeof body === 'number' ? body : Buffer.byteLength(body)
  const length = lengthBytes > 0 || method === 'PUT' ? { 'content-length': String(lengthBytes) } : {}
  const outgoing = request(`${origin}${path}`, { method, headers: { ...headers, ...length }, agent: false })
  const arriving = new Promise<IncomingMessage>((resolve, reject) =>
    outgoing.on('response', resolve).on('error', reject),
  )
  if (typeof body === 'number') await pour(outgoing, body)
  else if (body !== '') outgoing.write(body)
  outgoing.end()
  const response = await arriving
  let sizeBytes = 0
  let firstByteMs = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    if (firstByteMs === 0) firstByteMs = performance.now() - begun
    sizeBytes += piece.length
  }
  const status = response.statusCode ?? 0
  if (status >= 300) throw new Error(`${method} ${path}: status ${status}`)
  return { status, sizeBytes, firstByteMs, totalMs: performance.now() - begun }
}

async function pour(outgoing: ClientRequest, sizeBytes: number): Promise<void> {
  for (let left = sizeBytes; left > 0; left -= PIECE.length) {
    const isRoom = outgoing.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE)
    if (!isRoom) await new Promise((resolve) => outgoing.once('drain', resolve))
  }
}
