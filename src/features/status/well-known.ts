import type { HttpRoute } from '../../http/route.ts'

const MAX_NAME_CHARS = 64

/**
 * Where programs look for services by their names (RFC 8615). None of them is here, and that is said the way clients
 * know it, CalDAV and CardDAV included: a program that looks for calendars finds none, and is not led to files (recording
 * webdav-files).
 */
export const wellKnown: HttpRoute = {
  method: 'GET',
  path: '/.well-known/:service',
  summary: 'Says that a service such as CalDAV is not here',
  access: 'public',
  handler(request, reply) {
    const { service = '' } = request.params as { readonly service?: string }
    const message = `${service.slice(0, MAX_NAME_CHARS)} not supported`
    return reply
      .code(404)
      .headers({ 'content-type': 'application/json; charset=utf-8', 'x-nextcloud-well-known': '1' })
      .send(JSON.stringify({ message }))
  },
}
