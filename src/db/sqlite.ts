import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Kysely } from 'kysely'
import { Fault } from '../lib/fault.ts'
import { syncFolder } from './data-folder.ts'
import type { Database, Stamps, Tables } from './database.ts'
import { storageFault } from './errors.ts'
import { createLocalSignals } from './signals.ts'
import { createCheckpoint } from './sqlite-checkpoint.ts'
import { connectSqlite, type SqliteConnection } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { createReadTurn, type ReadTurn } from './sqlite-turn.ts'
import { createSqliteWriter } from './sqlite-writer.ts'
import { bumpStamp } from './stamps.ts'
import { runDirectly } from './statement.ts'

export interface SqliteOptions {
  readonly file: string
  readonly onCommit?: (writers: number) => void
  /** In place of the fsync of the write-ahead log; for tests that look at the order of things. */
  readonly sync?: () => Promise<void>
  /** In place of the fsync of the database itself. */
  readonly syncDatabase?: () => Promise<void>
}

export interface SqliteDatabase extends Database {
  /** Copies the database as it is now into a file. */
  backupTo(file: string): Promise<void>
}

const dataSync = promisify(fdatasync)

/** Kilobytes of page cache; negative is SQLite's way to say so. */
const CACHE_KILOBYTES = -16_384

/** Opens or makes an SQLite database. Throws Fault `unavailable` when the file cannot be used. */
export function openSqlite({ file, onCommit = () => {}, ...syncs }: SqliteOptions): SqliteDatabase {
  const { writer, turn, holder } = connectAll(file)
  const { reader } = turn
  const log = openLog(file)
  const content = openSync(file, 'r+')
  const sync = syncs.sync ?? ((): Promise<void> => dataSync(log))
  const syncDatabase = syncs.syncDatabase ?? ((): Promise<void> => dataSync(content))
  const { committed, ...signals } = createLocalSignals()
  const checkpoint = createCheckpoint({ writer, holder, syncDatabase })
  const queue = createSqliteWriter({ connection: writer, sync, checkpoint, onCommit, onDurable: committed })
  const read = new Kysely<Tables>({ dialect: sqliteDialect(reader, { check() {} }) })
  runDirectly(read, (text, parameters) => reader.run(text, parameters).rows)
  return {
    kind: 'sqlite',
    read,
    stamps: sqliteStamps(turn),
    signals,
    write: queue.write,
    backupTo: (target) => writer.backupTo(target),
    async ping() {
      try {
        reader.run('select 1', [])
      } catch (error) {
        throw storageFault(error)
      }
    },
    async close() {
      await queue.end()
      await read.destroy()
      reader.close()
      checkpoint.close()
      // The last connection to close moves the log into the database and deletes it. Then SQLite has to sync by itself.
      writer.exec('pragma synchronous = normal')
      writer.close()
      closeSync(log)
      closeSync(content)
    },
  }
}

function connectAll(file: string): { writer: SqliteConnection; turn: ReadTurn; holder: SqliteConnection } {
  try {
    const writer = connectSqlite(file, false)
    writer.exec(`pragma journal_mode = wal; pragma cache_size = ${CACHE_KILOBYTES}`)
    // The first write makes the log file, which `openLog` needs.
    writer.exec('create table if not exists change_stamp (topic text primary key, stamp integer not null)')
    // From here on every sync is ours, shared and off the event loop: of the log after commits (see sqlite-writer.ts), of
    // the database after checkpoints (see sqlite-checkpoint.ts).
    writer.exec('pragma synchronous = off; pragma wal_autocheckpoint = 0')
    const connection = connectSqlite(file, true)
    connection.exec(`pragma cache_size = ${CACHE_KILOBYTES}`)
    const turn = createReadTurn(connection)
    const exec = (sql: string): void => {
      // A commit must be seen by the very next read, and a reader would keep the log from beginning anew.
      turn.end()
      writer.exec(sql)
    }
    return { writer: { ...writer, exec }, turn, holder: connectSqlite(file, true) }
  } catch (error) {
    const isFull = storageFault(error).kind === 'no-space'
    throw new Fault(
      isFull ? 'no-space' : 'unavailable',
      `CLOUDLET_DATA: the database ${file} cannot be opened: ${isFull ? 'its disk is full' : (error as Error).message}`,
      {},
      { cause: error },
    )
  }
}

/** The write-ahead log, for syncing. While our connections are open SQLite never deletes or replaces this file. */
function openLog(file: string): number {
  const log = openSync(`${file}-wal`, 'r+')
  fsyncSync(log)
  // The name of a new file is durable only when its folder is.
  syncFolder(dirname(file))
  return log
}

/** Stamps remembered at most; more are read again. */
const MAX_STAMPS = 50_000

/**
 * Stamps as the reader sees them. `data_version` changes when any other connection, of this or another process, has
 * committed; while it stays the same nothing has to be read. It is looked at once in each turn that reads.
 */
function sqliteStamps({ reader, number }: ReadTurn): Stamps {
  const known = new Map<string, number>()
  let lookedAt = 0
  let version: unknown
  const look = (): void => {
    const found = reader.run('pragma data_version', []).rows[0]?.['data_version']
    if (found === version && known.size <= MAX_STAMPS) return
    version = found
    known.clear()
  }
  return {
    of(topic) {
      if (number() !== lookedAt) {
        lookedAt = number()
        look()
      }
      let stamp = known.get(topic)
      if (stamp === undefined) {
        stamp = Number(reader.run('select stamp from change_stamp where topic = ?', [topic]).rows[0]?.['stamp'] ?? 0)
        known.set(topic, stamp)
      }
      return stamp
    },
    bump: bumpStamp,
  }
}
