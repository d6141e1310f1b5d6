import { backup, DatabaseSync, type StatementSync } from 'node:sqlite'

/** The only file that knows `node:sqlite`. */
export type SqliteValue = string | number | bigint | null | Uint8Array

export interface SqliteConnection {
  /** Rows of a statement that returns some; for others how many rows changed and the last row id. */
  run(sql: string, parameters: readonly unknown[]): SqliteResult
  /** Statements without parameters and results, several at once. */
  exec(sql: string): void
  /** A statement kept by the caller, for the hottest reads. */
  prepare(sql: string): StatementSync
  /** Copies the database, while others read and write it, into a file. */
  backupTo(file: string): Promise<void>
  close(): void
}

export interface SqliteResult {
  readonly rows: Record<string, unknown>[]
  readonly changes: number
  readonly insertId: number | bigint
}

const MAX_STATEMENTS = 500
/** For readers, who wait only while a crashed writer's log is read again. Writers wait in `sqlite-writer.ts`. */
const BUSY_TIMEOUT_MS = 5_000

/** Opens a file with foreign keys on. A reader cannot write, whatever the statement says. */
export function connectSqlite(file: string, readOnly: boolean): SqliteConnection {
  const database = new DatabaseSync(file, {
    readOnly,
    timeout: readOnly ? BUSY_TIMEOUT_MS : 0,
    enableForeignKeyConstraints: true,
  })
  // SQLite's own knows the letters of English alone; who looks for `über` finds `Übersicht` too.
  database.function('lower', { deterministic: true }, (text) => (typeof text === 'string' ? text.toLowerCase() : text))
  const statements = new Map<string, Prepared>()
  const prepared = (sql: string): Prepared => {
    let known = statements.get(sql)
    if (known === undefined) {
      if (statements.size >= MAX_STATEMENTS) statements.clear()
      const statement = database.prepare(sql)
      // Rows come as arrays and are made objects here, which takes two thirds of the time.
      statement.setReturnArrays(true)
      known = { statement, columns: statement.columns().map(({ name }) => name) }
      statements.set(sql, known)
    }
    return known
  }
  const run = (sql: string, parameters: readonly unknown[]): SqliteResult => {
    const { statement, columns } = prepared(sql)
    const values = parameters.map(toSqlite)
    if (columns.length > 0) {
      const rows = statement.all(...values) as unknown as SqliteValue[][]
      if ((rows[0]?.length ?? columns.length) !== columns.length) {
        // A migration has changed what `*` stands for.
        statements.delete(sql)
        return run(sql, parameters)
      }
      return { rows: rows.map((row) => rowOf(columns, row)), changes: 0, insertId: 0 }
    }
    const result = statement.run(...values)
    return { rows: [], changes: Number(result.changes), insertId: result.lastInsertRowid }
  }
  return {
    run,
    exec: (sql) => database.exec(sql),
    prepare: (sql) => database.prepare(sql),
    async backupTo(target) {
      await backup(database, target)
    },
    close: () => database.close(),
  }
}

interface Prepared {
  readonly statement: StatementSync
  /** Names of what it returns; none for a statement without rows. Asking for them again would take longer than running it. */
  readonly columns: readonly string[]
}

function rowOf(columns: readonly string[], values: readonly SqliteValue[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) row[columns[index] ?? ''] = values[index]
  return row
}

function toSqlite(value: unknown): SqliteValue {
  switch (typeof value) {
    case 'string':
    case 'bigint':
      return value
    case 'number':
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RangeError('Integer beyond 2^53')
      return value
    case 'object':
      if (value === null || value instanceof Uint8Array) return value
      break
    default:
  }
  throw new TypeError(`A ${typeof value} cannot be a parameter of a statement`)
}
