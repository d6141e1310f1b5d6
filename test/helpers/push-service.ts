import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TEST_TLS, trustTestCertificate } from './tls.ts'

export interface TestSubscriber {
  readonly endpoint: string
  readonly uaPublicKey: string
  readonly auth: string
  /** JSON texts that arrived, in order. */
  readonly texts: string[]
}

export interface ReceivedMessage {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bodyBytes: number
  readonly text: string
  readonly vapid: { readonly claims: Readonly<Record<string, unknown>>; readonly publicKey: string }
}

export interface TestPushService {
  /** With the host `localhost`. */
  readonly url: string
  readonly messages: ReceivedMessage[]
  /** What a browser, or a distributor of UnifiedPush, gives an app that wants to be pushed to. */
  subscribe(name: string): TestSubscriber
  /** What it answers from now on; it may wait. Default: 201. */
  answer: (message: ReceivedMessage) => ServiceReply | Promise<ServiceReply>
  close(): Promise<void>
}

export interface ServiceReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A push service (RFC 8030) with its subscribers: it verifies who sends (RFC 8292) and they decrypt (RFC 8291). */
export async function startPushService(): Promise<TestPushService> {
  trustTestCertificate()
  const subscribers = new Map<string, { readonly subscriber: TestSubscriber; readonly key: ECDH }>()
  const messages: ReceivedMessage[] = []
  const problems: unknown[] = []
  const server = createServer(TEST_TLS, async (request, reply) => {
    try {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const entry = subscribers.get(request.url ?? '')
      if (entry === undefined) throw new Error(`Nobody is at ${request.url}`)
      const body = Buffer.concat(pieces)
      const text = decrypt(body, entry.key, Buffer.from(entry.subscriber.auth, 'base64url'))
      const vapid = verifiedVapid(request.headers.authorization ?? '', service.url)
      const message = { path: request.url ?? '', headers: request.headers, bodyBytes: body.length, text, vapid }
      messages.push(message)
      const { status, headers = {} } = await service.answer(message)
      if (status < 300) entry.subscriber.texts.push(text)
      reply.writeHead(status, headers).end()
    } catch (error) {
      problems.push(error)
      request.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const service: TestPushService = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    messages,
    subscribe(name) {
      const key = createECDH('prime256v1')
      const uaPublicKey = key.generateKeys().toString('base64url')
      const auth = randomBytes(16).toString('base64url')
      const subscriber = { endpoint: `${service.url}/wp/${name}`, uaPublicKey, auth, texts: [] }
      subscribers.set(`/wp/${name}`, { subscriber, key })
      return subscriber
    },
    answer: () => ({ status: 201 }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (problems.length > 0) throw problems[0]
    },
  }
  return service
}

/** One message of one record (RFC 8188 section 2, RFC 8291 section 3), written from the text of the RFCs. */
export function decrypt(body: Buffer, key: ECDH, auth: Buffer): string {
  const salt = body.subarray(0, 16)
  const recordBytes = body.readUInt32BE(16)
  const senderKey = body.subarray(21, 21 + body.readUInt8(20))
  const record = body.subarray(21 + senderKey.length)
  if (record.length > recordBytes) throw new Error('A message of more than one record')
  const derive = (secret: Uint8Array, saltOf: Uint8Array, info: Buffer, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, saltOf, info, bytes))
  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), key.getPublicKey(), senderKey])
  const inputKey = derive(key.computeSecret(senderKey), auth, keyInfo, 32)
  const contentKey = derive(inputKey, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derive(inputKey, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce)
  decipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== 2) throw new Error('The last record does not end as one')
  return padded.subarray(0, end).toString()
}

/** Claims of a `vapid` credential whose signature verifies with the key beside it, made for this push service. */
function verifiedVapid(header: string, origin: string): ReceivedMessage['vapid'] {
  const [, token = '', publicKey = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header) ?? []
  const [head = '', payload = '', signature = ''] = token.split('.')
  const point = Buffer.from(publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }, format: 'jwk' })
  const signed = Buffer.from(`${head}.${payload}`)
  const isRight = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  if (!isRight) throw new Error('The signature of the sender is wrong')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  if (claims['aud'] !== origin) throw new Error(`The token is for ${claims['aud']}, not for ${origin}`)
  return { claims, publicKey }
}
