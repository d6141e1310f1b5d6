import type { SqliteConnection } from './sqlite-connection.ts'

export interface ReadTurn {
  /** The connection, for whoever reads. */
  readonly reader: SqliteConnection
  /** Of the turn that reads now, from 1: while it is the same, nothing that is read can have changed. */
  number(): number
  /** Lets go of what was read; the next read sees what has been committed since. */
  end(): void
}

/**
 * All that is read in one turn of the event loop shares one read transaction. SQLite locks and unlocks its index of the
 * log for each, with two calls of the system, which takes longer than to find a row. Nothing is kept over a turn, so a
 * read is as new as its turn, and whoever commits here ends it first (see `connectAll`).
 */
export function createReadTurn(connection: SqliteConnection): ReadTurn {
  const begin = connection.prepare('begin')
  const commit = connection.prepare('commit')
  let isOpen = false
  let number = 0
  const end = (): void => {
    if (!isOpen) return
    isOpen = false
    commit.run()
  }
  const open = (): void => {
    if (isOpen) return
    begin.run()
    isOpen = true
    number += 1
    setImmediate(end)
  }
  const reader: SqliteConnection = {
    ...connection,
    run(sql, parameters) {
      open()
      return connection.run(sql, parameters)
    },
    close() {
      end()
      connection.close()
    },
  }
  return {
    reader,
    number() {
      open()
      return number
    },
    end,
  }
}
