import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import type { TestApp } from './test-app.ts'

/**
 * Changes rows as no program of ours would, past every foreign key: as a disk, a restore or a hand in the database does.
 * Parameters are `$1`, `$2`, ...
 */
export async function damage(app: TestApp, statement: string, ...parameters: (string | number)[]): Promise<void> {
  const url = app.env['CLOUDLET_DATABASE_URL']
  if (url === undefined) {
    const database = new DatabaseSync(join(app.dataFolder, 'cloudlet.db'), {
      enableForeignKeyConstraints: false,
      timeout: 5_000,
    })
    const inOrder = [...statement.matchAll(/\$(\d)/g)].map(([, number]) => parameters[Number(number) - 1] ?? null)
    database.prepare(statement.replace(/\$\d/g, '?')).run(...inOrder)
    database.close()
    // What is read in this turn was read before (src/db/sqlite-turn.ts); other processes never share one with the server.
    await setImmediate()
    return
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("set session_replication_role = 'replica'")
  await client.query(statement, parameters)
  await client.end()
}
