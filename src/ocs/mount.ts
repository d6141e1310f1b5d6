import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { storageFault } from '../db/errors.ts'
import { parseBodies } from '../http/body-parsers.ts'
import type { CorsPolicy } from '../http/cors.ts'
import { logFault } from '../http/fault-log.ts'
import type { FormFields } from '../http/form.ts'
import { requireReach } from '../http/reach.ts'
import type { AccountViewer, Viewer } from '../http/viewer.ts'
import type { Clock } from '../lib/clock.ts'
import { Fault, type FaultKind } from '../lib/fault.ts'
import type { Json } from '../lib/json.ts'
import type { Message } from '../lib/languages.ts'
import type { Log } from '../lib/log.ts'
import { notSignedIn, sendFailure, sendFault, sendResult, unknownAddress } from './answer.ts'
import { createCallCounter } from './call-limit.ts'
import { MESSAGES } from './fault-messages.ts'
import { type CheckInput, checkNoInput, createCheckInput } from './input.ts'
import type { OcsAccess, OcsResult, OcsRoute } from './route.ts'
import type { OcsVersion } from './status.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the endpoint itself has begun; what fails before is the engine's own answer. */
    isInEndpoint: boolean
  }
  interface FastifyContextConfig {
    ocsRoute?: OcsRoute
  }
}

export interface OcsDeps {
  readonly routes: readonly OcsRoute[]
  readonly log: Log
  readonly clock: Clock
  readonly cors: CorsPolicy
}

export const OCS_PREFIX: Readonly<Record<OcsVersion, string>> = { v1: '/ocs/v1.php', v2: '/ocs/v2.php' }

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Mounts one route table under both versions. Everything below the prefixes is answered in the envelope. */
export function mountOcs(app: FastifyInstance, deps: OcsDeps): void {
  app.decorateRequest('isInEndpoint', false)
  // One count for both versions: they are the same endpoint.
  const counters = new Map(
    deps.routes.flatMap((route) =>
      route.limit === undefined ? [] : [[route, createCallCounter(route.limit, deps.clock)]],
    ),
  )
  for (const version of ['v1', 'v2'] as const) {
    app.register(
      async (scope) => {
        mountVersion(scope, version, deps, counters)
      },
      { prefix: OCS_PREFIX[version] },
    )
  }
}

/** Answers what goes wrong below the prefixes before a route is found, such as an address that cannot be decoded. */
export function ocsProtocolErrors(log: Log): { prefix: string; answer: ErrorAnswer }[] {
  return (['v1', 'v2'] as const).map((version) => ({
    prefix: OCS_PREFIX[version],
    answer: (error, request, reply) => answerError(version, request, reply, error, log),
  }))
}

type CallCounters = ReadonlyMap<OcsRoute, (viewer: AccountViewer) => void>

type ErrorAnswer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void

function mountVersion(scope: FastifyInstance, version: OcsVersion, deps: OcsDeps, counters: CallCounters): void {
  parseBodies(scope)
  scope.setErrorHandler((error, request, reply) => {
    answerError(version, request, reply, error, deps.log)
  })
  scope.setNotFoundHandler((request, reply) => {
    unknownAddress(version, request, reply)
  })
  const paths = new Map<string, OcsRoute[]>()
  for (const route of deps.routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route])
  for (const [path, routes] of paths) {
    for (const route of routes) mountRoute(scope, version, route, deps, counters)
    mountOtherMethods(scope, version, path, routes, deps.cors)
  }
}

function mountRoute(
  scope: FastifyInstance,
  version: OcsVersion,
  route: OcsRoute,
  { clock }: OcsDeps,
  counters: CallCounters,
): void {
  let check: CheckInput | undefined
  const count = counters.get(route)
  const run = (request: FastifyRequest, viewer: Viewer): OcsResult | Promise<OcsResult> => {
    if (route.input === undefined) return call(route, request, viewer, checkedInput(checkNoInput, request))
    if (check !== undefined) return call(route, request, viewer, checkedInput(check, request))
    return createCheckInput(route.input).then((made) => {
      check = made
      return call(route, request, viewer, checkedInput(made, request))
    })
  }
  scope.route({
    method: route.method,
    url: route.path,
    config: { ocsRoute: route, surface: 'ocs' },
    onRequest: (request, reply, done) => {
      const viewer = request.viewer()
      const admit = (known: Viewer): void => {
        if (known.kind === 'account') reply.header('x-user-id', encodeURI(known.userId))
        try {
          admitCall(route, known, request.hasCsrfProof(), clock.nowMs())
          if (known.kind === 'account') count?.(known)
        } catch (error) {
          done(error as Error)
          return
        }
        done()
      }
      if (viewer instanceof Promise) viewer.then(admit, done)
      else admit(viewer)
    },
    handler: (request, reply) => {
      const result = run(request, request.viewer() as Viewer)
      if (result instanceof Promise) {
        return result.then((value) => {
          sendResult(version, request, reply, value)
          return reply
        })
      }
      sendResult(version, request, reply, result)
      return undefined
    },
  })
}

function call(route: OcsRoute, request: FastifyRequest, viewer: Viewer, input: object): OcsResult | Promise<OcsResult> {
  const handle = route.handler as unknown as (call: object) => OcsResult | Promise<OcsResult>
  request.isInEndpoint = true
  return handle({ viewer, params: request.params, input, request })
}

function checkedInput(check: CheckInput, request: FastifyRequest): object {
  return check(request.queryFields(), request.body as FormFields | Record<string, Json> | undefined)
}

/** Throws why this viewer may not call this route, in the order the recordings show. */
function admitCall(route: OcsRoute, viewer: Viewer, hasProof: boolean, nowMs: number): void {
  if (route.auth !== 'public' && viewer.kind === 'anonymous') throw notSignedIn()
  if (!hasProof) throw new Fault('precondition', 'CSRF check failed', { reason: 'csrf' })
  if (viewer.kind === 'anonymous') return
  requireReach(viewer, route.reach)
  const refusal = accessRefusal(route.auth, viewer)
  if (refusal !== undefined) throw new Fault('forbidden', refusal)
  if (route.confirm && viewer.confirmedUntilMs < nowMs) {
    throw new Fault('forbidden', 'Password confirmation is required', { reason: 'confirm-password' })
  }
}

function accessRefusal(auth: OcsAccess, viewer: AccountViewer): Message | undefined {
  if (viewer.isAdmin) return undefined
  if (auth === 'admin') return MESSAGES.adminsOnly
  if (auth === 'delegated-admin') return MESSAGES.delegatedAdminsOnly
  if (auth === 'settings-admin') return MESSAGES.settingsAdminsOnly
  if (auth === 'group-admin' && viewer.administeredGroupIds.length === 0) return MESSAGES.groupAdminsOnly
  return undefined
}

/** A known address with a method it does not have: 405 in the envelope, or the answer to a CORS preflight. */
function mountOtherMethods(
  scope: FastifyInstance,
  version: OcsVersion,
  path: string,
  routes: readonly OcsRoute[],
  cors: CorsPolicy,
): void {
  const known = new Set<string>(routes.map((route) => route.method))
  const allow = [...known, ...(known.has('GET') ? ['HEAD'] : [])]
  scope.route({
    method: METHODS.filter((method) => !known.has(method)),
    url: path,
    handler: (request, reply) => {
      if (request.method === 'OPTIONS' && cors.answerPreflight(request, reply, allow)) return
      reply.header('allow', allow.join(', '))
      const message = `Method not allowed. This address answers ${allow.join(', ')}`
      sendFailure(version, request, reply, { code: 405, message, early: true })
    },
  })
}

function answerError(
  version: OcsVersion,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  log: Log,
): void {
  const fault = faultOf(error)
  logFault(log, request.id, fault)
  const route = request.routeOptions?.config?.ocsRoute
  const early = !request.isInEndpoint && EARLY_KINDS.has(fault.kind)
  sendFault(version, request, reply, fault, request.isInEndpoint ? (route?.codes ?? {}) : {}, early)
}

/** Before the endpoint runs, these keep their HTTP status on version 1; a refusal of rights does not. */
const EARLY_KINDS: ReadonlySet<FaultKind> = new Set(['bad-request', 'precondition', 'too-large', 'unsupported'])

/** Errors of the HTTP layer (body too large, wrong media type, closed early) as Faults. */
function faultOf(error: unknown): Fault {
  const status = error instanceof Fault ? undefined : (error as { statusCode?: unknown }).statusCode
  if (status === 413) return new Fault('too-large', 'The request body is too large')
  if (status === 415) return new Fault('unsupported', 'The media type of the body is not supported')
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Fault('bad-request', 'The request cannot be read', {}, { cause: error })
  }
  return storageFault(error)
}
