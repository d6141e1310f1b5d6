import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { Audit, Log } from '../lib/log.ts'

export const AUDIT_FILE = 'audit.log'

export interface AuditFile extends Audit {
  /** Resolves when every line is written. */
  flush(): Promise<void>
}

/** Audit lines as JSON, a line each, in `audit.log` of the data folder, from the server and from commands alike. */
export function createAuditFile(dataFolder: string, clock: Clock, log: Log): AuditFile {
  const file = join(dataFolder, AUDIT_FILE)
  let writing: Promise<void> = Promise.resolve()
  return {
    record(line) {
      const entry = { time: new Date(clock.nowMs()).toISOString(), ...line }
      log.info({ audit: line }, line.event)
      writing = writing
        .then(() => appendFile(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }))
        .catch((error: unknown) => log.error({ err: error, file }, 'The audit log cannot be written'))
    },
    flush: () => writing,
  }
}
