import type { FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import { MAX_XML_BYTES, readXml, type XmlElement } from './xml/read.ts'

const SLOW_BODY_MS = 30_000

/** The XML body of a request, undefined when there is none. Limited in size and time. Throws Fault. */
export async function readXmlBody(request: FastifyRequest): Promise<XmlElement | undefined> {
  const { raw, headers } = request
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0)) return undefined
  const pieces: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => raw.destroy(), SLOW_BODY_MS)
  try {
    for await (const piece of raw as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > MAX_XML_BYTES) throw new Fault('too-large', 'The XML of a request may have 1 MiB at most')
      pieces.push(piece)
    }
  } finally {
    clearTimeout(timer)
  }
  return size === 0 ? undefined : readXml(Buffer.concat(pieces))
}
