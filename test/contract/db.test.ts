import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { lockDataFolder } from '../../src/db/data-folder.ts'
import type { Migration, Tx } from '../../src/db/database.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../src/db/errors.ts'
import { migrate } from '../../src/db/migrator.ts'
import { statement } from '../../src/db/statement.ts'
import { Fault } from '../../src/lib/fault.ts'
import { silentLog } from '../../src/lib/log.ts'
import { forEachDatabase, openTestDatabase } from '../helpers/databases.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { addNote as add, notes } from './notes.ts'

forEachDatabase('the database', ({ kind, open }) => {
  test('a write that comes the moment another has failed is not forgotten', async () => {
    const { db, close } = await open([notes])
    const failing = (): Promise<void> =>
      db.write(async () => {
        throw new Error('changed my mind')
      })
    // However many turns lie between the two, each of these once hit the very end of the writers' loop.
    for (let turns = 0; turns < 12; turns++) {
      await failing().catch(() => {})
      for (let turn = 0; turn < turns; turn++) await undefined
      await db.write((tx) => add(tx, turns))
    }
    await close()
  })

  test('a write is there when it resolves, and a failed one leaves nothing', async () => {
    const { db, close } = await open([notes])
    await db.write((tx) => add(tx, 1))
    await assert.rejects(
      db.write(async (tx) => {
        await add(tx, 2)
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.deepEqual(
      (await db.read.selectFrom('note').selectAll().execute()).map((row) => ({ ...row })),
      [{ id: 1, text: 'note 1 ☁', parent_id: null }],
    )
    await close()
  })

  test('writers at the same time do not disturb each other', async () => {
    const { db, close } = await open([notes])
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) =>
        db.write(async (tx) => {
          await add(tx, index)
          if (index % 3 === 0) await add(tx, index)
        }),
      ),
    )
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 20)
    for (const result of results) if (result.status === 'rejected') assert.ok(isUniqueViolation(result.reason))
    assert.equal((await db.read.selectFrom('note').select('id').execute()).length, 40)
    await close()
  })

  test('a broken reference is told apart from a second key', async () => {
    const { db, close } = await open([notes])
    await assert.rejects(
      db.write((tx) => add(tx, 1, 99)),
      (error) => isForeignKeyViolation(error) && !isUniqueViolation(error),
    )
    await close()
  })

  test('a reader cannot write', async () => {
    const { db, close } = await open([notes])
    await assert.rejects(db.read.insertInto('note').values({ id: 1, text: '', parent_id: null }).execute())
    await close()
  })

  test('a write inside a write is refused instead of waiting for itself', async () => {
    const { db, close } = await open([notes])
    await assert.rejects(
      db.write(() => db.write((tx) => add(tx, 1))),
      /wait for itself/,
    )
    await close()
  })

  test('integers that a number cannot hold are refused', async () => {
    const { db, close } = await open([notes])
    await assert.rejects(async () => {
      await db.write((tx) => add(tx, 2 ** 60))
      await db.read.selectFrom('note').selectAll().execute()
    })
    await close()
  })

  test('a statement takes its parameters in any order, and a list as one of them', async () => {
    const { db, close } = await open([notes])
    await db.write(async (tx) => {
      for (let id = 1; id <= 4; id++) await add(tx, id)
    })
    const find = statement<{ id: number }>(
      'select id from note where text <> $2 and id in $1::bigint[] and text in $3::text[] order by id',
    )
    const texts = ['note 1 ☁', 'note 2 ☁', 'note 3 ☁', '"]']
    assert.deepEqual(await find(db.read, [1, 3, 4, 99], 'note 1 ☁', texts), [{ id: 3 }])
    assert.deepEqual(await find(db.read, [], '', texts), [])
    const remove = statement<{ id: number }>('delete from note where id in $1::bigint[] returning id')
    assert.deepEqual(await db.write((tx) => remove(tx, [2])), [{ id: 2 }])
    let kept: Tx | undefined
    await db.write(async (tx) => {
      kept = tx
    })
    const useKept = async (): Promise<unknown> => kept !== undefined && remove(kept, [1])
    await assert.rejects(useKept, 'a transaction that has ended')
    const ended = Promise.withResolvers<void>()
    const other = db.write(() => ended.promise)
    await setTimeout(5)
    await assert.rejects(useKept, 'a transaction that has ended, while somebody else writes')
    ended.resolve()
    await other
    assert.deepEqual(await find(db.read, [1], '', texts), [{ id: 1 }])
    await close()
  })

  test('a statement with a star sees the columns of a later migration', async () => {
    const { db, close } = await open([notes])
    await db.write((tx) => add(tx, 1))
    const all = statement('select * from note')
    assert.deepEqual(Object.keys((await all(db.read))[0] ?? {}), ['id', 'text', 'parent_id'])
    await db.write((tx) => sql`alter table note add column more text`.execute(tx))
    assert.deepEqual(Object.keys((await all(db.read))[0] ?? {}), ['id', 'text', 'parent_id', 'more'])
    await close()
  })

  test('a stamp moves with its change, in every open handle', async () => {
    const { db, close, reopen } = await open([notes])
    const other = await reopen()
    const [before, beforeElsewhere] = [db.stamps.of('topic'), other.stamps.of('topic')]
    assert.equal(db.stamps.of('topic'), before)
    await db.write((tx) => db.stamps.bump(tx, 'topic'))
    assert.notEqual(db.stamps.of('topic'), before)
    for (let wait = 0; wait < 100 && other.stamps.of('topic') === beforeElsewhere; wait++) await setTimeout(20)
    assert.notEqual(other.stamps.of('topic'), beforeElsewhere)
    await close()
  })

  test('a migration that fails changes nothing, and an older database comes up to date in one start', async () => {
    const { db, folder, close } = await open([notes])
    await db.write((tx) => add(tx, 1))
    const options = { backupFolder: join(folder, 'copies'), nowMs: 1_000, log: silentLog }
    const second: Migration = {
      name: '20260102-second',
      async up(tx) {
        await tx.schema.alterTable('note').addColumn('second', 'text').execute()
      },
    }
    const failing: Migration = {
      name: '20260103-failing',
      async up() {
        throw new Error('no')
      },
    }
    await assert.rejects(migrate(db, { ...options, migrations: [notes, second, failing] }), (error) => {
      return (
        error instanceof Fault &&
        error.detail.reason === 'migration-failed' &&
        error.message.includes('20260103-failing')
      )
    })
    await migrate(db, { ...options, nowMs: 2_000, migrations: [notes, second] })
    assert.equal((await db.read.selectFrom('note').selectAll().execute()).length, 1)
    assert.equal((await db.read.selectFrom('schema_migration').selectAll().execute()).length, 2)
    if (kind === 'sqlite')
      assert.equal(readdirSync(options.backupFolder).filter((name) => name.endsWith('.db')).length, 2)
    await close()
  })

  test('a database of a newer release is refused', async () => {
    const { db, folder, close } = await open([notes])
    await assert.rejects(
      migrate(db, { migrations: [], backupFolder: join(folder, 'copies'), nowMs: 0, log: silentLog }),
      (error) => error instanceof Fault && error.detail.reason === 'newer-schema',
    )
    await close()
  })
})

test('a second server on the same folder is refused, also from another process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-lock-'))
  const script = `import { lockDataFolder } from '${join(import.meta.dirname, '../../src/db/data-folder.ts')}'
lockDataFolder(process.argv[1]); process.stdout.write('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  assert.throws(
    () => lockDataFolder(folder),
    (error) => error instanceof Fault && error.kind === 'conflict',
  )
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  lockDataFolder(folder).release()
  rmSync(folder, { recursive: true })
})

const WRITER = `
import { openDatabase } from '${join(import.meta.dirname, '../../src/db/open.ts')}'
const [folder, url] = process.argv.slice(1)
const log = { debug() {}, info() {}, warn() {}, error() {} }
const db = await openDatabase({ dataFolder: folder, url: url || undefined, log })
let id = 0
const loop = async () => {
  for (;;) {
    const mine = id++
    // Two rows that belong together: never one without the other.
    await db.write(async (tx) => {
      await tx.insertInto('note').values({ id: 2 * mine, text: 'first', parent_id: null }).execute()
      await tx.insertInto('note').values({ id: 2 * mine + 1, text: 'second', parent_id: 2 * mine }).execute()
    })
    process.stdout.write(mine + '\\n')
  }
}
await Promise.all(Array.from({ length: 8 }, loop))
`

forEachDatabase('a process that is killed', ({ open }) => {
  test('has written all it acknowledged, and nothing by halves', async () => {
    const { db, folder, url, close } = await open([notes])
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', WRITER, folder, url ?? ''], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = ''
    child.stdout.on('data', (data) => {
      told += data
      if (told.length > 2_000) child.kill('SIGKILL')
    })
    await new Promise((resolve) => child.once('close', resolve))
    const acknowledged = told.split('\n').slice(0, -1).map(Number)
    assert.ok(acknowledged.length > 100)
    const rows = await db.read.selectFrom('note').select(['id', 'parent_id']).execute()
    const ids = new Set(rows.map((row) => row.id))
    for (const id of acknowledged) assert.ok(ids.has(2 * id), `write ${id} was acknowledged and is gone`)
    for (const id of ids) assert.ok(ids.has(id ^ 1), `row ${id} is alone`)
    await close()
  })
})

test('while PostgreSQL cannot be listened to nothing is taken from memory, and afterwards all is heard again', async () => {
  const { db, url, close, reopen } = await openTestDatabase('postgres', [notes])
  const other = await reopen()
  const before = other.stamps.of('topic')
  assert.equal(other.stamps.of('topic'), before)
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await admin.end()
  // While nothing can be heard no two looks are the same.
  const isHearing = (): boolean => {
    const look = other.stamps.of('topic')
    return other.stamps.of('topic') === look
  }
  await until(() => other.stamps.of('topic') !== before)
  await until(isHearing)
  assert.notEqual(other.stamps.of('topic'), before, 'what was remembered before the gap never holds again')
  const after = other.stamps.of('topic')
  await until(async () => {
    await db.write((tx) => db.stamps.bump(tx, 'topic')).catch(() => {})
    return other.stamps.of('topic') !== after
  })
  await close()
  await stopSharedPostgres()
})

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (await isTrue()) return
    await setTimeout(20)
  }
  assert.fail('it never happened')
}
