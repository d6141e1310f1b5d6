import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { LazyBlobs } from '../blobs/lazy.ts'
import type { Config, Secrets } from '../config/load.ts'
import { oidcOf } from '../config/oidc.ts'
import { davProtocolErrors, mountDav } from '../dav/server.ts'
import type { Database } from '../db/database.ts'
import { migrate } from '../db/migrator.ts'
import { openDatabase } from '../db/open.ts'
import { createEvents } from '../events/events.ts'
import { loadInstanceSecret } from '../features/auth/index.ts'
import { createCors } from '../http/cors.ts'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import { mountPages } from '../http/mount.ts'
import { createHttpServer } from '../http/server.ts'
import { mountSockets } from '../http/socket.ts'
import { createJobs, type Jobs } from '../jobs/jobs.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { CLOUDLET_VERSION } from '../lib/version.ts'
import { mountApiPages } from '../ocs/api-pages.ts'
import { mountOcs, ocsProtocolErrors } from '../ocs/mount.ts'
import { createOutgoing } from '../outgoing/outgoing.ts'
import { createAuditFile } from './audit.ts'
import { adoptBlobs, createBlobs } from './blobs.ts'
import { createFeatures, type Features } from './features.ts'
import { MIGRATIONS } from './migrations.ts'

export interface AppOptions {
  readonly config: Config
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
  /** False in a command beside the server: it does no jobs, and tells the server of its events. */
  readonly isServing: boolean
}

/** Everything but the network: for the server and for commands. */
export interface App {
  readonly db: Database
  readonly features: Features
  readonly metrics: Metrics
  /** Not started yet. */
  readonly jobs: Jobs
  /** Its `open` throws a Fault that names the setting at fault. */
  readonly blobs: LazyBlobs
  /** Takes the configured blob store, as it is, for the one that has the content of this database. */
  adoptBlobs(): Promise<void>
  close(): Promise<void>
}

/** Opens the database, brings it up to date and makes the features. */
export async function createApp({ config, secrets, clock, log, isServing }: AppOptions): Promise<App> {
  const metrics = createMetrics(CLOUDLET_VERSION)
  const { dataFolder } = config
  const db = await openDatabase({ url: secrets.databaseUrl, dataFolder, log, onCommit: metrics.observeCommit })
  try {
    const backupFolder = join(dataFolder, 'backups')
    await migrate(db, { migrations: MIGRATIONS, backupFolder, nowMs: clock.nowMs(), log })
    const audit = createAuditFile(dataFolder, clock, log)
    const blobs = createBlobs(db, { config, secrets })
    const jobs = createJobs({ db, clock, log })
    const features = createFeatures({
      db,
      clock,
      audit,
      log,
      metrics,
      jobs,
      events: createEvents({ db, jobs, log }),
      isServing,
      instanceSecret: await loadInstanceSecret(db),
      metricsToken: secrets.metricsToken,
      dataFolder,
      blobs,
      maxInfinity: config.propfindLimit,
      directLinkSeconds: config.directLinkSeconds,
      outgoing: createOutgoing({ allowed: config.outgoingAllowed }),
      ownUrl: config.publicUrl ?? `http://${fallbackHost(config)}`,
      pushProxies: config.pushProxies,
      webPush: config.webPush,
      phoneRegion: config.phoneRegion,
      smtp: secrets.smtp,
      mailFrom: config.mailFrom,
      publicUrl: config.publicUrl,
      oidc: oidcOf(config),
      clientSecret: secrets.oidcClientSecret,
      allowsPasswords: config.passwordLogin,
      checkDataFolder: () => access(dataFolder, constants.W_OK),
    })
    await features.files.start()
    const close = async (): Promise<void> => {
      for (const feature of features.list) feature.stop?.()
      await jobs.stop()
      await features.push.sender.stop()
      blobs.close()
      await audit.flush()
      await db.close()
    }
    const adopt = (): Promise<void> => adoptBlobs(db, { config, secrets })
    return { db, features, metrics, jobs, blobs, adoptBlobs: adopt, close }
  } catch (error) {
    await db.close()
    throw error
  }
}

/** Where it listens, when nothing else says where it is. */
function fallbackHost({ host, port }: Config): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The HTTP side of an app; it does not listen yet. */
export function createServer(app: App, { config, clock, log }: AppOptions): FastifyInstance {
  const cors = createCors(config.corsOrigins)
  const server = createHttpServer({
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    fallbackHost: fallbackHost(config),
    authenticator: app.features.auth.authenticator,
    cors,
    protocolErrors: [...ocsProtocolErrors(log), ...davProtocolErrors(log)],
    metrics: app.metrics,
    log,
    logsRequests: config.logLevel === 'debug',
  })
  const routes = app.features.list.flatMap((feature) => feature.ocs ?? [])
  mountOcs(server, { routes, log, clock, cors })
  mountApiPages(server, routes)
  mountDav(server, { ...app.features.dav, cors, log })
  mountPages(
    server,
    app.features.list.flatMap((feature) => feature.http ?? []),
  )
  mountSockets(server, {
    routes: app.features.list.flatMap((feature) => feature.sockets ?? []),
    trustedProxies: config.trustedProxies,
    log,
  })
  return server
}
