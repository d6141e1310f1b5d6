import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { FastifyReply } from 'fastify'
import { storageFault } from '../../db/errors.ts'
import { disposition } from '../../http/disposition.ts'
import { logFault } from '../../http/fault-log.ts'
import { Fault } from '../../lib/fault.ts'
import { httpDate } from '../properties.ts'
import type { DavContext } from '../server.ts'
import { sendStream } from '../stream.ts'
import type { ArchiveEntry, DavResource } from '../tree.ts'
import type { ArchiveWriter, EntryHead } from './format.ts'
import { type ArchiveKind, pickedNames } from './request.ts'
import { createTarWriter } from './tar.ts'
import { createZipWriter } from './zip.ts'

const FORMATS = {
  zip: { contentType: 'application/zip', createWriter: createZipWriter },
  tar: { contentType: 'application/x-tar', createWriter: createTarWriter },
} as const

/** A tree has no name of its own. */
const NAME_OF_ROOT = 'files'
/** What the length of a name in a zip file can say; a tree that goes round in a circle ends here as well. */
const MAX_NAME_BYTES = 0xffff
/** Written at once; what is larger goes as it comes. */
const PIECE_BYTES = 64 * 1024
const NOTHING = new Uint8Array(0)

/**
 * A folder as an archive, or some of its members, made while it is sent (recording webdav-files). Memory holds a page of
 * rows and a piece of content. Once it has begun, whatever fails breaks the connection: an archive that ends is whole.
 * Throws Fault `not-found`, `bad-request` or `too-many`.
 */
export async function sendArchive(
  context: DavContext,
  resource: DavResource,
  kind: ArchiveKind,
): Promise<FastifyReply> {
  const { mount, request, reply, viewer, archives, log } = context
  const { contentType, createWriter } = FORMATS[kind]
  const entries = await mount.tree.archive?.(context, resource, pickedNames(request))
  if (entries === undefined) throw new Fault('internal', 'This tree has no archives')
  reply.headers({
    'content-type': contentType,
    'content-disposition': disposition(`${resource.path.at(-1) ?? NAME_OF_ROOT}.${kind}`),
    'last-modified': httpDate(resource.mtimeMs),
    // Made anew each time, so that a part of one does not fit to a part of another.
    'accept-ranges': 'none',
    vary: 'Accept, X-NC-Files',
  })
  if (request.method === 'HEAD') return reply.send()
  const release = archives.take(viewer.accountId)
  const source: Source = { content: undefined, isGone: false }
  const stream = Readable.from(read(createWriter(), entries, source), { objectMode: false, highWaterMark: PIECE_BYTES })
  stream.once('close', release)
  stream.on('error', (error) => {
    if (!source.isGone) logFault(log, request.id, storageFault(error))
  })
  // Whoever goes away leaves a read that may wait for long: it ends at once, and with it everything that is open.
  reply.raw.once('close', () => {
    source.isGone = true
    source.content?.destroy()
  })
  if (reply.raw.destroyed) stream.destroy()
  return sendStream(reply, stream)
}

/** What is being read. */
interface Source {
  content: Readable | undefined
  isGone: boolean
}

/** Small pieces together, so that many small files are not as many small writes. */
async function* read(
  writer: ArchiveWriter,
  entries: AsyncIterable<ArchiveEntry>,
  source: Source,
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  for await (const piece of pieces(writer, entries, source)) {
    waiting.push(piece)
    waitingBytes += piece.byteLength
    if (waitingBytes < PIECE_BYTES) continue
    // Reading rows of SQLite never waits for anything: others get their turn here.
    await setImmediate()
    yield waiting.length === 1 ? piece : Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
  }
  yield Buffer.concat(waiting)
}

async function* pieces(
  writer: ArchiveWriter,
  entries: AsyncIterable<ArchiveEntry>,
  source: Source,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    if (source.isGone) throw new Fault('bad-request', 'The client is gone')
    const head = headOf(entry)
    yield writer.begin(head)
    if (entry.content?.bytes !== undefined) yield checked(entry.content.bytes, head)
    else if (entry.content !== undefined) yield* contentOf(entry.content.open(undefined), head, source)
    yield writer.finish(head)
  }
  yield* writer.end()
}

function headOf({ path, isCollection, mtimeMs, content }: ArchiveEntry): EntryHead {
  const name = isCollection ? `${path.join('/')}/` : path.join('/')
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new Fault('internal', 'A path is too long for an archive')
  return { name, isCollection, mtimeMs, sizeBytes: content?.sizeBytes ?? 0, crc32: content?.crc32 ?? 0 }
}

async function* contentOf(content: Readable, head: EntryHead, source: Source): AsyncGenerator<Uint8Array> {
  source.content = content
  let sizeBytes = 0
  let sum = 0
  try {
    for await (const piece of content as AsyncIterable<Uint8Array>) {
      sizeBytes += piece.byteLength
      sum = crc32(piece, sum)
      yield piece
    }
  } finally {
    source.content = undefined
  }
  if (sizeBytes !== head.sizeBytes || sum !== head.crc32) throw damaged(head)
}

function checked(bytes: Uint8Array, head: EntryHead): Uint8Array {
  if (bytes.byteLength !== head.sizeBytes || crc32(bytes) !== head.crc32) throw damaged(head)
  return bytes.byteLength === 0 ? NOTHING : bytes
}

function damaged({ name }: EntryHead): Fault {
  return new Fault('internal', `The content of ${name} is not what it was when it came`)
}
