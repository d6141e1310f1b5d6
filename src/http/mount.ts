import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../lib/fault.ts'
import { parseBodies, takeFiles } from './body-parsers.ts'
import { type Reach, requireReach } from './reach.ts'
import type { HttpRoute } from './route.ts'

/** Mounts pages and files. A page that needs a login sends browsers to the form and tells everybody else 401. */
export function mountPages(app: FastifyInstance, routes: readonly HttpRoute[]): void {
  app.register(async (scope) => {
    parseBodies(scope)
    mountOtherMethods(scope, routes)
    for (const route of routes) if (route.maxFormBytes === undefined) mountRoute(scope, route)
  })
  app.register(async (scope) => {
    parseBodies(scope)
    takeFiles(scope)
    for (const route of routes) if (route.maxFormBytes !== undefined) mountRoute(scope, route)
  })
}

function mountRoute(scope: FastifyInstance, route: HttpRoute): void {
  const { method, path, access, reach = 'all', maxFormBytes, handler } = route
  scope.route({
    method: typeof method === 'string' ? method : [...method],
    url: path,
    ...(access === 'public' ? {} : { onRequest: (request, reply) => requireAccount(request, reply, reach) }),
    ...(maxFormBytes === undefined ? {} : { bodyLimit: maxFormBytes }),
    handler: async (request, reply) => handler(request, reply),
  })
}

async function requireAccount(request: FastifyRequest, reply: FastifyReply, reach: Reach): Promise<void> {
  const viewer = await request.viewer()
  if (viewer.kind === 'account') {
    requireReach(viewer, reach)
    return
  }
  if (request.method === 'GET' && (request.headers.accept?.includes('text/html') ?? false)) {
    const target = encodeURIComponent(request.raw.url ?? '/')
    await reply.redirect(`/login?redirect_url=${target}`, 303)
    return
  }
  throw new Fault('unauthenticated', 'Current user is not logged in', { reason: 'not-signed-in' })
}

/** Programs that look for WebDAV ask everywhere; its methods are known where the DAV engine was mounted before. */
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'] as const

/** A known address with a method it does not have (RFC 9110 section 15.5.6). */
function mountOtherMethods(scope: FastifyInstance, routes: readonly HttpRoute[]): void {
  const known = Map.groupBy(routes, ({ path }) => path)
  for (const [path, siblings] of known) {
    const allowed = new Set<string>(siblings.flatMap(({ method }) => method))
    const allow = [...allowed, ...(allowed.has('GET') ? ['HEAD'] : [])].join(', ')
    scope.route({
      method: METHODS.filter((method) => !allowed.has(method) && scope.supportedMethods.includes(method)),
      url: path,
      // Before the body, whatever type it has.
      onRequest: async (_request, reply) => reply.code(405).header('allow', allow).send(),
      handler: () => undefined,
    })
  }
}
