import { sql } from 'kysely'
import type { Reader } from '../../src/db/database.ts'

/** Every row of every table but those named, in an order that does not depend on anything. */
export async function dumpDatabase(db: Reader, without: readonly string[]): Promise<Record<string, readonly string[]>> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name).filter((name) => !without.includes(name))
  const dump: Record<string, readonly string[]> = {}
  for (const table of tables.toSorted()) {
    const { rows } = await sql<object>`select * from ${sql.table(table)}`.execute(db)
    dump[table] = rows
      .map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
      .toSorted()
  }
  return dump
}
