import { createServer as createProbe } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Config, Loaded, Secrets } from '../config/load.ts'
import { hasDatabaseFile, lockDataFolder, prepareDataFolder } from '../db/data-folder.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import { CLOUDLET_VERSION } from '../lib/version.ts'
import { type App, createApp, createServer } from './app.ts'
import { reachBlobs } from './blobs.ts'
import { checkFirstAdmin, ensureAdmin, type FirstAdmin } from './bootstrap.ts'

export interface ServeDeps {
  readonly loaded: Loaded
  readonly log: Log
  /** For people: where it listens and what to do next. */
  readonly say: (text: string) => void
  /** How commands are called where it was started: `cloudlet`, or by npm. */
  readonly program: string
}

export interface RunningServer {
  /** With the port that was really taken. */
  readonly address: string
  /** Answers what has begun, refuses what has not, and closes; within ten seconds. */
  stop(): Promise<void>
}

const SWEEP_EVERY_MS = 3_600_000
const DRAIN_MS = 9_000
const IDLE_CHECK_MS = 50

/** Starts the server. Throws a Fault that names the setting at fault; then nothing is left behind. */
export async function serve({ loaded, log, say, program }: ServeDeps): Promise<RunningServer> {
  const { config, secrets, warnings } = loaded
  for (const warning of warnings) log.warn({}, warning)
  checkFirstAdmin(config, secrets)
  await probePort(config)
  const { app, release } = await openApp(config, secrets, log)
  try {
    const admin = await ensureAdmin(app.features, config, secrets)
    if (admin !== undefined) say(firstSignIn(admin))
    const server = createServer(app, { config, secrets, clock: systemClock, log, isServing: true })
    const address = await listen(server, config)
    const stopSweeping = sweepHourly(app, log)
    await app.jobs.start()
    await app.features.push.sender.start()
    say(welcome(address, config, secrets, program))
    const stop = async (): Promise<void> => {
      const swept = stopSweeping()
      await drain(server)
      await swept
      await app.jobs.stop()
      await app.features.push.sender.stop()
      await app.close()
      release()
    }
    return { address, stop }
  } catch (error) {
    await app.close()
    release()
    throw error
  }
}

/** Before anything is made: whether the address can be listened on. */
async function probePort({ host, port }: Config): Promise<void> {
  const probe = createProbe()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(listenFault(error, host, port)))
    probe.listen({ host, port }, () => probe.close(() => resolve()))
  })
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Fault {
  const cause = { cause: error }
  if (error.code === 'EADDRINUSE') {
    return new Fault(
      'conflict',
      `CLOUDLET_PORT: port ${port} is in use by another program. Stop it, or take another port`,
      {},
      cause,
    )
  }
  if (error.code === 'EACCES') {
    return new Fault(
      'forbidden',
      `CLOUDLET_PORT: port ${port} may not be used by this user. Take one above 1023`,
      {},
      cause,
    )
  }
  return new Fault('bad-request', `CLOUDLET_HOST: ${host} is no address of this machine (${error.code})`, {}, cause)
}

async function openApp(config: Config, secrets: Secrets, log: Log): Promise<{ app: App; release: () => void }> {
  // What is elsewhere is asked first, so that a database or a bucket out of reach leaves no folder behind.
  const options = { config, secrets, clock: systemClock, log, isServing: true }
  if (secrets.databaseUrl !== undefined) await reachDatabase(config, secrets, log)
  const isNew = secrets.databaseUrl === undefined && !hasDatabaseFile(config.dataFolder)
  const isOnDisk = config.blobs === 'disk'
  if (!isOnDisk) await reachBlobs(options, isNew)
  prepareDataFolder(config.dataFolder)
  const { release } = lockDataFolder(config.dataFolder)
  let app: App | undefined
  try {
    if (isOnDisk) await reachBlobs(options, isNew)
    app = await createApp(options)
    await app.blobs.open()
    return { app, release }
  } catch (error) {
    await app?.close()
    release()
    throw error
  }
}

async function reachDatabase(config: Config, secrets: Secrets, log: Log): Promise<void> {
  const { openDatabase } = await import('../db/open.ts')
  const db = await openDatabase({ url: secrets.databaseUrl, dataFolder: config.dataFolder, log })
  await db.close()
}

async function listen(server: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    throw listenFault(error as NodeJS.ErrnoException, host, port)
  }
}

/** Resolves, when it is stopped, as soon as the feature that is at it has ended, or after a while without it. */
function sweepHourly(app: App, log: Log): () => Promise<void> {
  let isStopped = false
  let sweeping: Promise<void> = Promise.resolve()
  const sweep = async (): Promise<void> => {
    for (const feature of app.features.list) {
      if (isStopped) return
      await feature
        .sweep?.()
        .catch((error: unknown) => log.error({ err: error, feature: feature.name }, 'Sweeping failed'))
    }
  }
  const begin = (): void => {
    sweeping = sweeping.then(sweep)
  }
  const first = setImmediate(begin)
  const timer = setInterval(begin, SWEEP_EVERY_MS)
  timer.unref()
  return async () => {
    isStopped = true
    clearImmediate(first)
    clearInterval(timer)
    await Promise.race([sweeping, wait(DRAIN_MS, undefined, { ref: false })])
  }
}

async function drain(server: FastifyInstance): Promise<void> {
  const force = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS)
  // A connection that was busy when closing began stays open for a next request that will never be let in.
  const idle = setInterval(() => server.server.closeIdleConnections(), IDLE_CHECK_MS)
  await server.close()
  clearInterval(idle)
  clearTimeout(force)
}

function firstSignIn({ userId, generatedPassword }: FirstAdmin): string {
  const password = generatedPassword === undefined ? 'the password you have set' : generatedPassword
  const hint = generatedPassword === undefined ? '' : '  (shown only now)'
  return `First start: the administrator was made.\n  Name      ${userId}\n  Password  ${password}${hint}\n`
}

function welcome(address: string, config: Config, secrets: Secrets, program: string): string {
  const shown = config.publicUrl ?? address
  return `Cloudlet ${CLOUDLET_VERSION} is ready.
  Address   ${shown}${config.publicUrl === undefined ? '' : ` (listening on ${address})`}
  Data      ${config.dataFolder}
  Database  ${secrets.databaseUrl === undefined ? 'SQLite in the data folder' : 'PostgreSQL'}
  Next      Open ${shown} in a browser and sign in, or give it to a client as its server.
            More accounts: ${program} user:add NAME     All commands: ${program} --help
            Stop with Ctrl-C.
`
}
