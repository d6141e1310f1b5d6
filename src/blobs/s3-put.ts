import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { crashPoint } from '../lib/crash-point.ts'
import { Fault } from '../lib/fault.ts'
import type { ByteGate } from './byte-gate.ts'
import { isNamed, s3Fault } from './s3-fault.ts'

const MIB = 1024 * 1024
const PART_BYTES = 8 * MIB
const MAX_PARTS = 10_000
/** After so many parts they grow, so that all there may be hold almost two TiB. */
const EQUAL_PARTS = 3_000
const PARTS_OF_A_SIZE = 1_000

export interface ObjectPlace {
  readonly Bucket: string
  readonly Key: string
}

/**
 * Stores a source of unknown length: little content in one request, more in parts of which several are on their way at
 * once. Each is signed with its SHA-256, so that the storage takes nothing that was damaged on the way. When the source
 * or the storage fails, nothing stays but what `removeUnfinished` finds, should the storage not even take back.
 */
export async function putObject(
  client: S3Client,
  gate: ByteGate,
  place: ObjectPlace,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  const parts = partsOf(source)
  try {
    const first = await parts.next()
    if (first.done === true) return
    if (first.value.isLast) await putWhole(client, gate, place, first.value.bytes)
    else await putParts(client, gate, place, startingWith(first.value, parts))
  } finally {
    // Lets go of a source that was not read to its end.
    await parts.return()
  }
}

async function putWhole(client: S3Client, gate: ByteGate, place: ObjectPlace, bytes: Uint8Array): Promise<void> {
  const release = await gate.hold(bytes.byteLength)
  try {
    crashPoint('blob.sending')
    await client.send(new PutObjectCommand({ ...place, Body: bytes }))
    crashPoint('blob.sent')
  } catch (error) {
    await takeBack(client, place)
    throw s3Fault(error)
  } finally {
    release()
  }
}

/** A request that failed on our side may have been carried out on the other. */
async function takeBack(client: S3Client, place: ObjectPlace): Promise<void> {
  await client.send(new DeleteObjectCommand(place)).catch(() => {})
}

interface Part {
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

interface Sent {
  readonly PartNumber: number
  readonly ETag: string | undefined
}

async function putParts(
  client: S3Client,
  gate: ByteGate,
  place: ObjectPlace,
  parts: AsyncIterable<Part>,
): Promise<void> {
  const { UploadId } = await orFault(client.send(new CreateMultipartUploadCommand(place)))
  const upload = { ...place, UploadId }
  const aborting = new AbortController()
  const sending: Promise<Sent>[] = []
  let sizeBytes = 0
  try {
    for await (const { bytes } of parts) {
      const release = await gate.hold(bytes.byteLength)
      if (aborting.signal.aborted) release()
      aborting.signal.throwIfAborted()
      const PartNumber = sending.length + 1
      const command = new UploadPartCommand({ ...upload, PartNumber, Body: bytes })
      const sent = client
        .send(command, { abortSignal: aborting.signal })
        .then(({ ETag }) => ({ PartNumber, ETag }))
        .finally(release)
      // The first part that fails ends the upload; the others are only in the way.
      sent.catch((error: unknown) => aborting.abort(s3Fault(error)))
      sending.push(sent)
      sizeBytes += bytes.byteLength
    }
    const Parts = await Promise.all(sending)
    await complete(client, upload, Parts, sizeBytes)
  } catch (error) {
    const reason = aborting.signal.aborted ? aborting.signal.reason : error
    aborting.abort(reason)
    // A part that arrives after the upload was ended would stay for good.
    await Promise.allSettled(sending)
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {})
    throw reason
  }
}

async function complete(
  client: S3Client,
  upload: ObjectPlace & { readonly UploadId: string | undefined },
  Parts: Sent[],
  sizeBytes: number,
): Promise<void> {
  try {
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
  } catch (error) {
    // The answer to a first attempt got lost: the second finds the upload gone and the object there.
    const place = { Bucket: upload.Bucket, Key: upload.Key }
    const isThere = isNamed(error, 'NoSuchUpload') && (await sizeOf(client, place)) === sizeBytes
    if (isThere) return
    await takeBack(client, place)
    throw s3Fault(error)
  }
}

async function sizeOf(client: S3Client, place: ObjectPlace): Promise<number | undefined> {
  const { ContentLength } = await orFault(client.send(new HeadObjectCommand(place)))
  return ContentLength
}

function orFault<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw s3Fault(error)
  })
}

/** Size of a part, by its number from 1 on. Throws Fault `too-large` where there may be no more. */
export function partBytes(number: number): number {
  if (number > MAX_PARTS) throw new Fault('too-large', 'The object storage cannot take a file of this size')
  return PART_BYTES * 2 ** Math.max(0, Math.ceil((number - EQUAL_PARTS) / PARTS_OF_A_SIZE))
}

/** Joins pieces into parts; all but the last are full. There is always one, be it empty. */
async function* partsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part, void> {
  let number = 1
  let waiting: Uint8Array[] = []
  let room = partBytes(number)
  for await (const piece of source) {
    let rest = piece
    while (rest.byteLength > room) {
      waiting.push(rest.subarray(0, room))
      rest = rest.subarray(room)
      const bytes = Buffer.concat(waiting)
      waiting = []
      yield { bytes, isLast: false }
      number += 1
      room = partBytes(number)
    }
    waiting.push(rest)
    room -= rest.byteLength
  }
  yield { bytes: Buffer.concat(waiting), isLast: true }
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}
