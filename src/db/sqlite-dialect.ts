import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { SqliteConnection } from './sqlite-connection.ts'

/** Says whether statements may still run: a transaction that has ended refuses them. */
export interface Guard {
  check(): void
}

/**
 * Kysely over one open connection. Transactions are not Kysely's business here: the writer queue opens and ends them,
 * so `begin` through Kysely is refused.
 */
export function sqliteDialect(connection: SqliteConnection, guard: Guard): Dialect {
  return {
    createDriver: (): Driver => new SingleConnectionDriver(connection, guard),
    createQueryCompiler: (): QueryCompiler => new SqliteQueryCompiler(),
    createAdapter: (): DialectAdapter => new SqliteAdapter(),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new SqliteIntrospector(db),
  }
}

class SingleConnectionDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(connection: SqliteConnection, guard: Guard) {
    this.#connection = kyselyConnection(connection, guard)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async beginTransaction(): Promise<void> {
    throw new Error('Transactions are opened by Database.write')
  }

  async commitTransaction(): Promise<void> {
    throw new Error('Transactions are ended by Database.write')
  }

  async rollbackTransaction(): Promise<void> {
    throw new Error('Transactions are ended by Database.write')
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

function kyselyConnection(connection: SqliteConnection, guard: Guard): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      guard.check()
      const { rows, changes, insertId } = connection.run(query.sql, query.parameters)
      return { rows: rows as R[], numAffectedRows: BigInt(changes), insertId: BigInt(insertId) }
    },
    async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
      yield* []
      throw new Error('Read in pages instead of streaming a result')
    },
  }
}
