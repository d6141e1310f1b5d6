import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Database } from '../../db/database.ts'
import type { Metrics } from '../../http/metrics.ts'
import type { HttpRoute } from '../../http/route.ts'
import type { Clock } from '../../lib/clock.ts'
import { sameSecret } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import type { Json } from '../../lib/json.ts'
import { Type } from '../../lib/schema.ts'
import { PRODUCT_NAME, REPORTED_VERSION } from '../../lib/version.ts'
import { defineOcs, type OcsRoute } from '../../ocs/route.ts'
import type { Feature, WellKnown } from '../feature.ts'
import { wellKnownRoute } from './well-known.ts'

export interface StatusDeps {
  readonly db: Database
  readonly metrics: Metrics
  /** Without one, only this machine itself may read the metrics. */
  readonly metricsToken: string | undefined
  /** Name of the server, for `/config`. */
  readonly siteName: () => string | Promise<string>
  /** Services below `/.well-known/`, of all features. */
  readonly wellKnown: Readonly<Record<string, WellKnown>>
  /** Throws when the data folder cannot be written. */
  readonly checkDataFolder: () => Promise<void>
  readonly blobs: Pick<BlobStore, 'findMark'>
  readonly clock: Clock
}

/** The small addresses that tell whether and what this server is. */
export function createStatus(deps: StatusDeps): Feature {
  return {
    name: 'status',
    ocs: [getConfig(deps)],
    http: [
      statusPhp('/status.php'),
      statusPhp('/status.php/*'),
      probe,
      robots,
      wellKnownRoute(deps.wellKnown),
      ocsProvider,
      health,
      readiness(deps),
      metricsPage(deps),
    ],
  }
}

/** Read by every client before anything else (recording status-php); any method, also with a path behind it. */
const statusPhp = (path: string): HttpRoute => ({
  method: ['GET', 'POST'],
  path,
  summary: 'Whether the server is there, and which version it is compatible with',
  access: 'public',
  handler(_request, reply) {
    reply.header('content-type', 'application/json')
    reply.header('access-control-allow-origin', '*')
    return reply.send(STATUS_BODY)
  },
})

/** As bytes: to a text Fastify would add a charset, which JSON has not. */
const STATUS_BODY = Buffer.from(
  JSON.stringify({
    installed: true,
    maintenance: false,
    needsDbUpgrade: false,
    version: REPORTED_VERSION.full,
    versionstring: REPORTED_VERSION.string,
    edition: '',
    productname: PRODUCT_NAME,
    extendedSupport: false,
  }),
)

/** The desktop client's test whether the network lets it through. */
const probe: HttpRoute = {
  method: 'GET',
  path: '/204',
  summary: 'Connectivity probe: an empty answer',
  access: 'public',
  handler: (_request, reply) => reply.code(204).send(),
}

const robots: HttpRoute = {
  method: 'GET',
  path: '/robots.txt',
  summary: 'Asks search engines to stay away',
  access: 'public',
  handler: (_request, reply) => reply.header('content-type', 'text/plain').send('User-agent: *\nDisallow: /\n'),
}

/** Names only the services that are there (recording ocs-envelope). */
const ocsProvider: HttpRoute = {
  method: 'GET',
  path: '/ocs-provider/',
  summary: 'Discovery of OCS services',
  access: 'public',
  handler(_request, reply) {
    const endpoints = {
      user: '/ocs/v2.php/cloud/users',
      groups: '/ocs/v2.php/cloud/groups',
      apps: '/ocs/v2.php/cloud/apps',
    }
    reply.header('content-type', 'application/json')
    return reply.send(
      Buffer.from(JSON.stringify({ version: 2, services: { PROVISIONING: { version: 1, endpoints } } })),
    )
  },
}

const health: HttpRoute = {
  method: 'GET',
  path: '/healthz',
  summary: 'Whether the process answers',
  access: 'public',
  handler: (_request, reply) => sendJson(reply, { status: 'ok' }),
}

const readiness = ({ db, checkDataFolder, blobs, clock }: StatusDeps): HttpRoute => {
  const hasContent = forAWhile(clock, async () => (await blobs.findMark()) !== undefined)
  return {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether database, data folder and content can be used: 200, or 503 with the part that cannot',
    access: 'public',
    async handler(_request, reply) {
      const database = await works(() => db.ping())
      const dataFolder = await works(checkDataFolder)
      const content = await hasContent()
      const isReady = database && dataFolder && content
      reply.code(isReady ? 200 : 503)
      return sendJson(reply, { status: isReady ? 'ok' : 'unavailable', database, dataFolder, content })
    },
  }
}

/** How long an answer of the object storage counts: it costs a request there, and anybody may ask. */
const FRESH_MS = 3_000
/** Whoever asks is not kept waiting for as long as the storage is given by uploads. */
const PATIENCE_MS = 2_000

function forAWhile(clock: Clock, ask: () => Promise<boolean>): () => Promise<boolean> {
  let known: { readonly atMs: number; readonly answer: Promise<boolean> } | undefined
  return () => {
    const nowMs = clock.nowMs()
    if (known === undefined || Math.abs(nowMs - known.atMs) >= FRESH_MS) {
      const late = setTimeout(PATIENCE_MS, false, { ref: false })
      known = { atMs: nowMs, answer: Promise.race([ask().catch(() => false), late]) }
    }
    return known.answer
  }
}

async function works(check: () => Promise<void>): Promise<boolean> {
  try {
    await check()
    return true
  } catch {
    // Why stays in the log of whoever failed; this address is open to everybody.
    return false
  }
}

function sendJson(reply: FastifyReply, value: Json): FastifyReply {
  reply.header('content-type', 'application/json; charset=utf-8')
  return reply.send(JSON.stringify(value))
}

const metricsPage = ({ metrics, metricsToken }: StatusDeps): HttpRoute => ({
  method: 'GET',
  path: '/metrics',
  summary: 'Figures for Prometheus; with the token, or without one from this machine only',
  access: 'public',
  async handler(request, reply) {
    requireMetricsAccess(request, metricsToken)
    const { contentType, text } = await metrics.write()
    return reply.header('content-type', contentType).send(text)
  },
})

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1)$/

function requireMetricsAccess(request: FastifyRequest, token: string | undefined): void {
  if (token !== undefined) {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (given !== undefined && sameSecret(given, token)) return
    throw new Fault('forbidden', 'Send the token of CLOUDLET_METRICS_TOKEN as a bearer token')
  }
  // Behind a proxy on this machine everybody's peer is loopback: a forwarded request is somebody else's.
  const isForwarded = request.headers['x-forwarded-for'] !== undefined || request.headers['forwarded'] !== undefined
  if (!isForwarded && LOOPBACK.test(request.clientAddress)) return
  throw new Fault(
    'forbidden',
    'Metrics are open to this machine only. Set CLOUDLET_METRICS_TOKEN to read them elsewhere',
  )
}

/** The oldest address of OCS (recording ocs-envelope). */
const getConfig = ({ siteName }: StatusDeps): OcsRoute =>
  defineOcs({
    method: 'GET',
    path: '/config',
    summary: 'Version of the API, name of the site and its host',
    auth: 'public',
    reach: 'self',
    reply: Type.Object({
      version: Type.String(),
      website: Type.String(),
      host: Type.String(),
      contact: Type.String(),
      ssl: Type.String(),
    }),
    async handler({ request }) {
      const { hostname, protocol } = new URL(request.baseUrl)
      const ssl = protocol === 'https:' ? 'true' : 'false'
      return { version: '1.7', website: await siteName(), host: hostname, contact: '', ssl }
    },
  })
