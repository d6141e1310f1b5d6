import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { CorsPolicy } from '../http/cors.ts'
import { limited } from '../http/reach.ts'
import type { AccountViewer, Viewer } from '../http/viewer.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { type ArchiveTurns, createArchiveTurns } from './archive/turns.ts'
import { conditionsOf } from './conditions.ts'
import { answerDavError } from './errors.ts'
import { copy, move } from './methods/copy-move.ts'
import { get } from './methods/get.ts'
import { lock, unlock } from './methods/lock.ts'
import { notImplemented } from './methods/not-found.ts'
import { allowOf, options } from './methods/options.ts'
import { propfind } from './methods/propfind.ts'
import { proppatch } from './methods/proppatch.ts'
import { report, search } from './methods/report.ts'
import { makeCollection, patch, put, remove } from './methods/write.ts'
import { splitPath } from './path.ts'
import type { DavCall, DavMount, DavSearch } from './tree.ts'

export interface DavDeps {
  readonly mounts: readonly DavMount[]
  readonly search: DavSearch
  readonly cors: CorsPolicy
  /** What the realm of a challenge is called. */
  readonly siteName: () => string | Promise<string>
  readonly log: Log
}

/** One request, as the verbs see it. */
export interface DavContext extends DavCall {
  readonly reply: FastifyReply
  readonly mount: DavMount
  readonly path: readonly string[]
  readonly search: DavSearch
  readonly archives: ArchiveTurns
  readonly log: Log
  /** The mount of another path of this server, for Destination. Throws Fault `forbidden` when there is none. */
  resolve(path: readonly string[]): { mount: DavMount; base: readonly string[]; path: readonly string[] }
}

type Verb = (context: DavContext) => Promise<FastifyReply> | FastifyReply

const VERBS: Readonly<Record<string, Verb>> = {
  OPTIONS: options,
  GET: get,
  HEAD: get,
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  PUT: put,
  MKCOL: makeCollection,
  DELETE: remove,
  COPY: copy,
  MOVE: move,
  LOCK: lock,
  UNLOCK: unlock,
  REPORT: report,
  SEARCH: search,
  PATCH: patch,
}

const WITH_BODY = ['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'SEARCH'] as const
/** Changes nothing, so an app password that may only read can do it. */
const READING: ReadonlySet<string> = new Set(['OPTIONS', 'GET', 'HEAD', 'PROPFIND', 'REPORT', 'SEARCH'])
/** Answered 501, as a method that nothing here can do. */
const OTHERS = ['POST'] as const

/** Paths below which this engine answers. */
export const DAV_PREFIXES: readonly string[] = [
  '/remote.php/dav',
  '/remote.php/webdav',
  '/remote.php/files',
  '/remote.php/direct',
]

/** Who comes to a public mount: no account has this id, so nothing belongs to it. */
const NOBODY: AccountViewer = {
  kind: 'account',
  accountId: 0,
  userId: '',
  isAdmin: false,
  administeredGroupIds: [],
  via: 'app-password',
  confirmedUntilMs: 0,
  language: '',
}

const isVerb = ({ method }: FastifyRequest): boolean => Object.hasOwn(VERBS, method)

/** Errors before a route is found: an address that cannot be decoded, a verb that nothing here has. */
export function davProtocolErrors(log: Log) {
  return DAV_PREFIXES.map((prefix) => ({
    prefix,
    answer: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      answerDavError(isVerb(request) ? error : notImplemented(request.method), request, reply, log),
  }))
}

/** Mounts the DAV engine. Bodies are streams here: each verb reads its own. */
export function mountDav(app: FastifyInstance, deps: DavDeps): void {
  for (const method of WITH_BODY) app.addHttpMethod(method, { hasBody: true })
  const engine: Engine = { ...deps, archives: createArchiveTurns() }
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
    scope.setErrorHandler((error, request, reply) => answerDavError(error, request, reply, deps.log))
    for (const prefix of DAV_PREFIXES) {
      for (const url of [prefix, `${prefix}/*`]) {
        scope.route({
          method: [...Object.keys(VERBS), ...OTHERS],
          url,
          exposeHeadRoute: false,
          config: { streamsBody: true, surface: 'dav' },
          handler: async (request, reply) => answer(engine, request, reply),
        })
      }
    }
  })
}

interface Engine extends DavDeps, Pick<DavContext, 'archives'> {}

async function answer(deps: Engine, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  // A browser asks before it sends credentials.
  if (request.method === 'OPTIONS' && deps.cors.answerPreflight(request, reply, Object.keys(VERBS))) return reply
  const segments = splitPath(rawPath(request))
  const found = findMount(deps.mounts, segments)
  const isPublic = found?.mount.isPublic ?? false
  // Credentials do not matter at a public mount, not even wrong ones.
  const viewer = isPublic ? NOBODY : await accountOf(deps, request, reply)
  if (!isPublic) reply.header('x-user-id', encodeURI(viewer.userId))
  const verb = VERBS[request.method]
  if (verb === undefined) throw notImplemented(request.method)
  const { mount, base, path } = admitted(viewer, found)
  if (viewer.limits?.isReadOnly === true && !READING.has(request.method)) throw limited()
  const conditions = conditionsOf(request.headers)
  const resolve: DavContext['resolve'] = (target) => admitted(viewer, findMount(deps.mounts, target))
  const confirm: DavContext['confirm'] = async () => {
    try {
      await request.confirmViewer(viewer)
    } catch (error) {
      throw await refusal(deps, error, request, reply)
    }
  }
  try {
    const { search, archives, log } = deps
    return await verb({
      viewer,
      request,
      reply,
      confirm,
      conditions,
      mount,
      base,
      path,
      search,
      archives,
      log,
      resolve,
    })
  } catch (error) {
    // RFC 9110 section 15.5.6.
    if (error instanceof Fault && error.detail.reason === 'method') reply.header('allow', allowOf(mount, false))
    throw error
  }
}

/** Without the query, and without the host that a proxy may put before it (RFC 9112 section 3.2.2). */
function rawPath(request: FastifyRequest): string {
  const url = (request.raw.url ?? '/').replace(/^https?:\/\/[^/]*/i, '')
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** Who is asking. Throws Fault `unauthenticated` with the challenge set. */
async function accountOf(deps: DavDeps, request: FastifyRequest, reply: FastifyReply): Promise<AccountViewer> {
  try {
    return requireAccount(await request.viewer(), request)
  } catch (error) {
    throw await refusal(deps, error, request, reply)
  }
}

async function refusal(
  { siteName }: DavDeps,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  if (!(error instanceof Fault) || error.kind !== 'unauthenticated') return error
  if (error.detail.reason === 'disabled') return closedAccount()
  // Whoever has a session needs no dialog of the browser (recording session-login).
  if (error.detail.reason !== 'csrf') reply.header('www-authenticate', challengeOf(request, await siteName()))
  return error
}

/**
 * A client that reads 401 throws its credential away, and the account may be opened again. It says 503 to those alone
 * whose credential is right (recording webdav-errors).
 */
const closedAccount = (): Fault => new Fault('unavailable', 'Account disabled')

/** RFC 7617. A browser's own dialog would stand before the page that asks (recording webdav-files). */
function challengeOf(request: FastifyRequest, siteName: string): string {
  const realm = siteName.replace(/[^\x20-\x7e]|["\\]/g, '').trim()
  const isAjax = request.headers['x-requested-with'] === 'XMLHttpRequest'
  return isAjax ? `DummyBasic realm="${realm}"` : `Basic realm="${realm}", charset="UTF-8"`
}

/** With a cookie alone nothing but reading is allowed: any page could send it (recording session-login). */
function requireAccount(viewer: Viewer, request: FastifyRequest): AccountViewer {
  if (viewer.kind === 'anonymous') throw new Fault('unauthenticated', 'No credentials were sent')
  const isReading = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
  if (viewer.via === 'session' && !isReading && !request.hasCsrfProof()) {
    throw new Fault('unauthenticated', 'CSRF check not passed.', { reason: 'csrf' })
  }
  return viewer
}

interface FoundMount {
  readonly mount: DavMount
  readonly variables: Readonly<Record<string, string>>
  readonly base: readonly string[]
  readonly path: readonly string[]
}

/** The mount with the longest pattern that fits. */
function findMount(mounts: readonly DavMount[], segments: readonly string[]): FoundMount | undefined {
  let best: FoundMount | undefined
  for (const mount of mounts) {
    const { pattern } = mount
    if (pattern.length > segments.length || (best !== undefined && pattern.length <= best.base.length)) continue
    const variables: Record<string, string> = {}
    const fits = pattern.every((part, index) => {
      const segment = segments[index] ?? ''
      if (!part.startsWith(':')) return part === segment
      variables[part.slice(1)] = segment
      return true
    })
    if (!fits) continue
    best = { mount, variables, base: segments.slice(0, pattern.length), path: segments.slice(pattern.length) }
  }
  return best
}

/** Throws Fault `not-found` where the viewer has no business: as if nothing were there. */
function admitted(viewer: AccountViewer, found: FoundMount | undefined): FoundMount {
  const { limits } = viewer
  const isShut = limits !== undefined && (limits.isOneTime === true || found?.mount.knowsLimits !== true)
  if (found === undefined || isShut || !found.mount.admits(viewer, found.variables)) {
    throw new Fault('not-found', 'There is nothing at this address')
  }
  return found
}
