import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Tx } from '../../src/db/database.ts'
import { migrate } from '../../src/db/migrator.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { createCheckpoint } from '../../src/db/sqlite-checkpoint.ts'
import { connectSqlite, type SqliteConnection } from '../../src/db/sqlite-connection.ts'
import { createSqliteWriter } from '../../src/db/sqlite-writer.ts'
import { Fault } from '../../src/lib/fault.ts'
import { silentLog } from '../../src/lib/log.ts'
import { addNote as add, notes } from './notes.ts'

test('no write resolves before the sync that follows its commit, and many share one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-sync-'))
  let syncs = 0
  let gate = Promise.resolve()
  const db = openSqlite({
    file: join(folder, 'test.db'),
    sync: () => {
      syncs += 1
      return gate
    },
  })
  await migrate(db, { migrations: [notes], backupFolder: folder, nowMs: 0, log: silentLog })
  const closed = Promise.withResolvers<void>()
  gate = closed.promise
  const before = syncs
  let done = 0
  const writes = Array.from({ length: 50 }, (_, id) => db.write((tx) => add(tx, id)).then(() => (done += 1)))
  while ((await db.read.selectFrom('note').select('id').execute()).length < 50) await setTimeout(5)
  assert.equal(done, 0, 'all are committed, but nobody is told before the sync')
  closed.resolve()
  await Promise.all(writes)
  assert.ok(syncs - before <= 2, `${syncs - before} syncs for 50 writers`)
  await db.close()
  rmSync(folder, { recursive: true })
})

test('whoever comes during a sync shares the next commit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-sync-'))
  const commits: number[] = []
  let gate = Promise.resolve()
  const db = openSqlite({
    file: join(folder, 'test.db'),
    sync: () => gate,
    onCommit: (writers) => commits.push(writers),
  })
  await migrate(db, { migrations: [notes], backupFolder: folder, nowMs: 0, log: silentLog })
  const closed = Promise.withResolvers<void>()
  gate = closed.promise
  commits.length = 0
  const writes = [db.write((tx) => add(tx, 0))]
  while (commits.length === 0) await setTimeout(1)
  for (let id = 1; id <= 5; id++) {
    writes.push(db.write((tx) => add(tx, id)))
    await setTimeout(1)
  }
  const failing = db.write(async () => {
    throw new Error('changed my mind')
  })
  await assert.rejects(failing, /changed my mind/, 'told at once, whatever the others wait for')
  assert.deepEqual(commits, [1])
  closed.resolve()
  await Promise.all(writes)
  assert.deepEqual(commits, [1, 5])
  await db.close()
  rmSync(folder, { recursive: true })
})

/** Changes when the log begins anew. */
const generationOf = (file: string): string => readFileSync(`${file}-wal`).subarray(16, 24).toString('hex')

const addMuch = (tx: Tx, id: number): Promise<unknown> =>
  tx
    .insertInto('note')
    .values({ id, text: 'x'.repeat(5_000_000), parent_id: null })
    .execute()

test('the log begins anew only when the database is durable, for other processes too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-checkpoint-'))
  const file = join(folder, 'test.db')
  const syncs: PromiseWithResolvers<void>[] = []
  const syncDatabase = (): Promise<void> => {
    const sync = Promise.withResolvers<void>()
    syncs.push(sync)
    return sync.promise
  }
  const commits: number[] = []
  const db = openSqlite({ file, syncDatabase, onCommit: (writers) => commits.push(writers) })
  await migrate(db, { migrations: [notes], backupFolder: folder, nowMs: 0, log: silentLog })
  await db.write((tx) => addMuch(tx, 1))
  while (syncs.length === 0) await setTimeout(1)
  const before = generationOf(file)
  const other = openSqlite({ file })
  await other.write((tx) => add(tx, 2))
  await other.close()
  assert.equal(generationOf(file), before, 'the other one has added to the log')
  commits.length = 0
  const waiting = db.write((tx) => add(tx, 3))
  await setTimeout(20)
  assert.deepEqual(commits, [], 'nor do we begin it anew')
  assert.equal((await db.read.selectFrom('note').select('id').execute()).length, 2, 'reading goes on')
  syncs[0]?.resolve()
  await waiting
  // What the other one has added is moved with the next round.
  const last = db.write((tx) => addMuch(tx, 4))
  while (syncs.length === 1) await setTimeout(1)
  syncs[1]?.resolve()
  await last
  await db.write((tx) => add(tx, 5))
  assert.notEqual(generationOf(file), before)
  await db.close()
  assert.ok(!existsSync(`${file}-wal`), 'all is in the database')
  rmSync(folder, { recursive: true })
})

test('when the database cannot be synced nothing is written any more, and the log stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-checkpoint-'))
  const file = join(folder, 'test.db')
  const db = openSqlite({ file, syncDatabase: () => Promise.reject(new Error('EIO')) })
  await migrate(db, { migrations: [notes], backupFolder: folder, nowMs: 0, log: silentLog })
  await db.write((tx) => addMuch(tx, 1))
  await assert.rejects(
    db.write((tx) => add(tx, 2)),
    (error) => error instanceof Fault && error.kind === 'unavailable',
  )
  await db.close()
  assert.ok(existsSync(`${file}-wal`))
  // As after a power cut that took what was written into the database.
  const copy = join(folder, 'copy.db')
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  truncateSync(copy, 4_096)
  const again = openSqlite({ file: copy })
  assert.deepEqual(await again.read.selectFrom('note').select('id').execute(), [{ id: 1 }])
  await again.close()
  rmSync(folder, { recursive: true })
})

test('after a failed sync nothing is written any more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-sync-'))
  let fails = false
  const db = openSqlite({
    file: join(folder, 'test.db'),
    sync: () => (fails ? Promise.reject(new Error('EIO')) : Promise.resolve()),
  })
  await migrate(db, { migrations: [notes], backupFolder: folder, nowMs: 0, log: silentLog })
  fails = true
  const isUnavailable = (error: unknown): boolean => error instanceof Fault && error.kind === 'unavailable'
  await assert.rejects(
    db.write((tx) => add(tx, 1)),
    isUnavailable,
  )
  fails = false
  await assert.rejects(
    db.write((tx) => add(tx, 2)),
    isUnavailable,
  )
  await db.close()
  rmSync(folder, { recursive: true })
})

test('the header of a log that begins anew is synced by SQLite itself (bug class: old pages after a power cut)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-sync-'))
  const connection = connectSqlite(join(folder, 'test.db'), false)
  connection.exec('pragma journal_mode = wal; create table note (id integer primary key)')
  const said: string[] = []
  const recorded: SqliteConnection = {
    ...connection,
    exec(sql) {
      said.push(sql)
      connection.exec(sql)
    },
  }
  let isNew = true
  const checkpoint = { isDue: () => false, logMayBeginAnew: () => isNew, run: async () => {} }
  const writer = createSqliteWriter({ connection: recorded, sync: async () => {}, checkpoint, onCommit: () => {} })
  const write = (): Promise<void> => writer.write(async () => {})
  await write()
  const around = said.filter((sql) => /^(?:pragma|begin|commit)/.test(sql))
  assert.deepEqual(around, ['pragma synchronous = normal', 'begin immediate', 'commit', 'pragma synchronous = off'])
  isNew = false
  said.length = 0
  await write()
  assert.ok(!said.some((sql) => sql.startsWith('pragma')), 'while the log goes on, every sync is ours')
  await writer.end()
  connection.close()
  rmSync(folder, { recursive: true })
})

test('SQLite says when a log may begin anew: never before its pages are in the database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-sync-'))
  const file = join(folder, 'test.db')
  const [writer, holder] = [connectSqlite(file, false), connectSqlite(file, false)]
  writer.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table change_stamp (topic text)')
  const checkpoint = createCheckpoint({ writer, holder, syncDatabase: async () => {} })
  assert.equal(checkpoint.logMayBeginAnew(), false)
  await checkpoint.run()
  assert.equal(checkpoint.logMayBeginAnew(), true)
  writer.exec("insert into change_stamp values ('x')")
  assert.equal(checkpoint.logMayBeginAnew(), false)
  checkpoint.close()
  writer.close()
  rmSync(folder, { recursive: true })
})
