import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RequestPayload } from 'fastify'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { baseUrlOf } from './base-url.ts'
import { MAX_BODY_BYTES } from './body.ts'
import { clientAddressOf, trustedProxies } from './client-address.ts'
import { answerClientError } from './client-error.ts'
import { answerExpectations } from './continue.ts'
import type { CorsPolicy } from './cors.ts'
import { credentialsOf } from './credentials.ts'
import { answerHttpError } from './error-answer.ts'
import { type FormFields, parseForm } from './form.ts'
import { loggedPath } from './logged-path.ts'
import type { Metrics } from './metrics.ts'
import { createProxyWatch } from './proxy-watch.ts'
import { createRequestIds } from './request-id.ts'
import './route.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { sessionCookieName } from './session-cookie.ts'
import { type AccountViewer, type Authenticator, anonymous, type Viewer } from './viewer.ts'

export interface HttpServerDeps {
  /** Origin for every generated link, without a final slash; undefined: the one each request came by. */
  readonly publicUrl: string | undefined
  /** Addresses and CIDR blocks. */
  readonly trustedProxies: readonly string[]
  /** Host and port for links when a request names no host. */
  readonly fallbackHost: string
  readonly authenticator: Authenticator
  readonly cors: CorsPolicy
  /** Protocols answer what goes wrong below their paths even before a route is found. */
  readonly protocolErrors: readonly ProtocolErrors[]
  readonly metrics: Metrics
  readonly log: Log
  /** Whether each request is logged, at the level `debug`. */
  readonly logsRequests: boolean
}

export interface ProtocolErrors {
  readonly prefix: string
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void
}

/** Largest set of request headers; Node answers 431 itself. */
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 20_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000
const PARSED_BODY_TIMEOUT_MS = 30_000
/** How long a body that may take hours may stand still. */
const IDLE_BODY_MS = 300_000
const LINGER_MS = 30_000

/** Headers that carry one value; two of them are a sign of smuggling, not of a client. */
const SINGLE_HEADERS = new Set([
  'authorization',
  'content-length',
  'content-type',
  'depth',
  'destination',
  'host',
  'if-match',
  'ocs-apirequest',
  'overwrite',
  'range',
  'requesttoken',
])

/** A Fastify server with what every surface shares: request ids, addresses, who is asking, headers, limits. */
export function createHttpServer(deps: HttpServerDeps): FastifyInstance {
  const answerError = createErrorAnswer(deps)
  const app = fastify({
    logger: false,
    genReqId: createRequestIds(),
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // A file may take hours to arrive; bodies that are parsed have a limit of their own below.
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    rewriteUrl: (request) => withoutIndexPhp(request.url ?? '/'),
    frameworkErrors: (error, request, reply) => answerError(error, request, reply as unknown as FastifyReply),
    clientErrorHandler: answerClientError,
    // The protocols check their own input and write their own answers. Fastify's compilers would only cost time and memory.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: {
      maxParamLength: 512,
      // Queries are read by `queryFields`, where a broken one can be refused in the protocol's shape.
      querystringParser: () => EMPTY_QUERY,
    },
  })
  decorate(app, deps)
  queuePipelined(app)
  addHooks(app, deps)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    answerError(new Fault('not-found', 'There is no page at this address'), request, reply)
  })
  answerExpectations(app.server as Server)
  return app
}

/** In the shape of the protocol that the address belongs to, even where no route was found. */
function createErrorAnswer({ protocolErrors, log }: HttpServerDeps): ProtocolErrors['answer'] {
  return (error, request, reply) => {
    const protocol = protocolErrors.find(({ prefix }) => request.raw.url?.startsWith(prefix))
    if (protocol !== undefined) protocol.answer(error, request, reply)
    else answerHttpError(error, request, reply, log)
  }
}

function noSchemas(): never {
  throw new Error('Routes have no Fastify schemas')
}

const EMPTY_QUERY: Record<string, never> = Object.freeze({})

/** `/index.php/x` and `/x` are the same address. */
function withoutIndexPhp(url: string): string {
  if (!url.startsWith('/index.php')) return url
  const rest = url.slice('/index.php'.length)
  if (rest === '') return '/'
  if (rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : url
}

function decorate(app: FastifyInstance, deps: HttpServerDeps): void {
  app.decorateRequest('clientAddress', '')
  app.decorateRequest('baseUrl', '')
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('knownViewer', undefined)
  app.decorateRequest('knownQuery', undefined)
  app.decorateRequest('viewer', function viewer(this: FastifyRequest): Viewer | Promise<Viewer> {
    this.knownViewer ??= resolveViewer(this, deps.authenticator)
    return this.knownViewer
  })
  app.decorateRequest('confirmViewer', (viewer: AccountViewer) => deps.authenticator.confirm(viewer))
  app.decorateRequest('queryFields', function queryFields(this: FastifyRequest): FormFields {
    this.knownQuery ??= parseForm(queryText(this.raw.url))
    return this.knownQuery
  })
  app.decorateRequest('sessionCookie', function sessionCookie(this: FastifyRequest): string | undefined {
    return credentialsOf(this.headers, sessionCookieName(this.baseUrl.startsWith('https:')))?.sessionCookie
  })
  app.decorateRequest('hasCsrfProof', function hasCsrfProof(this: FastifyRequest): boolean {
    return this.headers['ocs-apirequest'] !== undefined || hasRequestToken(this, deps.authenticator)
  })
}

function queryText(url: string | undefined): string {
  const mark = url?.indexOf('?') ?? -1
  return mark === -1 ? '' : (url ?? '').slice(mark + 1)
}

function resolveViewer(request: FastifyRequest, authenticator: Authenticator): Viewer | Promise<Viewer> {
  const { headers } = request
  const credentials = credentialsOf(headers, sessionCookieName(request.baseUrl.startsWith('https:')))
  if (credentials === undefined) return anonymous
  const client = { address: request.clientAddress, userAgent: headers['user-agent'] ?? '' }
  const viewer = authenticator.authenticate(credentials, client)
  if (!(viewer instanceof Promise)) return viewer
  return viewer.then((known) => {
    request.knownViewer = known
    return known
  })
}

function hasRequestToken(request: FastifyRequest, authenticator: Authenticator): boolean {
  const header = request.headers['requesttoken']
  const query = request.queryFields()['requesttoken']
  const token = typeof header === 'string' ? header : query
  const cookie = request.sessionCookie()
  return typeof token === 'string' && cookie !== undefined && authenticator.isRequestToken(token, cookie)
}

/**
 * One request of a connection after the other: whatever changes something must not run beside the next that the client
 * has sent already (RFC 9112 section 9.3.2).
 */
function queuePipelined(app: FastifyInstance): void {
  const latest = new WeakMap<Socket, ServerResponse>()
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const before = latest.get(raw.socket)
    latest.set(raw.socket, reply.raw)
    if (before === undefined || before.writableEnded || before.destroyed) done()
    else before.once('close', () => done())
  })
}

function addHooks(app: FastifyInstance, deps: HttpServerDeps): void {
  const isTrusted = trustedProxies(deps.trustedProxies)
  const watch = createProxyWatch(deps)
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now()
    const { headers } = request
    const peer = request.raw.socket.remoteAddress ?? ''
    const isFromTrustedProxy = isTrusted(peer)
    request.clientAddress = clientAddressOf(peer, headers['x-forwarded-for'] as string | undefined, isTrusted)
    reply.headers(SECURITY_HEADERS)
    reply.header('x-request-id', request.id)
    deps.cors.addHeaders(request, reply)
    watch(request, isFromTrustedProxy)
    try {
      refuseDuplicates(request.raw.rawHeaders)
      request.baseUrl = deps.publicUrl ?? baseUrlOf({ headers, isFromTrustedProxy, fallbackHost: deps.fallbackHost })
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  })
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat()
    if (methods.every((method) => method === 'GET' || method === 'HEAD')) return
    route.preParsing = route.config?.streamsBody === true ? limitIdleTime : limitBodyTime
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (request.raw.complete === false) discardBody(request.raw)
    const milliseconds = performance.now() - request.startedAt
    deps.metrics.observeRequest(request.routeOptions.config.surface ?? 'page', reply.statusCode, milliseconds / 1_000)
    done()
    if (!deps.logsRequests) return
    deps.log.debug(
      {
        requestId: request.id,
        method: request.method,
        path: loggedPath(request.raw.url ?? ''),
        status: reply.statusCode,
        client: request.clientAddress,
        ms: Math.round(milliseconds * 10) / 10,
      },
      'request',
    )
  })
}

function refuseDuplicates(rawHeaders: readonly string[]): void {
  let seen: Set<string> | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    if (!SINGLE_HEADERS.has(name)) continue
    seen ??= new Set()
    if (seen.has(name)) throw new Fault('bad-request', `The header ${name} is there more than once`)
    seen.add(name)
  }
}

/** Cuts a client that has stopped sending its file, as phones do that leave the network without a word. */
function limitIdleTime(
  { raw }: FastifyRequest,
  _reply: FastifyReply,
  payload: RequestPayload,
  done: (error: null, payload: RequestPayload) => void,
): void {
  done(null, payload)
  const { socket } = raw
  if (!hasBody(raw) || !(socket instanceof Socket)) return
  socket.setTimeout(IDLE_BODY_MS)
  // What follows may take its time: joining large chunks, syncing the disk.
  raw.once('end', () => socket.setTimeout(0))
}

/**
 * Takes in, for a while, what is left of a body after the answer, so that the client gets to read it: a connection that
 * is closed on a client in the middle of sending loses the answer.
 */
function discardBody(raw: IncomingMessage): void {
  const timer = setTimeout(() => raw.destroy(), LINGER_MS).unref()
  raw.once('end', () => clearTimeout(timer))
  raw.once('close', () => clearTimeout(timer))
  raw.resume()
}

/** Cuts a client that sends its body drop by drop. Routes that take files read the stream themselves. */
function limitBodyTime(
  { raw }: FastifyRequest,
  _reply: FastifyReply,
  payload: RequestPayload,
  done: (error: null, payload: RequestPayload) => void,
): void {
  done(null, payload)
  if (!hasBody(raw)) return
  const timer = setTimeout(() => raw.destroy(), PARSED_BODY_TIMEOUT_MS).unref()
  const stop = (): void => clearTimeout(timer)
  payload.once('end', stop)
  payload.once('error', stop)
  payload.once('close', stop)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
