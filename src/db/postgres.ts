import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { crashPoint, hasCrashPoint } from '../lib/crash-point.ts'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Database, Signals, Tables, Tx } from './database.ts'
import { isWorthRetrying, storageFault, unknownOutcome } from './errors.ts'
import { MESSAGES } from './fault-messages.ts'
import { createPostgresStamps, SIGNAL_CHANNEL } from './postgres-stamps.ts'
import { checkSignal, SignalListeners } from './signals.ts'

export interface PostgresOptions {
  readonly url: string
  readonly log: Log
  readonly poolSize?: number
}

const INT8 = 20
const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 60_000
/** A machine that has gone without a word, in the middle of a transaction, holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 60_000
const DEFAULT_POOL_SIZE = 10
const MAX_ATTEMPTS = 5

/** Connects to PostgreSQL. Throws Fault `unavailable` naming host and database, never the password. */
export async function openPostgres({ url, log, poolSize = DEFAULT_POOL_SIZE }: PostgresOptions): Promise<Database> {
  const base: pg.PoolConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    application_name: 'cloudlet',
    types: { getTypeParser },
    max: poolSize,
    // Else the pool's timers of closed connections keep an ending process for ten seconds more.
    allowExitOnIdle: true,
  }
  const writers = new pg.Pool(base)
  const readers = new pg.Pool({ ...base, options: '-c default_transaction_read_only=on' })
  for (const pool of [writers, readers]) {
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    pool.on('error', (error) => log.warn({ err: error }, 'A database connection broke'))
  }
  await firstContact(writers, readers, url)
  const read = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: readers }) })
  const write = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: writers }),
    ...(hasCrashPoint ? { log: () => crashPoint('transaction.statement') } : {}),
  })
  const listeners = new SignalListeners()
  const stamps = await createPostgresStamps(base, log, (payload) => {
    const [channel, text] = JSON.parse(payload) as [string, string]
    listeners.tell(channel, text)
  })
  return {
    kind: 'postgres',
    read,
    stamps,
    signals: createSignals(listeners),
    write: createPostgresWriter(write, stamps),
    async ping() {
      try {
        await sql`select 1`.execute(read)
      } catch (error) {
        throw storageFault(error)
      }
    },
    async close() {
      await stamps.close()
      await read.destroy()
      await write.destroy()
    },
  }
}

/** Signals travel as notifications: to this process too, so that all hear them in one order. */
function createSignals(listeners: SignalListeners): Signals {
  return {
    on: (channel, hear) => listeners.on(channel, hear),
    async send(tx, channel, text) {
      checkSignal(text)
      await sql`select pg_notify(${SIGNAL_CHANNEL}, ${JSON.stringify([channel, text])})`.execute(tx)
    },
  }
}

async function firstContact(writers: pg.Pool, readers: pg.Pool, url: string): Promise<void> {
  try {
    await writers.query('select 1')
  } catch (error) {
    await Promise.all([writers.end(), readers.end()])
    const reason = (error as Error).message || String((error as { code?: unknown }).code ?? 'no answer')
    throw new Fault(
      'unavailable',
      `CLOUDLET_DATABASE_URL: ${placeOf(url)} cannot be reached: ${reason}`,
      {},
      { cause: error },
    )
  }
}

/** Host and database of a connection address, without user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return `PostgreSQL database ${pathname.slice(1) || '(default)'} on ${host || 'localhost'}`
  } catch {
    return 'PostgreSQL'
  }
}

/** 64-bit integers as numbers; one that a number cannot hold is an error, not a wrong number. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid !== INT8) return pg.types.getTypeParser(oid, format as 'text')
  return (value) => {
    const number = Number(value)
    if (!Number.isSafeInteger(number)) throw new RangeError('Integer beyond 2^53')
    return number
  }
}

function createPostgresWriter(db: Kysely<Tables>, stamps: LocalStamps): Database['write'] {
  const insideWrite = new AsyncLocalStorage<true>()
  return async (work) => {
    if (insideWrite.getStore() === true) {
      throw new Error('Database.write inside Database.write would wait for itself: pass the tx on')
    }
    for (let attempt = 1; ; attempt++) {
      const bumped: string[] = []
      const state: WriteState = { isDone: false, failure: undefined }
      try {
        const value = await db.transaction().execute((tx) => {
          stamps.collect(tx as unknown as Tx, bumped)
          return insideWrite.run(true, () => inSteps(state, () => work(tx as unknown as Tx)))
        })
        crashPoint('transaction.durable')
        // Other processes hear of it by notification; this one may not be a moment behind its own answer.
        stamps.changed(bumped)
        return value
      } catch (caught) {
        // On a broken connection going back fails too, and would hide what went wrong first.
        const error = state.failure?.error ?? caught
        if (isWorthRetrying(error) && attempt < MAX_ATTEMPTS) continue
        throw writeError(error, state)
      }
    }
  }
}

interface WriteState {
  /** Whether everything was said, so that only the commit was left. */
  isDone: boolean
  failure: { readonly error: unknown } | undefined
}

async function inSteps<T>(state: WriteState, work: () => Promise<T>): Promise<T> {
  crashPoint('transaction.begun')
  try {
    const value = await work()
    state.isDone = true
    crashPoint('transaction.before-commit')
    return value
  } catch (error) {
    state.failure = { error }
    throw error
  }
}

function writeError(error: unknown, { isDone }: WriteState): unknown {
  if (isDone && !isRefusal(error)) return unknownOutcome(MESSAGES.unconfirmed, error)
  const fault = storageFault(error)
  return fault.kind === 'internal' ? error : fault
}

/** Whether PostgreSQL itself has said no to a commit, and not a connection that broke (SQLSTATE classes 08 and 57). */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^(?!08|57)[0-9A-Z]{5}$/.test(code)
}

/** The stamps of PostgreSQL as its writer sees them. */
export interface LocalStamps {
  /** Topics bumped in this transaction go to the list. */
  collect(tx: Tx, topics: string[]): void
  changed(topics: readonly string[]): void
}
