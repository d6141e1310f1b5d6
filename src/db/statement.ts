import { CompiledQuery, SqliteAdapter } from 'kysely'
import type { Reader, Tx } from './database.ts'

export type SqlValue = string | number | null | Uint8Array

/** Runs against a reader or inside a transaction and resolves to the rows. */
export type Statement<Row> = (db: Reader | Tx, ...parameters: readonly SqlValue[]) => Promise<Row[]>

/**
 * A statement written once for both databases, with parameters `$1`, `$2`, ... For what runs with every request: nothing
 * is put together or compiled when it runs. For SQLite the parameters become `?` in the order of the text.
 */
export function statement<Row = Record<string, never>>(text: string): Statement<Row> {
  const order: number[] = []
  const positional = text.replace(/\$(\d+)/g, (_, number: string) => {
    order.push(Number(number) - 1)
    return '?'
  })
  return async (db, ...parameters) => {
    const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter
    const query = isSqlite
      ? CompiledQuery.raw(
          positional,
          order.map((index) => parameters[index]),
        )
      : CompiledQuery.raw(text, [...parameters])
    return (await db.executeQuery<Row>(query)).rows
  }
}
