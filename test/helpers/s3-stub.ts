import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOperations, type Reply, S3Refusal, type Storage, tag, xml } from './s3-objects.ts'
import { wrongSignature } from './s3-signature.ts'

/** One request, for whoever counts them or makes them fail. */
export interface S3Request {
  /** As the API names it: `PutObject`, `UploadPart`, ... */
  readonly operation: string
  readonly key: string
}

/** What happens in place of an answer, or (`truncate`) to it. `lose-answer` does the work and says nothing of it. */
export type S3Trouble =
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  | { readonly kind: 'lose-answer' | 'drop' | 'hang' }

export interface S3Stub {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Names of all objects, in order. */
  names(): string[]
  /** Uploads in parts that were neither completed nor aborted. */
  unfinished(): number
  /** Requests since the stub began, or since it was last asked. */
  requests(): S3Request[]
  /** Makes the next `times` requests that match fail. */
  trouble(operation: string, trouble: S3Trouble, times?: number): void
  /** Ends all trouble. */
  calm(): void
  /** The bytes that the bucket may hold. */
  quotaBytes: number
  /** Cuts an object short, as a damaged storage would. */
  damage(key: string, sizeBytes: number): void
  stop(): Promise<void>
}

export const STUB_BUCKET = 'cloudlet'

/**
 * An object storage in memory that speaks as much of S3 as Cloudlet uses, path style, on loopback. It believes nothing:
 * signatures, digests and parts are checked as strictly as Amazon does.
 */
export async function startS3Stub(): Promise<S3Stub> {
  const keys = { accessKeyId: `AK${randomBytes(8).toString('hex')}`, secretAccessKey: randomBytes(20).toString('hex') }
  const storage: Storage = { objects: new Map(), uploads: new Map(), quotaBytes: Number.POSITIVE_INFINITY }
  const operations = createOperations(storage)
  const troubles: { readonly operation: string; readonly trouble: S3Trouble; left: number }[] = []
  let seen: S3Request[] = []
  const nextTrouble = (operation: string): S3Trouble | undefined => {
    const found = troubles.find((each) => each.left > 0 && each.operation === operation)
    if (found !== undefined) found.left -= 1
    return found?.trouble
  }
  const work = async (request: IncomingMessage, asked: Asked, trouble: S3Trouble | undefined): Promise<Reply> => {
    const body = Buffer.concat(await request.toArray())
    try {
      if (trouble?.kind === 'error') throw new S3Refusal(trouble.status, trouble.code)
      const refusal = wrongSignature(request, body, keys)
      if (refusal !== undefined) throw new S3Refusal(403, refusal)
      if (asked.bucket !== STUB_BUCKET) throw new S3Refusal(404, 'NoSuchBucket')
      const operation = operations[asked.operation]
      if (operation === undefined) throw new S3Refusal(501, 'NotImplemented')
      return operation({ ...asked, headers: request.headers, body })
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error
      return { status: error.status, body: xml('Error', tag('Code', error.message) + tag('Message', 'refused')) }
    }
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = read(request)
    seen.push({ operation: asked.operation, key: asked.key })
    const trouble = nextTrouble(asked.operation)
    if (trouble?.kind === 'hang') return
    if (trouble?.kind === 'drop') {
      // In the middle of the body, where there is one.
      if (Number(request.headers['content-length'] ?? 0) > 0)
        await new Promise((resolve) => request.once('data', resolve))
      request.socket.destroy()
      return
    }
    const reply = await work(request, asked, trouble)
    if (trouble?.kind === 'lose-answer') request.socket.destroy()
    else send(request, response, reply, trouble?.kind === 'truncate' ? trouble.afterBytes : undefined)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(storage, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'test-region-1',
    ...keys,
    names: () => [...storage.objects.keys()].toSorted(),
    unfinished: () => storage.uploads.size,
    requests() {
      const all = seen
      seen = []
      return all
    },
    trouble(operation: string, trouble: S3Trouble, times = 1) {
      troubles.push({ operation, trouble, left: times })
    },
    calm() {
      troubles.length = 0
    },
    damage(key: string, sizeBytes: number) {
      const whole = storage.objects.get(key)?.bytes ?? Buffer.alloc(0)
      storage.objects.set(key, { bytes: whole.subarray(0, sizeBytes), changedAt: new Date() })
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

interface Asked {
  readonly operation: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'GET bucket list-type': 'ListObjectsV2',
  'GET bucket uploads': 'ListMultipartUploads',
  'POST bucket delete': 'DeleteObjects',
  'GET object': 'GetObject',
  'HEAD object': 'HeadObject',
  'PUT object': 'PutObject',
  'DELETE object': 'DeleteObject',
  'POST object uploads': 'CreateMultipartUpload',
  'PUT object uploadId': 'UploadPart',
  'POST object uploadId': 'CompleteMultipartUpload',
  'DELETE object uploadId': 'AbortMultipartUpload',
}

function read({ method = '', url = '/' }: IncomingMessage): Asked {
  const { pathname, searchParams: query } = new URL(url, 'http://stub')
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? []
  const flag = ['list-type', 'uploads', 'delete', 'uploadId'].filter((name) => query.has(name))
  const form = [method, key === '' ? 'bucket' : 'object', ...flag].join(' ')
  return { operation: OPERATIONS[form] ?? form, bucket, key, query }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply, truncateAt: number | undefined): void {
  const { status = 200, headers = {}, body = '' } = reply
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'application/xml' : 'application/octet-stream',
    'content-length': bytes.byteLength,
    'x-amz-request-id': randomBytes(8).toString('hex'),
    ...headers,
  })
  if (request.method === 'HEAD' || truncateAt === undefined) response.end(request.method === 'HEAD' ? undefined : bytes)
  else response.write(bytes.subarray(0, truncateAt), () => request.socket.destroy())
}
