import { CompiledQuery } from 'kysely'
import type { Reader, Tx } from './database.ts'

export type SqlValue = string | number | null | Uint8Array
/** What `$1::bigint[]` or `$1::text[]` stands for. */
export type SqlList = readonly number[] | readonly string[]
type Parameter = SqlValue | SqlList

/** Runs against a reader or inside a transaction and resolves to the rows. */
export type Statement<Row> = (db: Reader | Tx, ...parameters: readonly Parameter[]) => Promise<Row[]>

/** Runs a statement with `?` at once. */
export type RunDirectly = (sql: string, parameters: readonly SqlValue[]) => Record<string, unknown>[]

const direct = new WeakMap<Reader | Tx, RunDirectly>()

/**
 * Lets statements of this handle past Kysely, whose way to a connection takes longer than SQLite takes to answer. Every
 * handle of SQLite is announced here.
 */
export function runDirectly(db: Reader | Tx, run: RunDirectly): void {
  direct.set(db, run)
}

/**
 * A statement written once for both databases, with parameters `$1`, `$2`, ... For what runs with every request: nothing
 * is put together or compiled when it runs. For SQLite the parameters become `?` in the order of the text. A list of any
 * length is one parameter: `id in $1::bigint[]`.
 */
export function statement<Row = Record<string, never>>(text: string): Statement<Row> {
  const order: number[] = []
  const forSqlite = text
    .replace(LIST, ' in (select value from json_each($$$1))')
    .replace(/\$(\d+)/g, (_, number: string) => {
      order.push(Number(number) - 1)
      return '?'
    })
  const forPostgres = text.replace(LIST, ' = any($$$1::$2[])')
  return async (db, ...parameters) => {
    const run = direct.get(db)
    if (run === undefined) return (await db.executeQuery<Row>(CompiledQuery.raw(forPostgres, [...parameters]))).rows
    return run(
      forSqlite,
      order.map((index) => plainValue(parameters[index] ?? null)),
    ) as Row[]
  }
}

const LIST = / in \$(\d+)::(\w+)\[\]/g

function plainValue(parameter: Parameter): SqlValue {
  return isList(parameter) ? JSON.stringify(parameter) : parameter
}

function isList(parameter: Parameter): parameter is SqlList {
  return Array.isArray(parameter)
}
