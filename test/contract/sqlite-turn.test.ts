import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { openSqlite, type SqliteDatabase } from '../../src/db/sqlite.ts'
import { statement } from '../../src/db/statement.ts'

interface Opened {
  readonly db: SqliteDatabase
  /** Another connection to the file, as another process has one. */
  readonly other: DatabaseSync
  count(): Promise<number>
}

async function opened(t: TestContext): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-turn-'))
  const file = join(folder, 'cloudlet.db')
  const db = openSqlite({ file })
  const other = new DatabaseSync(file, { timeout: 5_000 })
  t.after(async () => {
    other.close()
    await db.close()
    rmSync(folder, { recursive: true })
  })
  await db.write((tx) => sql`create table note (text text)`.execute(tx))
  const counting = statement<{ count: number }>('select count(*) as count from note')
  return { db, other, count: async () => (await counting(db.read))[0]?.count ?? -1 }
}

test('a commit of this process is seen by the next read', async (t) => {
  const { db, count } = await opened(t)
  for (let made = 1; made <= 20; made++) {
    assert.equal(await count(), made - 1)
    await db.write((tx) => sql`insert into note values ('a')`.execute(tx))
    assert.equal(await count(), made)
  }
})

test('a commit of another process is seen in the next turn at the latest, also by stamps', async (t) => {
  const { db, other, count } = await opened(t)
  assert.equal(await count(), 0)
  assert.equal(db.stamps.of('notes'), 0)
  other.exec("insert into note values ('b'); insert into change_stamp values ('notes', 7)")
  await setImmediate()
  assert.equal(await count(), 1)
  assert.equal(db.stamps.of('notes'), 7)
})

test('all reads of a turn are of one moment', async (t) => {
  const { db, other, count } = await opened(t)
  const before = await count()
  other.exec("insert into note values ('c')")
  assert.equal(await count(), before)
  assert.equal(db.stamps.of('notes'), 0)
})

test('after its turn nobody keeps the log from beginning anew', async (t) => {
  const { other, count } = await opened(t)
  await count()
  await setImmediate()
  const moved = other.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
  assert.equal(moved.busy, 0)
})

test('a read that fails leaves nothing open', async (t) => {
  const { db, other, count } = await opened(t)
  await assert.rejects(sql`select * from absent`.execute(db.read), /no such table/)
  await setImmediate()
  other.exec("insert into note values ('d')")
  assert.equal(await count(), 1)
})
