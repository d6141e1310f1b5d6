import type { FastifyReply } from 'fastify'
import { Fault } from '../../lib/fault.ts'
import { readXmlBody } from '../body.ts'
import { sendPropertyStatuses } from '../multistatus.ts'
import { encodePath } from '../path.ts'
import type { DavContext } from '../server.ts'
import type { PropertyChange } from '../tree.ts'
import type { XmlElement } from '../xml/read.ts'
import { notAllowed } from './not-found.ts'
import { VARY } from './propfind.ts'

const MAX_CHANGES = 200

/** RFC 4918 section 9.2: all of the changes or none. */
export async function proppatch({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  const { tree } = mount
  if (tree.patchProperties === undefined) throw notAllowed('Properties cannot be changed here')
  const body = await readXmlBody(call.request)
  if (body === undefined || body.name !== '{DAV:}propertyupdate') {
    throw new Fault('bad-request', 'Expected {DAV:}propertyupdate as the root element')
  }
  const statuses = await tree.patchProperties(call, path, changesOf(body))
  reply.header('vary', VARY)
  return sendPropertyStatuses(reply, encodePath([...call.base, ...path]), statuses)
}

/** In the order of the document, in which they take effect. */
export function changesOf(body: XmlElement): PropertyChange[] {
  const changes: PropertyChange[] = []
  for (const instruction of body.children) {
    const isSet = instruction.name === '{DAV:}set'
    if (!isSet && instruction.name !== '{DAV:}remove') continue
    for (const prop of instruction.children) {
      for (const value of prop.children) changes.push({ name: value.name, value: isSet ? value : undefined })
    }
  }
  if (changes.length > MAX_CHANGES) throw new Fault('bad-request', `More than ${MAX_CHANGES} properties at once`)
  return changes
}
