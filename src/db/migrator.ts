import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Fault } from '../lib/fault.ts'
import type { Log } from '../lib/log.ts'
import type { Database, Migration, Tx } from './database.ts'
import { connectSqlite } from './sqlite-connection.ts'

declare module './database.ts' {
  interface Tables {
    schema_migration: { name: string; applied_at_ms: number }
  }
}

export interface MigrateOptions {
  readonly migrations: readonly Migration[]
  /** Where the copy of an SQLite database goes before it is changed. */
  readonly backupFolder: string
  readonly nowMs: number
  readonly log: Log
}

/** The database before migration, with what only SQLite offers. */
export type MigratableDatabase = Database & { backupTo?(file: string): Promise<void> }

const COPIES_KEPT = 5
/** Any number, the same in every process, under which PostgreSQL lets one of them migrate at a time. */
const MIGRATION_LOCK = 4_202_611_240

/**
 * Brings the schema from any older release to this one, in one transaction: a failure changes nothing. An SQLite
 * database that holds data is copied first. Throws Fault `unavailable` when a newer release has written the database, or
 * when a step fails.
 */
export async function migrate(db: MigratableDatabase, options: MigrateOptions): Promise<void> {
  const ordered = inOrder(options.migrations)
  const appliedBefore = await appliedNames(db)
  refuseNewer(appliedBefore, ordered)
  const pending = ordered.filter(({ name }) => !appliedBefore.has(name))
  if (pending.length === 0) return
  if (appliedBefore.size > 0 && db.backupTo !== undefined) await copyFirst(db.backupTo, appliedBefore, options)
  await db.write(async (tx) => {
    if (db.kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(tx)
    await createMigrationTables(tx)
    const applied = new Set((await tx.selectFrom('schema_migration').select('name').execute()).map((row) => row.name))
    refuseNewer(applied, ordered)
    for (const migration of ordered) {
      if (!applied.has(migration.name)) await runMigration(tx, migration, db.kind, options.nowMs)
    }
  })
  options.log.info({ migrations: pending.map(({ name }) => name) }, 'The database was brought up to date')
}

function inOrder(migrations: readonly Migration[]): Migration[] {
  const ordered = migrations.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const [index, { name }] of ordered.entries()) {
    if (name === ordered[index + 1]?.name) throw new Error(`Two migrations are called ${name}`)
  }
  return ordered
}

async function appliedNames(db: Database): Promise<Set<string>> {
  if (!(await hasMigrationTable(db))) return new Set()
  const rows = await db.read.selectFrom('schema_migration').select('name').execute()
  return new Set(rows.map((row) => row.name))
}

async function hasMigrationTable(db: Database): Promise<boolean> {
  const query =
    db.kind === 'sqlite'
      ? sql<{
          found: number
        }>`select count(*) as found from sqlite_master where type = 'table' and name = 'schema_migration'`
      : sql<{
          found: number
        }>`select count(*) as found from information_schema.tables where table_schema = current_schema() and table_name = 'schema_migration'`
  const { rows } = await query.execute(db.read)
  return Number(rows[0]?.found) > 0
}

function refuseNewer(applied: ReadonlySet<string>, known: readonly Migration[]): void {
  const unknown = [...applied].filter((name) => !known.some((migration) => migration.name === name))
  if (unknown.length === 0) return
  throw new Fault(
    'unavailable',
    `This data was written by a newer Cloudlet (it has ${unknown.join(', ')}). Start that version, or put back the copy it made before its update. Nothing was changed`,
    { reason: 'newer-schema' },
  )
}

async function createMigrationTables(tx: Tx): Promise<void> {
  await tx.schema
    .createTable('schema_migration')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await tx.schema
    .createTable('change_stamp')
    .ifNotExists()
    .addColumn('topic', 'text', (column) => column.primaryKey())
    .addColumn('stamp', 'bigint', (column) => column.notNull())
    .execute()
}

async function runMigration(tx: Tx, migration: Migration, kind: Database['kind'], nowMs: number): Promise<void> {
  try {
    await migration.up(tx, kind)
    await tx.insertInto('schema_migration').values({ name: migration.name, applied_at_ms: nowMs }).execute()
  } catch (error) {
    throw new Fault(
      'unavailable',
      `The database could not be brought up to date: step ${migration.name} failed: ${(error as Error).message}. Nothing was changed; the version before still works`,
      { reason: 'migration-failed' },
      { cause: error },
    )
  }
}

async function copyFirst(
  backupTo: (file: string) => Promise<void>,
  applied: ReadonlySet<string>,
  { backupFolder, nowMs, log }: MigrateOptions,
): Promise<void> {
  mkdirSync(backupFolder, { recursive: true, mode: 0o700 })
  const time = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')
  const file = join(backupFolder, `before-update-${time}-${[...applied].toSorted().at(-1)}.db`)
  await backupTo(file)
  const copy = openSync(file, 'r+')
  fsyncSync(copy)
  closeSync(copy)
  checkCopy(file)
  log.info({ file }, 'The database was copied before its update')
  removeOldCopies(backupFolder)
}

function checkCopy(file: string): void {
  const copy = connectSqlite(file, true)
  try {
    const [first] = copy.run('pragma quick_check', []).rows
    if (first?.['quick_check'] !== 'ok')
      throw new Fault('unavailable', `The copy ${file} is damaged. Nothing was changed`)
  } finally {
    copy.close()
  }
}

function removeOldCopies(folder: string): void {
  const copies = readdirSync(folder)
    .filter((name) => /^before-update-.*\.db$/.test(name))
    .toSorted()
  for (const name of copies.slice(0, -COPIES_KEPT)) rmSync(join(folder, name))
}
