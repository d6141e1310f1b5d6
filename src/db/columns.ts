import { type CreateTableBuilder, type Expression, sql } from 'kysely'
import type { DatabaseKind } from './database.ts'

/** A primary key that the database counts up and never gives out twice. */
export function bigIdentity<Table extends string, Columns extends string, Name extends string>(
  table: CreateTableBuilder<Table, Columns>,
  name: Name,
  kind: DatabaseKind,
): CreateTableBuilder<Table, Columns | Name> {
  return kind === 'sqlite'
    ? table.addColumn(name, 'integer', (column) => column.primaryKey().autoIncrement())
    : table.addColumn(name, 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
}

/** The type of a column that holds bytes. */
export function bytesType(kind: DatabaseKind): 'blob' | 'bytea' {
  return kind === 'sqlite' ? 'blob' : 'bytea'
}

/** Text that is compared byte by byte, so that both databases sort it alike. */
export function orderedTextType(kind: DatabaseKind): Expression<unknown> | 'text' {
  return kind === 'postgres' ? sql`text collate "C"` : 'text'
}
