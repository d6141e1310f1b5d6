import type { Json } from './json.ts'

/** The part of pino's logger that the house uses. Never hand it a secret, a header set or a request body. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Something an administrator may have to account for later. */
export interface AuditLine {
  /** Past tense with a dot: `account.created`. */
  readonly event: string
  /** User id of who did it, or `cli`. */
  readonly actor: string
  /** What it was done to: a user id, a group id, a setting. */
  readonly subject?: string
  readonly detail?: Readonly<Record<string, Json>>
}

/** Appends audit lines to `audit.log` in the data folder and to the log. */
export interface Audit {
  record(line: AuditLine): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
