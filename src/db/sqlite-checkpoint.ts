import type { SqliteConnection } from './sqlite-connection.ts'

/** Pages of the log that are not in the database yet before they are moved there. Readers look through them all. */
const DUE_PAGES = 1_000

export interface Checkpoint {
  isDue(): boolean
  /** Whether the next commit may begin the log anew: all of it is in the database. */
  logMayBeginAnew(): boolean
  /**
   * Moves the log into the database and makes that durable. Only between transactions, and only when the log itself is
   * durable. Throws when the sync fails: then the log is all that can be relied on, and it stays.
   */
  run(): Promise<void>
  close(): void
}

export interface CheckpointDeps {
  readonly writer: SqliteConnection
  /** A reading connection that nobody else uses. */
  readonly holder: SqliteConnection
  /** An fsync of the database file, off the event loop. */
  readonly syncDatabase: () => Promise<void>
}

/**
 * SQLite by itself would sync the database inside of a commit, and everybody would wait for the disk meanwhile. So it
 * syncs nothing (`synchronous = off`), and the order that makes a log safe is kept here: the log is durable, its pages
 * are written into the database, the database is synced, and only then may the log begin anew. A reader that stays at
 * the end of the log keeps every process from letting it begin earlier. The header of a log that begins anew must be on
 * the disk before its pages, or a power cut in between could bring back pages of the old one: that one sync stays
 * SQLite's own (`sqlite-writer.ts`).
 */
export function createCheckpoint({ writer, holder, syncDatabase }: CheckpointDeps): Checkpoint {
  const noop = writer.prepare('pragma wal_checkpoint(noop)')
  const sizes = (): { log: number; checkpointed: number } => noop.get() as { log: number; checkpointed: number }
  let mustKeepLog = false
  return {
    isDue() {
      const { log, checkpointed } = sizes()
      return log - checkpointed >= DUE_PAGES
    },
    logMayBeginAnew() {
      const { log, checkpointed } = sizes()
      return log === checkpointed
    },
    async run() {
      holder.exec('begin')
      // The transaction of a reader begins with the first thing that it reads.
      holder.run('select 1 from change_stamp limit 1', [])
      mustKeepLog = true
      try {
        writer.exec('pragma wal_checkpoint(passive)')
      } catch {
        // Such as a full disk. The log stays as it is, and this is tried again after the next commit.
      }
      await syncDatabase()
      mustKeepLog = false
      holder.exec('rollback')
    },
    close() {
      // While it is open no other connection is the last one, which would delete the log.
      if (!mustKeepLog) holder.close()
    },
  }
}
