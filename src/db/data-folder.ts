import { accessSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from '../lib/fault.ts'
import { isBusy, storageFault } from './errors.ts'
import { connectSqlite, type SqliteConnection } from './sqlite-connection.ts'

export const DATABASE_FILE = 'cloudlet.db'

const LOCK_FILE = 'server.lock'

/** Makes the folder when it is missing. Throws Fault `bad-request` when it cannot be used. */
export function prepareDataFolder(folder: string): void {
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.R_OK | constants.X_OK)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new Fault(
      'bad-request',
      `CLOUDLET_DATA: the folder ${folder} cannot be written (${reason})`,
      {},
      { cause: error },
    )
  }
}

/**
 * One folder after the other: in one go Node never ends where a file system takes no folders and says so oddly (/proc).
 * The name of each is on the disk when the folder that holds it is.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
  syncFolder(dirname(folder))
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

export function hasDatabaseFile(folder: string): boolean {
  return existsSync(join(folder, DATABASE_FILE))
}

/** Held until `release`, or until the process ends in whatever way. */
export interface FolderLock {
  release(): void
}

/** Makes this process the only server on the folder. Throws Fault `conflict`. */
export function lockDataFolder(folder: string): FolderLock {
  return holdLock(folder, 'begin exclusive')
}

/** Keeps servers from starting on the folder; others may do so too. Throws Fault `conflict` when one runs. */
export function keepServersAway(folder: string): FolderLock {
  return holdLock(folder, 'begin; select * from sqlite_schema')
}

/** The lock is one of SQLite's own, which the operating system lets go with the process. */
function holdLock(folder: string, begin: string): FolderLock {
  let lock: SqliteConnection | undefined
  try {
    lock = connectSqlite(join(folder, LOCK_FILE), false)
    lock.exec(`pragma locking_mode = exclusive; pragma journal_mode = memory; ${begin}`)
  } catch (error) {
    lock?.close()
    if (!isBusy(error)) {
      const fault = storageFault(error)
      throw new Fault(
        fault.kind,
        `CLOUDLET_DATA: the folder ${folder} cannot be used: ${(error as Error).message}`,
        {},
        { cause: error },
      )
    }
    throw new Fault(
      'conflict',
      `CLOUDLET_DATA: another Cloudlet server is running on the folder ${folder}, or a command that wants it alone. Stop it, or give this one a folder of its own`,
      { reason: 'folder-in-use' },
      { cause: error },
    )
  }
  const held = lock
  return { release: () => held.close() }
}
