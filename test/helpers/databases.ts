import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import type { DatabaseKind, Migration } from '../../src/db/database.ts'
import { type MigratableDatabase, migrate } from '../../src/db/migrator.ts'
import { openDatabase } from '../../src/db/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createPostgresDatabase, stopSharedPostgres } from './postgres.ts'

/** A database of one test, and how to open it once more, as another process would. */
export interface TestDatabase {
  readonly db: MigratableDatabase
  readonly folder: string
  readonly url: string | undefined
  reopen(): Promise<MigratableDatabase>
  close(): Promise<void>
}

export interface DatabaseSuite {
  readonly kind: DatabaseKind
  /** A new database with these steps applied. The caller closes it. */
  open(migrations: readonly Migration[]): Promise<TestDatabase>
}

/** One text of tests over both databases. */
export function forEachDatabase(name: string, define: (suite: DatabaseSuite) => void): void {
  for (const kind of ['sqlite', 'postgres'] as const) {
    describe(`${name} on ${kind}`, () => {
      define({ kind, open: (migrations) => openTestDatabase(kind, migrations) })
      after(stopSharedPostgres)
    })
  }
}

export async function openTestDatabase(kind: DatabaseKind, migrations: readonly Migration[]): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-test-'))
  const postgres = kind === 'postgres' ? await createPostgresDatabase() : undefined
  const open = (): Promise<MigratableDatabase> =>
    openDatabase({ url: postgres?.url, dataFolder: folder, log: silentLog })
  const db = await open()
  const others: MigratableDatabase[] = []
  await migrate(db, { migrations, backupFolder: join(folder, 'backups'), nowMs: 0, log: silentLog })
  return {
    db,
    folder,
    url: postgres?.url,
    async reopen() {
      const other = await open()
      others.push(other)
      return other
    },
    async close() {
      for (const other of others) await other.close()
      await db.close()
      await postgres?.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
