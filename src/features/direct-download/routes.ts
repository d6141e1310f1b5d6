import { Type } from '../../lib/schema.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { DirectLinks } from './service.ts'

/** Asks for a link (recording direct-download). */
export const makeDirectLink = (links: DirectLinks): OcsRoute =>
  defineOcs({
    method: 'POST',
    path: '/apps/dav/api/v1/direct',
    summary: 'Makes a link that opens one file without credentials for a while, for media players',
    auth: 'user',
    reach: 'file',
    input: Type.Object({
      fileId: Type.String({ maxLength: 32 }),
      expirationTime: Type.Optional(Type.Integer()),
    }),
    reply: Type.Object({ url: Type.String() }),
    async handler({ viewer, input, request }) {
      const fileId = /^\d{1,15}$/.test(input.fileId) ? Number(input.fileId) : 0
      const token = await links.make(viewer, fileId, input.expirationTime)
      return { url: `${request.baseUrl}/remote.php/direct/${token}` }
    },
  })
