import type { FastifyReply } from 'fastify'
import type { DavContext } from '../server.ts'
import type { DavMount } from '../tree.ts'

/** What RFC 4918 section 10.1 names, and what clients look for (recording webdav-files). */
export const DAV_CLASSES = '1, 2, 3, extended-mkcol, nextcloud-checksum-update'

export function allowOf(mount: DavMount, isMissing: boolean): string {
  const methods = ['OPTIONS', ...mount.tree.methods]
  return methods.filter((method) => method !== 'MKCOL' || isMissing).join(', ')
}

export async function options({ mount, path, reply, ...call }: DavContext): Promise<FastifyReply> {
  const resource = await mount.tree.find(call, path).catch(() => undefined)
  return reply
    .headers({
      allow: allowOf(mount, resource === undefined),
      dav: DAV_CLASSES,
      'ms-author-via': 'DAV',
      'accept-ranges': 'bytes',
      'content-length': '0',
      ...(mount.tree.methods.includes('SEARCH') ? { dasl: '<DAV:basicsearch>' } : {}),
    })
    .send()
}
