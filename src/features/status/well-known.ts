import type { HttpRoute } from '../../http/route.ts'
import { lookUp } from '../../lib/lookup.ts'
import type { WellKnown } from '../feature.ts'

const MAX_NAME_CHARS = 64

/**
 * Where programs look for services by their names (RFC 8615). Features name theirs; that any other is not here is said the
 * way clients know it, CalDAV and CardDAV included: a program that looks for calendars finds none, and is not led to files
 * (recording webdav-files).
 */
export function wellKnownRoute(services: Readonly<Record<string, WellKnown>>): HttpRoute {
  return {
    method: 'GET',
    path: '/.well-known/:service',
    summary: 'Leads to a service by its registered name, or says that it is not here',
    access: 'public',
    handler(request, reply) {
      const { service = '' } = request.params as { readonly service?: string }
      const known = lookUp(services, service)
      reply.header('x-nextcloud-well-known', '1')
      if (known !== undefined) return reply.redirect(request.baseUrl + known.redirectTo, 303)
      const message = `${service.slice(0, MAX_NAME_CHARS)} not supported`
      return reply.code(404).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify({ message }))
    },
  }
}
