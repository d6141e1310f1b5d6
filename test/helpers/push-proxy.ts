import {
  constants,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicDecrypt,
  verify,
} from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A phone: its keys, and the digest of the token that Apple or Google would have given it. */
export interface TestDevice {
  readonly publicKey: string
  readonly privateKey: KeyObject
  readonly pushTokenHash: string
}

export function createTestDevice(pushToken: string): TestDevice {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return {
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: pair.privateKey,
    pushTokenHash: createHash('sha512').update(pushToken).digest('hex'),
  }
}

/** What the proxy keeps of a device that has told it of itself. */
export interface KnownDevice extends TestDevice {
  readonly deviceIdentifier: string
  /** Of the account. */
  readonly userPublicKey: string
}

export interface ReceivedPush {
  readonly device: KnownDevice
  /** The JSON that was encrypted for the device. */
  readonly text: string
  readonly priority: string
  readonly type: string
  readonly fieldNames: readonly string[]
}

export interface ReceivedPost {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly names: readonly string[]
  readonly pushes: readonly ReceivedPush[]
}

export interface ProxyReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface TestPushProxy {
  /** With the host `localhost`. */
  readonly url: string
  readonly posts: ReceivedPost[]
  /** JSON texts that were pushed to a device, in order. */
  textsFor(device: TestDevice): string[]
  /** Takes a device in, as `POST /devices` does: only when identifier and signature fit together. */
  know(device: TestDevice, registered: Registered): KnownDevice
  /** What it answers from now on; it may wait. Default: everybody is known. */
  answer: (post: ReceivedPost) => ProxyReply | Promise<ProxyReply>
  close(): Promise<void>
}

export interface Registered {
  readonly publicKey: string
  readonly deviceIdentifier: string
  readonly signature: string
}

/**
 * A push proxy that checks what proxies and phones check: it knows devices, verifies each signature with the key of the
 * account, and decrypts with the key of the device. What does not fit is thrown into the request, and shows as no answer.
 */
export async function startPushProxy(): Promise<TestPushProxy> {
  const known = new Map<string, KnownDevice>()
  const posts: ReceivedPost[] = []
  const server = createServer(async (message, reply) => {
    try {
      let body = ''
      for await (const piece of message) body += piece
      const post = readPost(message.url ?? '', message.headers, body, known)
      posts.push(post)
      const { status = 200, headers = {}, body: answer = { unknown: [], failed: 0 } } = await proxy.answer(post)
      reply.writeHead(status, { 'content-type': 'application/json', ...headers })
      reply.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    } catch (error) {
      problems.push(error)
      message.destroy()
    }
  })
  const problems: unknown[] = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: TestPushProxy = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    posts,
    textsFor: (device) =>
      posts
        .flatMap(({ pushes }) => pushes)
        .filter((push) => push.device.pushTokenHash === device.pushTokenHash)
        .map(({ text }) => text),
    know(device, registered) {
      const identity = Buffer.from(registered.deviceIdentifier, 'base64')
      // The identifier is the SHA-512 of what was signed, so a signature over that digest has to verify.
      if (!isSignedDigest(identity, registered)) throw new Error('Identifier and signature do not fit together')
      const { deviceIdentifier, publicKey } = registered
      const entry = { ...device, deviceIdentifier, userPublicKey: publicKey }
      known.set(deviceIdentifier, entry)
      return entry
    },
    answer: () => ({}),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (problems.length > 0) throw problems[0]
    },
  }
  return proxy
}

/** Whether an RSA PKCS#1 v1.5 signature with SHA-512 is one over this digest (RFC 8017 section 9.2). */
function isSignedDigest(digest: Buffer, { publicKey, signature }: Registered): boolean {
  const prefix = Buffer.from('3051300d060960864801650304020305000440', 'hex')
  const signed = Buffer.concat([prefix, digest])
  const block = publicDecrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_PADDING },
    Buffer.from(signature, 'base64'),
  )
  return block.equals(signed)
}

function readPost(
  path: string,
  headers: ReceivedPost['headers'],
  body: string,
  known: ReadonlyMap<string, KnownDevice>,
): ReceivedPost {
  const fields = [...new URLSearchParams(body)]
  const pushes = fields.map(([, text]) => readPush(JSON.parse(text) as Record<string, string>, known))
  return { path, headers, names: fields.map(([name]) => name), pushes }
}

function readPush(fields: Record<string, string>, known: ReadonlyMap<string, KnownDevice>): ReceivedPush {
  const device = known.get(fields['deviceIdentifier'] ?? '')
  if (device === undefined) throw new Error('A push for a device that this proxy was never told of')
  if (fields['pushTokenHash'] !== device.pushTokenHash) throw new Error('A push with the token of another device')
  const subject = Buffer.from(fields['subject'] ?? '', 'base64')
  const signature = Buffer.from(fields['signature'] ?? '', 'base64')
  if (!verify('sha512', subject, device.userPublicKey, signature)) throw new Error('A push whose signature is wrong')
  const padding = constants.RSA_PKCS1_PADDING
  return {
    device,
    text: privateDecrypt({ key: device.privateKey, padding }, subject).toString(),
    priority: fields['priority'] ?? '',
    type: fields['type'] ?? '',
    fieldNames: Object.keys(fields),
  }
}
