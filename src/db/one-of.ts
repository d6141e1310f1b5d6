import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { DatabaseKind } from './database.ts'

/**
 * Whether a column of numbers is one of many. However many they are, they are one parameter, and the statement keeps its
 * text: both databases have a limit of parameters, and prepare anew what reads differently.
 */
export function isOneOf(kind: DatabaseKind, column: string, ids: readonly number[]): RawBuilder<SqlBool> {
  const name = sql.ref(column)
  return kind === 'sqlite'
    ? sql<SqlBool>`${name} in (select value from json_each(${JSON.stringify(ids)}))`
    : sql<SqlBool>`${name} = any(${ids}::bigint[])`
}
