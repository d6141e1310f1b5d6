import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { loadConfig } from '../../src/config/load.ts'
import type { Database, DatabaseKind } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { type Log, silentLog } from '../../src/lib/log.ts'
import { type App, createApp, createServer } from '../../src/main/app.ts'
import { ensureAdmin } from '../../src/main/bootstrap.ts'
import { type BlobStoreKind, s3Env } from './blob-stores.ts'
import { createPostgresDatabase } from './postgres.ts'

export const ADMIN_PASSWORD = 'admin-password'

export interface TestClock extends Clock {
  advance(milliseconds: number): void
}

/** A clock that stands still until it is moved. It begins today, so that dates look like dates. */
export function createTestClock(startMs: number = Date.parse('2026-11-24T08:00:00Z')): TestClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance(milliseconds) {
      nowMs += milliseconds
    },
  }
}

export interface TestAppOptions {
  readonly database?: DatabaseKind
  /** `s3` keeps content in an object storage: the stub of this process, or the real one that the environment names. */
  readonly blobs?: BlobStoreKind
  /** Another node over the same database and object storage, with a data folder of its own. */
  readonly beside?: TestApp
  readonly env?: Readonly<Record<string, string>>
  readonly log?: Log
}

export interface TestApp extends App {
  readonly server: FastifyInstance
  readonly clock: TestClock
  readonly dataFolder: string
  /** Another connection to the same database, as another node has. The caller closes it. */
  openAgain(): Promise<Database>
  /** Settings under which another process finds the same data. */
  readonly env: Readonly<Record<string, string>>
  /** Scheme, host and port it really listens on, for tests that need a socket. */
  listen(): Promise<string>
  request(options: TestRequest): Promise<TestAnswer>
}

export interface TestRequest {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Name and secret for Basic authentication. */
  readonly as?: readonly [string, string]
  readonly address?: string
}

export interface TestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly bytes: Uint8Array
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came back
  json(): any
}

/** The real app over a temporary folder and a clock of its own, with the administrator `admin`. */
export async function createTestApp({
  database = 'sqlite',
  blobs = 'disk',
  beside,
  env = {},
  log = silentLog,
}: TestAppOptions = {}): Promise<TestApp> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'cloudlet-app-'))
  const isAlone = beside === undefined
  const postgres = database === 'postgres' && isAlone ? await createPostgresDatabase() : undefined
  const allEnv = {
    CLOUDLET_PORT: '0',
    CLOUDLET_ADMIN_PASSWORD: ADMIN_PASSWORD,
    ...(postgres === undefined ? {} : { CLOUDLET_DATABASE_URL: postgres.url }),
    ...(blobs === 's3' && isAlone ? await s3Env() : {}),
    ...beside?.env,
    ...env,
    CLOUDLET_DATA: dataFolder,
  }
  const loaded = loadConfig({ env: allEnv, flags: {} })
  const clock = beside?.clock ?? createTestClock()
  const options = { config: loaded.config, secrets: loaded.secrets, clock, log, isServing: true }
  const app = await createApp(options)
  await app.blobs.open()
  await ensureAdmin(app.features, loaded.config, loaded.secrets)
  const server = createServer(app, options)
  await server.ready()
  return {
    ...app,
    server,
    clock,
    dataFolder,
    openAgain: () => openDatabase({ url: loaded.secrets.databaseUrl, dataFolder, log: silentLog }),
    env: allEnv,
    listen: () => server.listen({ host: '127.0.0.1', port: 0 }),
    request: (request) => inject(server, request),
    async close() {
      await server.close()
      await app.close()
      await postgres?.drop()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

async function inject(server: FastifyInstance, request: TestRequest): Promise<TestAnswer> {
  const { method = 'GET', url, headers = {}, body, as, address } = request
  const response = await server.inject({
    method: method as 'GET',
    url,
    headers: { host: 'cloud.test', ...headers, ...(as === undefined ? {} : { authorization: basic(...as) }) },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : Buffer.from(body) }),
    ...(address === undefined ? {} : { remoteAddress: address }),
  })
  return {
    status: response.statusCode,
    headers: response.headers as TestAnswer['headers'],
    text: response.body,
    bytes: new Uint8Array(response.rawPayload),
    json: () => JSON.parse(response.body),
  }
}

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}

/** Headers of an OCS call. */
export const OCS = { 'ocs-apirequest': 'true' } as const
