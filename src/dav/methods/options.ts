import type { FastifyReply } from 'fastify'
import type { DavContext } from '../server.ts'
import type { DavMount } from '../tree.ts'
import { EMPTY } from './empty.ts'

const READING = '1, 3, extended-mkcol'
const LEGACY = `${READING}, nextcloud-checksum-update, 2`
const CURRENT = `${READING}, nc-paginate, nextcloud-checksum-update, 2`

/**
 * What RFC 4918 section 10.1 names, and what clients look for, by service and in the order of the recordings
 * (webdav-files, direct-download). The same at every address of a service.
 */
export function classesOf({ pattern, isPublic }: DavMount): string {
  if (isPublic === true) return READING
  return pattern[1] === 'dav' ? CURRENT : LEGACY
}

export function allowOf(mount: DavMount, isMissing: boolean): string {
  const methods = ['OPTIONS', ...mount.tree.methods]
  return methods.filter((method) => method !== 'MKCOL' || isMissing).join(', ')
}

export async function options({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  const resource = await mount.tree.find(call, path).catch(() => undefined)
  return reply
    .headers({
      allow: allowOf(mount, resource === undefined),
      dav: classesOf(mount),
      'ms-author-via': 'DAV',
      'accept-ranges': 'bytes',
      ...EMPTY,
      ...(mount.tree.methods.includes('SEARCH') ? { dasl: '<DAV:basicsearch>' } : {}),
    })
    .send()
}
