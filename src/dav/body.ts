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
  const { raw, headers } = request
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0)) return undefined
  const pieces: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => raw.destroy(cutShort()), SLOW_XML_MS)
  try {
    for await (const piece of bodyOf(request)) {
      size += piece.length
      if (size > MAX_XML_BYTES) throw new Fault('too-large', 'The XML of a request may have 1 MiB at most')
      pieces.push(piece)
    }
  } finally {
    clearTimeout(timer)
  }
  return size === 0 ? undefined : readXml(Buffer.concat(pieces))
}
