import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Fault } from '../lib/fault.ts'
import { type BlobStore, blobPath, damagedBlob, isBlobKey, MARK_NAME, type StoredBlob } from './blob-store.ts'
import { createByteGate } from './byte-gate.ts'
import { explainS3, isMissing, isNamed, notS3, type S3Place, s3Fault } from './s3-fault.ts'
import { putObject } from './s3-put.ts'
import { type OpenObject, readObject } from './s3-read.ts'

export interface S3Settings extends S3Place {
  /** Without slashes at its ends; empty for none. */
  readonly prefix: string
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
  /** Whether the bucket is named in the path; undefined: at an endpoint of one's own. */
  readonly pathStyle: boolean | undefined
  /** How long a connection may be silent. */
  readonly idleMs?: number
}

const CONNECT_MS = 5_000
const IDLE_MS = 30_000
/** The first attempt and three more, with growing pauses. */
const ATTEMPTS = 4
/** Reads of slow clients hold a connection each, so this is far above what the storage needs to be busy. */
const MAX_SOCKETS = 500
/** Parts on their way at once, of all uploads together. */
const SENDING_BYTES = 32 * 1024 * 1024
const REMOVE_BATCH = 1_000

/**
 * Blobs as objects `prefix/ab/abcdef...`, in any storage that speaks S3. Known to few: this module brings the SDK, so it
 * is imported only where a bucket is configured.
 */
export function createS3Blobs(settings: S3Settings): BlobStore {
  const client = createClient(settings)
  const gate = createByteGate(SENDING_BYTES)
  const Bucket = settings.bucket
  const root = settings.prefix === '' ? '' : `${settings.prefix}/`
  const placeOf = (key: string): { Bucket: string; Key: string } => ({ Bucket, Key: `${root}${blobPath(key)}` })
  return {
    put: async (key, source) => putObject(client, gate, placeOf(key), source),
    get: (key, range) => readObject(opener(client, placeOf(key), key), range),
    async stat(key) {
      const place = placeOf(key)
      try {
        const { ContentLength = 0, LastModified } = await client.send(new HeadObjectCommand(place))
        return { key, sizeBytes: ContentLength, changedAtMs: LastModified?.getTime() ?? 0 }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw s3Fault(error)
      }
    },
    async remove(keys) {
      const names = keys.map((key) => placeOf(key).Key)
      for (let start = 0; start < names.length; start += REMOVE_BATCH) {
        await removeObjects(client, Bucket, names.slice(start, start + REMOVE_BATCH))
      }
    },
    list: (prefix = '') => listObjects(client, Bucket, root, prefix),
    removeUnfinished: (beforeMs) => removeUploads(client, Bucket, root, beforeMs),
    async findMark() {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: `${root}${MARK_NAME}` }))
        const text = (await Body?.transformToString()) ?? ''
        // A web server may have a page for every address.
        if (!/^[\w-]{1,100}$/.test(text)) throw notS3(settings)
        return text
      } catch (error) {
        if (isNamed(error, 'NoSuchKey')) return undefined
        throw explainS3(error, settings)
      }
    },
    async writeMark(text) {
      try {
        await client.send(new PutObjectCommand({ Bucket, Key: `${root}${MARK_NAME}`, Body: text }))
      } catch (error) {
        throw explainS3(error, settings)
      }
    },
    close: () => client.destroy(),
  }
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

function createClient({ endpoint, region, pathStyle, idleMs = IDLE_MS, ...keys }: S3Settings): S3Client {
  const { accessKeyId, secretAccessKey } = keys
  const home = region ?? (endpoint === undefined ? undefined : 'us-east-1')
  return new S3Client({
    ...(home === undefined ? {} : { region: home }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    // Other storages than Amazon's refuse checksums that they do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS,
    logger: silent,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: idleMs,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  })
}

/** Asks for an object, and sees to it that the answer is for what was asked. */
function opener(client: S3Client, place: { Bucket: string; Key: string }, key: string): OpenObject {
  return async (start, end, signal) => {
    const isWhole = start === 0 && end === undefined
    const Range = isWhole ? undefined : `bytes=${start}-${end ?? ''}`
    const {
      Body,
      ContentLength = 0,
      ContentRange,
    } = await client
      .send(new GetObjectCommand({ ...place, Range }), { abortSignal: signal })
      .catch((error: unknown) => {
        throw isMissing(error) || isNamed(error, 'InvalidRange') ? damagedBlob(key, error) : s3Fault(error)
      })
    if (!(Body instanceof Readable)) throw s3Fault(new Error('The answer has no body'))
    const last = isWhole ? ContentLength - 1 : lastByte(ContentRange, start)
    if (last !== undefined && (end === undefined || last === end)) return { body: Body, end: last }
    Body.destroy()
    throw last === undefined ? s3Fault(new Error(`${Range} was answered with ${ContentRange}`)) : damagedBlob(key)
  }
}

/** Of an answer that begins where it should. */
function lastByte(contentRange: string | undefined, start: number): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(contentRange ?? '') ?? []
  return Number(first) === start ? Number(last) : undefined
}

async function* listObjects(
  client: S3Client,
  Bucket: string,
  root: string,
  prefix: string,
): AsyncGenerator<StoredBlob> {
  // Objects are named like `ab/ab12...`.
  const Prefix = prefix.length < 2 ? `${root}${prefix}` : `${root}${prefix.slice(0, 2)}/${prefix}`
  let token: string | undefined
  do {
    const page: ListObjectsV2CommandOutput = await orFault(
      client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token })),
    )
    for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
      const key = keyOf(Key, root)
      if (key !== undefined) yield { key, sizeBytes: Size, changedAtMs: LastModified?.getTime() ?? 0 }
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}

/** Only what has one of our own names: a bucket may hold other things as well. */
function keyOf(name: string | undefined, root: string): string | undefined {
  const key = name?.slice(-32) ?? ''
  return isBlobKey(key) && name === `${root}${blobPath(key)}` ? key : undefined
}

async function removeObjects(client: S3Client, Bucket: string, names: readonly string[]): Promise<void> {
  const Objects = names.map((Key) => ({ Key }))
  const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })
  // Amazon takes the checksum of the SDK for it, others insist on the older header.
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string }
      headers['content-md5'] = createHash('md5').update(body).digest('base64')
      return next(args)
    },
    { step: 'build', name: 'contentMd5' },
  )
  const { Errors = [] } = await orFault(client.send(command))
  const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey')
  if (failed === undefined) return
  const cause = new Error(`${failed.Key}: ${failed.Code} ${failed.Message ?? ''}`)
  throw new Fault('unavailable', 'The object storage of the server does not remove content', {}, { cause })
}

async function removeUploads(client: S3Client, Bucket: string, root: string, beforeMs: number): Promise<number> {
  let removed = 0
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {}
  for (;;) {
    const page: ListMultipartUploadsCommandOutput = await orFault(
      client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: root, ...from })),
    )
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (keyOf(Key, root) === undefined || (Initiated?.getTime() ?? 0) >= beforeMs) continue
      await orFault(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))).catch(unlessGone)
      removed += 1
    }
    if (page.IsTruncated !== true) return removed
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
  }
}

function unlessGone(error: unknown): void {
  if (!isNamed(error, 'NoSuchUpload')) throw error
}

function orFault<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw s3Fault(error)
  })
}
