import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { createLazyBlobs } from '../blobs/lazy.ts'
import type { Command } from '../cli/command.ts'
import { helpForAll, helpForCommand } from '../cli/help.ts'
import { findCommand, parseCommand } from '../cli/parse.ts'
import { createPrompt } from '../cli/prompt.ts'
import { type RunIo, reportFault, runCommand } from '../cli/run.ts'
import { type Given, type LogLevel, loadConfig } from '../config/load.ts'
import { oidcOf } from '../config/oidc.ts'
import type { Database } from '../db/database.ts'
import { createEvents } from '../events/events.ts'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import { createJobs } from '../jobs/jobs.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/fault.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { CLOUDLET_VERSION } from '../lib/version.ts'
import { createOutgoing } from '../outgoing/outgoing.ts'
import { openForCommand } from './command-app.ts'
import { programCommands } from './commands.ts'
import { createFeatures, type Features } from './features.ts'
import { serve } from './serve.ts'

export interface Process {
  readonly argv: readonly string[]
  readonly env: Given['env']
  readonly stdin: NodeJS.ReadStream
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Resolves when the process is asked to end. */
  readonly stopped: () => Promise<string>
}

/** The whole program: `serve`, or one command. Resolves to the exit code. */
export async function main(process: Process): Promise<number> {
  const { argv, env, out, err } = process
  const [name, ...rest] = argv
  const io: RunIo = {
    out,
    err,
    prompt: createPrompt(process.stdin, err, env),
    showsTraces: env['CLOUDLET_LOG_LEVEL'] === 'debug',
  }
  if (name === '--version' || name === '-V') {
    out(`Cloudlet ${CLOUDLET_VERSION}\n`)
    return 0
  }
  if (name === 'serve') return serveUntilStopped(rest, process, io)
  try {
    const listed = listedCommands(env)
    const commands = [SERVE, ...listed]
    if (name === undefined || name === '--help' || name === '-h' || name === 'help' || name === 'list') {
      out(helpForAll(commands, CLOUDLET_VERSION))
      return 0
    }
    const command = findCommand(commands, name)
    if (NEEDS_NO_DATABASE.has(command.name)) return await runCommand(command, rest, io)
    return await runWithDatabase(command, rest, env, io)
  } catch (error) {
    return reportFault(error, 'plain', io)
  }
}

export const SERVE: Command = {
  name: 'serve',
  summary: 'Run the server',
  options: {
    host: { type: 'string', value: 'ADDRESS', summary: 'Address to listen on (CLOUDLET_HOST)' },
    port: { type: 'string', value: 'PORT', summary: 'Port to listen on (CLOUDLET_PORT)' },
  },
  async run() {},
}

const NEEDS_NO_DATABASE = new Set(['serve', 'routes', 'openapi', 'config:show', 'data:adopt'])

/** Every feature over no database: enough to list and explain its addresses and commands. */
export function listedFeatures(metrics: Metrics = createMetrics(CLOUDLET_VERSION)): Features {
  const jobs = createJobs({ db: NO_DATABASE, clock: systemClock, log: silentLog })
  return createFeatures({
    db: NO_DATABASE,
    clock: systemClock,
    audit: { record() {} },
    log: silentLog,
    metrics,
    jobs,
    events: createEvents({ db: NO_DATABASE, jobs, log: silentLog }),
    isServing: false,
    instanceSecret: '',
    metricsToken: undefined,
    dataFolder: '',
    blobs: NO_BLOBS,
    maxInfinity: 0,
    directLinkSeconds: 0,
    outgoing: createOutgoing({ allowed: [] }),
    ownUrl: '',
    pushProxies: [],
    webPush: 'all',
    phoneRegion: undefined,
    // What is listed includes what there is with a mail server.
    smtp: { host: '', port: 0, isTls: true, tls: 'required', user: undefined, password: undefined },
    mailFrom: undefined,
    publicUrl: undefined,
    oidc: oidcOf(loadConfig({ env: LISTED_ENV, flags: {} }).config),
    clientSecret: undefined,
    allowsPasswords: true,
    checkDataFolder: async () => {},
  })
}

/** So that the addresses of single sign-on are listed, too. */
const LISTED_ENV = { CLOUDLET_OIDC_ISSUER: 'https://login.example.org', CLOUDLET_OIDC_CLIENT_ID: 'cloudlet' }

/** Every command but `serve`, over no database. */
export function listedCommands(env: Given['env']): Command[] {
  const features = listedFeatures()
  const given = ({ data }: { data?: string }): Given => ({ env, flags: { data } })
  return [...programCommands(given, features), ...features.list.flatMap((feature) => feature.commands ?? [])]
}

const NO_BLOBS = createLazyBlobs(() => Promise.reject(new Error('No blob store is open')))

const NO_DATABASE: Database = {
  kind: 'sqlite',
  get read(): never {
    throw new Error('No database is open')
  },
  stamps: { of: () => 0, bump: () => Promise.reject(new Error('No database is open')) },
  signals: { send: () => Promise.reject(new Error('No database is open')), on: () => () => {} },
  write: () => Promise.reject(new Error('No database is open')),
  ping: () => Promise.reject(new Error('No database is open')),
  close: async () => {},
}

async function runWithDatabase(
  command: Command,
  argv: readonly string[],
  env: Given['env'],
  io: RunIo,
): Promise<number> {
  // What is wrong with the words is said before anything is opened.
  const { input, wantsHelp } = parseCommand(command, argv)
  if (wantsHelp) {
    io.out(helpForCommand(command))
    return 0
  }
  const log: Log = io.showsTraces ? createLog('debug', io.err) : silentLog
  const data = input.options['data']
  const app = await openForCommand({ env, flags: { data: typeof data === 'string' ? data : undefined } }, log)
  try {
    const commands = app.features.list.flatMap((feature) => feature.commands ?? [])
    return await runCommand(findCommand(commands, command.name), argv, io)
  } finally {
    await app.close()
  }
}

function createLog(level: LogLevel, write: (text: string) => void): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, { write })
}

async function serveUntilStopped(argv: readonly string[], process: Process, io: RunIo): Promise<number> {
  try {
    const flags = serveFlags(argv)
    if (flags.help === true) {
      io.out(helpForCommand(SERVE))
      return 0
    }
    const { host, port, data } = flags
    const loaded = loadConfig({ env: process.env, flags: { host, port, data } })
    const log = createLog(loaded.config.logLevel, io.out)
    // Listened for from the beginning: a signal that comes while it starts is not lost.
    const stopped = process.stopped()
    const server = await serve({ loaded, log, say: io.err, program: programName(process.env) })
    const reason = await stopped
    log.info({ reason }, 'Stopping')
    await server.stop()
    log.info({}, 'Stopped')
    return 0
  } catch (error) {
    return reportFault(error, 'plain', io)
  }
}

/** `npm start` puts no `cloudlet` on anybody's path. */
function programName(env: Given['env']): string {
  return env['npm_lifecycle_event'] === undefined ? 'cloudlet' : 'npm run cloudlet --'
}

function serveFlags(argv: readonly string[]): { host?: string; port?: string; data?: string; help?: boolean } {
  const text = { type: 'string' } as const
  try {
    const options = { host: text, port: text, data: text, help: { type: 'boolean', short: 'h' } } as const
    return parseArgs({ args: [...argv], options, strict: true }).values
  } catch (error) {
    throw new Fault('bad-request', `${(error as Error).message}. See: cloudlet serve --help`)
  }
}
