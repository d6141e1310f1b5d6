import { Fault, toFault } from '../lib/fault.ts'
import type { Message } from '../lib/languages.ts'
import { MESSAGES } from './fault-messages.ts'

/** Extended result codes, sqlite.org/rescode.html. */
const SQLITE_UNIQUE = new Set([2067, 1555])
const SQLITE_FOREIGN_KEY = 787
/** Primary result codes: busy, locked, read-only, I/O error, corrupt, full, cannot open. */
const SQLITE_FULL = 13
/** The index of the write-ahead log could not grow. */
const SQLITE_IOERR_SHMSIZE = 4874
const SQLITE_TROUBLE = new Set([5, 6, 8, 10, 11, 14])

/** SQLSTATE, PostgreSQL documentation appendix A. */
const PG_UNIQUE = '23505'
const PG_FOREIGN_KEY = '23503'
const PG_DISK_FULL = '53100'
const PG_RETRY = new Set(['40001', '40P01'])

interface DriverError {
  readonly code?: unknown
  readonly errcode?: unknown
  readonly message?: unknown
}

const UNKNOWN_OUTCOME = 'unknown-outcome'

/**
 * A commit that was sent off and never confirmed: it may have happened, now or in a moment. What it refers to must be
 * left in place.
 */
export function unknownOutcome(message: Message, cause: unknown): Fault {
  return new Fault('unavailable', message, { reason: UNKNOWN_OUTCOME }, { cause })
}

/** Whether a write that failed may have happened nevertheless. */
export function mayHaveHappened(error: unknown): boolean {
  return error instanceof Fault && error.detail.reason === UNKNOWN_OUTCOME
}

function partsOf(error: unknown): DriverError {
  return typeof error === 'object' && error !== null ? error : {}
}

/** A second row with the same key. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = partsOf(error)
  return code === PG_UNIQUE || (typeof errcode === 'number' && SQLITE_UNIQUE.has(errcode))
}

/** A row that names one that is not there. */
export function isForeignKeyViolation(error: unknown): boolean {
  const { code, errcode } = partsOf(error)
  return code === PG_FOREIGN_KEY || errcode === SQLITE_FOREIGN_KEY
}

/** Two transactions of PostgreSQL got into each other's way; the same work may go through now. */
export function isWorthRetrying(error: unknown): boolean {
  const { code } = partsOf(error)
  return typeof code === 'string' && PG_RETRY.has(code)
}

/** Another process is writing to the SQLite file. */
export function isBusy(error: unknown): boolean {
  const { errcode } = partsOf(error)
  return typeof errcode === 'number' && (errcode & 0xff) === 5
}

/** Trouble of the disk, the file or the connection as a Fault; anything else is `internal` with its cause. */
export function storageFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const { code, errcode, message } = partsOf(error)
  const primary = typeof errcode === 'number' ? errcode & 0xff : undefined
  if (primary === SQLITE_FULL || errcode === SQLITE_IOERR_SHMSIZE || code === PG_DISK_FULL || code === 'ENOSPC') {
    return new Fault('no-space', MESSAGES.full, {}, { cause: error })
  }
  const isTrouble = (primary !== undefined && SQLITE_TROUBLE.has(primary)) || isConnectionTrouble(code, message)
  if (isTrouble) {
    return new Fault('unavailable', MESSAGES.unusable, {}, { cause: error })
  }
  return toFault(error)
}

/** What `pg` says, without a code, when a connection broke or none could be had. */
const PG_BROKEN = /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying)/

function isConnectionTrouble(code: unknown, message: unknown): boolean {
  if (typeof code !== 'string') return PG_BROKEN.test(String(message))
  return /^(?:08|57P|53)/.test(code) || ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE'].includes(code)
}

/** Writes down what nobody is refused for: on a full disk it is left out, and reads go on. Throws any other error. */
export async function noteUnlessFull(note: () => Promise<void>): Promise<void> {
  try {
    await note()
  } catch (error) {
    if (storageFault(error).kind !== 'no-space') throw error
  }
}
