import { type Agent, request as httpRequest } from 'node:http'
import type { TestAnswer } from './test-app.ts'

export interface RawRequest {
  readonly method: string
  /** Sent as it is, with dots and all. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
  /** Connections to use again; without it each request has its own. */
  readonly agent?: Agent
}

/** Sends a request over a real connection, so that nothing straightens its address on the way. */
export function sendRaw(base: string, { method, url, headers, body, agent }: RawRequest): Promise<TestAnswer> {
  const { hostname, port } = new URL(base)
  const isChunked = headers['transfer-encoding'] === 'chunked'
  const length = body === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path: url, headers: { ...headers, ...length }, agent: agent ?? false }
    const sent = httpRequest(options)
    sent.on('error', reject)
    sent.on('response', (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', reject)
      answer.on('end', () => {
        const bytes = Buffer.concat(pieces)
        const text = bytes.toString()
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          bytes,
          json: () => JSON.parse(text),
        })
      })
    })
    sent.end(body)
  })
}
