import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { crc32 } from 'node:zlib'

export interface StoredObject {
  readonly bytes: Buffer
  readonly changedAt: Date
}

export interface Upload {
  readonly key: string
  readonly began: Date
  readonly parts: Map<number, Buffer>
}

/** An error of the API, by its code. */
export class S3Refusal extends Error {
  readonly status: number
  constructor(status: number, code: string) {
    super(code)
    this.status = status
  }
}

export interface Call {
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Reply {
  readonly status?: number
  readonly headers?: Record<string, string | number>
  readonly body?: string | Uint8Array
}

const MIN_PART_BYTES = 5 * 1024 * 1024
/** Smaller than the real thing's 1,000, so that paging is seen. */
const PAGE = 10

const etag = (bytes: Uint8Array): string => `"${createHash('md5').update(bytes).digest('hex')}"`
const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? '&quot;')
export const xml = (root: string, inner: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`
export const tag = (name: string, value: string | number | boolean): string =>
  `<${name}>${escapeXml(String(value))}</${name}>`

/** What is stored, and what may be. */
export interface Storage {
  readonly objects: Map<string, StoredObject>
  readonly uploads: Map<string, Upload>
  quotaBytes: number
}

/** The operations of S3 that Cloudlet uses, by their names, over objects in memory. They throw `S3Refusal`. */
export function createOperations(storage: Storage): Readonly<Record<string, (call: Call) => Reply>> {
  const { objects, uploads } = storage
  const usedBytes = (): number => objects.values().reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
  const keep = (key: string, bytes: Buffer): void => {
    if (usedBytes() + bytes.byteLength > storage.quotaBytes) throw new S3Refusal(403, 'QuotaExceeded')
    objects.set(key, { bytes, changedAt: new Date() })
  }
  const objectOf = (key: string): StoredObject => {
    const found = objects.get(key)
    if (found === undefined) throw new S3Refusal(404, 'NoSuchKey')
    return found
  }
  const uploadOf = ({ query }: Call): Upload => {
    const found = uploads.get(query.get('uploadId') ?? '')
    if (found === undefined) throw new S3Refusal(404, 'NoSuchUpload')
    return found
  }

  return {
    PutObject({ key, body }) {
      keep(key, body)
      return { headers: { etag: etag(body) } }
    },
    GetObject: ({ key, headers }) => readObject(objectOf(key), headers.range),
    HeadObject: ({ key }) => readObject(objectOf(key), undefined),
    DeleteObject({ key }) {
      objects.delete(key)
      return { status: 204 }
    },
    DeleteObjects({ body, headers }) {
      checkDigest(body, headers)
      const names = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, name = '']) => name)
      if (names.length === 0 || names.length > 1_000) throw new S3Refusal(400, 'MalformedXML')
      for (const name of names) objects.delete(name)
      return { body: xml('DeleteResult', '') }
    },
    ListObjectsV2({ query }) {
      const prefix = query.get('prefix') ?? ''
      const after = query.get('continuation-token') ?? ''
      const names = [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).toSorted()
      const page = names.slice(0, PAGE)
      const isTruncated = names.length > PAGE
      const entries = page.map((name) => {
        const { bytes, changedAt } = objectOf(name)
        return `<Contents>${tag('Key', name)}${tag('Size', bytes.byteLength)}${tag('LastModified', changedAt.toISOString())}</Contents>`
      })
      const next = isTruncated ? tag('NextContinuationToken', page.at(-1) ?? '') : ''
      return { body: xml('ListBucketResult', `${tag('IsTruncated', isTruncated)}${next}${entries.join('')}`) }
    },
    CreateMultipartUpload({ key, bucket }) {
      const id = randomBytes(12).toString('hex')
      uploads.set(id, { key, began: new Date(), parts: new Map() })
      return {
        body: xml('InitiateMultipartUploadResult', tag('Bucket', bucket) + tag('Key', key) + tag('UploadId', id)),
      }
    },
    UploadPart(call) {
      const number = Number(call.query.get('partNumber'))
      if (!(number >= 1 && number <= 10_000)) throw new S3Refusal(400, 'InvalidArgument')
      uploadOf(call).parts.set(number, call.body)
      return { headers: { etag: etag(call.body) } }
    },
    CompleteMultipartUpload(call) {
      const { key, parts } = uploadOf(call)
      keep(key, joinParts(call.body.toString(), parts))
      uploads.delete(call.query.get('uploadId') ?? '')
      return { body: xml('CompleteMultipartUploadResult', tag('Key', key)) }
    },
    AbortMultipartUpload(call) {
      uploadOf(call)
      uploads.delete(call.query.get('uploadId') ?? '')
      return { status: 204 }
    },
    ListMultipartUploads({ query }) {
      const after = `${query.get('key-marker') ?? ''}/${query.get('upload-id-marker') ?? ''}`
      const all = [...uploads].map(([id, { key, began }]) => ({ id, key, began, place: `${key}/${id}` }))
      const matching = all.filter(({ key, place }) => key.startsWith(query.get('prefix') ?? '') && place > after)
      const page = matching.toSorted((a, b) => (a.place < b.place ? -1 : 1)).slice(0, PAGE)
      const last = page.at(-1)
      const isTruncated = matching.length > PAGE
      const markers = tag('NextKeyMarker', last?.key ?? '') + tag('NextUploadIdMarker', last?.id ?? '')
      const entries = page.map(
        ({ id, key, began }) =>
          `<Upload>${tag('Key', key)}${tag('UploadId', id)}${tag('Initiated', began.toISOString())}</Upload>`,
      )
      const inner = tag('IsTruncated', isTruncated) + (isTruncated ? markers : '') + entries.join('')
      return { body: xml('ListMultipartUploadsResult', inner) }
    },
  }
}

function readObject({ bytes, changedAt }: StoredObject, range: string | undefined): Reply {
  const headers = { etag: etag(bytes), 'last-modified': changedAt.toUTCString(), 'accept-ranges': 'bytes' }
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (first === undefined) return { headers, body: bytes }
  const start = Number(first)
  const end = Math.min(last === '' ? Number.POSITIVE_INFINITY : Number(last), bytes.byteLength - 1)
  if (start > end) throw new S3Refusal(416, 'InvalidRange')
  const part = bytes.subarray(start, end + 1)
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end}/${bytes.byteLength}` },
    body: part,
  }
}

/** The body of a batch carries its digest (it is in no signature that a proxy could not have renewed). */
function checkDigest(body: Uint8Array, headers: IncomingHttpHeaders): void {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  const md5 = createHash('md5').update(body).digest('base64')
  // Storages differ in which of the two they insist on.
  const isRight = headers['x-amz-checksum-crc32'] === sum.toString('base64') && headers['content-md5'] === md5
  if (!isRight) throw new S3Refusal(400, 'InvalidDigest')
}

function joinParts(order: string, parts: ReadonlyMap<number, Buffer>): Buffer {
  const wanted = [...order.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: /<ETag>(.*?)</.exec(part)?.[1]?.replaceAll('&quot;', '"'),
  }))
  const joined = wanted.map(({ number, etag: wantedEtag }, index) => {
    const bytes = parts.get(number)
    if (bytes === undefined || etag(bytes) !== wantedEtag) throw new S3Refusal(400, 'InvalidPart')
    if (number <= (wanted[index - 1]?.number ?? 0)) throw new S3Refusal(400, 'InvalidPartOrder')
    if (index < wanted.length - 1 && bytes.byteLength < MIN_PART_BYTES) throw new S3Refusal(400, 'EntityTooSmall')
    return bytes
  })
  if (joined.length === 0) throw new S3Refusal(400, 'MalformedXML')
  return Buffer.concat(joined)
}
