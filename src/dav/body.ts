import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import { MAX_XML_BYTES, readXml, type XmlElement } from './xml/read.ts'

const SLOW_XML_MS = 30_000

/**
 * The body as it arrives. Whoever stops reading early can still answer: the connection stays. Throws Fault `bad-request`
 * when the client goes away.
 */
export async function* bodyOf({ raw }: Pick<FastifyRequest, 'raw'>): AsyncGenerator<Buffer, void> {
  try {
    yield* raw.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? cutShort(error) : error
  }
}

function cutShort(cause?: unknown): Fault {
  return new Fault('bad-request', 'The request ended before its body did', {}, { cause })
}

/** The XML body of a request, undefined when there is none. Limited in size and time. Throws Fault. */
export async function readXmlBody(request: FastifyRequest): Promise<XmlElement | undefined> {
  const bytes = await readBody(request)
  return bytes === undefined ? undefined : readXml(bytes)
}

/** The body of a request that should be XML; undefined when there is none. Limited in size and time. Throws Fault. */
export async function readBody({ raw, headers }: FastifyRequest): Promise<Buffer | undefined> {
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0)) return undefined
  const timer = setTimeout(() => raw.destroy(cutShort()), SLOW_XML_MS)
  try {
    const bytes = await collectBody(raw, MAX_XML_BYTES)
    if (bytes === undefined) throw new Fault('too-large', 'The XML of a request may have 1 MiB at most')
    return bytes.length === 0 ? undefined : bytes
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A small body as a whole; undefined when it is larger than that. By events: an iterator over a stream costs more than
 * all else that a small request takes. Throws Fault `bad-request` when the client goes away.
 */
export function collectBody(raw: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  return new Promise((resolve, reject) => {
    if (raw.destroyed) reject(cutShort())
    const add = (piece: Buffer): void => {
      sizeBytes += piece.length
      pieces.push(piece)
      if (sizeBytes <= maxBytes) return
      raw.off('data', add).pause()
      resolve(undefined)
    }
    raw.on('data', add)
    raw.once('end', () => resolve(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)))
    raw.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ECONNRESET' ? cutShort(error) : error))
    raw.once('close', () => {
      if (!raw.complete) reject(cutShort())
    })
  })
}
