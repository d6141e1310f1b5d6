import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { damage } from '../helpers/damage.ts'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { runIn } from '../helpers/run-command.ts'
import { ADMIN_PASSWORD, createTestApp, type TestAnswer, type TestApp } from '../helpers/test-app.ts'

const FILES = '/remote.php/dav/files/admin'
const UPLOADS = '/remote.php/dav/uploads/admin'
const LARGE = randomBytes(40_000)

interface Report {
  readonly code: number
  readonly found: number
  readonly repaired: number
  readonly counts: Readonly<Record<string, number>>
  readonly messages: string
}

async function check(app: TestApp, ...options: string[]): Promise<Report> {
  const { code, out } = await runIn(app, 'files:check', '--output=json', ...options)
  const [line = ''] = out.split('\n')
  const report = JSON.parse(line)
  const messages = report.problems.map(({ message }: { message: string }) => message).join('\n')
  return { code, messages, found: report.found, repaired: report.repaired, counts: report.counts }
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`files:check on ${database}`, () => {
    let app: TestApp
    let treeId = 0
    const send = async (method: string, path: string, status: number, more = {}): Promise<TestAnswer> => {
      const url = path.startsWith('/remote.php') ? path : `${FILES}/${path}`
      const answer = await app.request({ method, url, as: ['admin', ADMIN_PASSWORD], ...more })
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text.slice(0, 300)}`)
      return answer
    }
    const idOf = async (path: string): Promise<number> => {
      const body =
        '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:fileid/></d:prop></d:propfind>'
      const { text } = await send('PROPFIND', path, 207, { body, headers: { depth: '0' } })
      return Number(/<oc:fileid>(\d+)</.exec(text)?.[1])
    }
    const rootEtag = async (): Promise<string> => {
      const { text } = await send('PROPFIND', '', 207, { headers: { depth: '0' } })
      return /<d:getetag>([^<]+)</.exec(text)?.[1] ?? ''
    }
    const keyOf = async (path: string): Promise<string> => {
      const row = await app.db.read
        .selectFrom('node')
        .innerJoin('blob', 'blob.id', 'node.blob_id')
        .select('blob.key')
        .where('node.id', '=', await idOf(path))
        .executeTakeFirstOrThrow()
      return row.key ?? ''
    }
    const fileOf = (key: string): string => join(app.dataFolder, 'blobs', key.slice(0, 2), key)

    beforeEach(async () => {
      app = await createTestApp({ database })
      await send('MKCOL', 'folder', 201)
      await send('MKCOL', 'folder/inner', 201)
      await send('PUT', 'folder/inner/small', 201, { body: 'small' })
      await send('PUT', 'folder/large', 201, { body: LARGE })
      const row = await app.db.read.selectFrom('tree').select('id').executeTakeFirstOrThrow()
      treeId = row.id
    })
    afterEach(() => app.close())
    after(stopSharedPostgres)

    /** Reports what was broken, repairs it in one go, and then finds nothing; clients are told by new etags. */
    const assertRepaired = async (counts: Record<string, number>, message: RegExp, options: string[] = []) => {
      const seen = await check(app, ...options)
      assert.deepEqual(seen.counts, counts, seen.messages)
      assert.match(seen.messages, message)
      assert.equal(seen.code, 1)
      assert.equal(seen.repaired, 0)
      const repaired = await check(app, '--repair', ...options)
      assert.equal(repaired.code, 0, repaired.messages)
      assert.equal(repaired.found, repaired.repaired)
      const now = await check(app, '--content')
      assert.equal(now.found, 0, now.messages)
    }

    test('nothing is wrong: exit code 0', async () => {
      const { code, out } = await runIn(app, 'files:check', '--content')
      assert.equal(code, 0, out)
      assert.match(out, /^2 files, 2 pieces of content, 0 problems\n$/)
    })

    test('a size that is not that of what is inside, of a folder and of a file', async () => {
      const before = await rootEtag()
      await damage(app, 'update node set size_bytes = size_bytes + 7 where id = $1', await idOf('folder'))
      await assertRepaired({ 'folder-size': 2 }, /Folder admin:\/folder says 40012 bytes, its members have 40005/)
      assert.notEqual(await rootEtag(), before)
      await damage(app, 'update node set size_bytes = 3 where id = $1', await idOf('folder/large'))
      await assertRepaired(
        { 'file-size': 1, 'folder-size': 1 },
        /admin:\/folder\/large says 3 bytes, its content has 40000/,
      )
      assert.match((await send('PROPFIND', 'folder', 207, { headers: { depth: '0' } })).text, /40005|40,005/)
    })

    test('a node whose folder is gone comes back in the root', async () => {
      await send('PUT', 'lost', 201, { body: 'lost' })
      await damage(app, 'update node set parent_id = 987654 where id = $1', await idOf('lost'))
      await assertRepaired(
        { 'cut-off': 1, 'folder-size': 1 },
        /File \d+ "lost" of tree \d+ hangs in a folder that is not/,
      )
      assert.equal((await send('GET', 'lost', 200)).text, 'lost')
    })

    test('folders that are inside of each other', async () => {
      await send('MKCOL', 'a', 201)
      await send('MKCOL', 'a/b', 201)
      await send('PUT', 'a/b/file', 201, { body: 'in a circle' })
      const [a, b] = [await idOf('a'), await idOf('a/b')]
      await damage(app, 'update node set parent_id = $1 where id = $2', b, a)
      await assertRepaired({ 'cut-off': 1, 'folder-size': 2 }, new RegExp(`inside of itself: ${a} in ${b}`))
      assert.equal((await send('GET', 'a/b/file', 200)).text, 'in a circle')
    })

    test('a node below a file, and one that is kept with another tree', async () => {
      await send('PUT', 'below', 201, { body: 'below' })
      await damage(app, 'update node set parent_id = $1 where id = $2', await idOf('folder/large'), await idOf('below'))
      await assertRepaired({ misplaced: 1, 'folder-size': 1 }, /File \d+ "below" of tree \d+ hangs below a file/)
      assert.equal((await send('GET', 'below', 200)).text, 'below')
      const { row } = await app.features.accounts.add({ userId: `stranger-${database}` }, 'test')
      await app.features.files.files.usedBytes(row.id)
      await app.features.files.files.find(row.id, [])
      const other = await app.db.read
        .selectFrom('tree')
        .select('id')
        .where('owner_account_id', '=', row.id)
        .executeTakeFirst()
      await damage(app, 'update node set tree_id = $1 where id = $2', other?.id ?? 0, await idOf('folder/inner'))
      await assertRepaired({ misplaced: 2 }, /"inner" of tree \d+ is kept with another tree than its folder/)
      assert.equal((await send('GET', 'folder/inner/small', 200)).text, 'small')
    })

    test('names that nobody can ask for, and two spellings of one name', async () => {
      await send('PUT', 'Caf%C3%A9', 201, { body: 'composed' })
      await send('PUT', 'two', 201, { body: 'decomposed' })
      const twin = await idOf('two')
      await damage(app, 'update node set name = $1 where id = $2', 'Cafe\u0301', twin)
      await assertRepaired({ name: 1 }, /"Cafe\u0301" of tree \d+ has a name that nobody can ask for/)
      assert.equal((await send('GET', 'Caf%C3%A9', 200)).text, 'composed')
      assert.equal((await send('GET', `Caf%C3%A9%20(${twin})`, 200)).text, 'decomposed')
      for (const [bad, good] of [
        ['a/b', 'a_b'],
        ['..', '_'],
        ['x'.repeat(300), 'x'.repeat(250)],
        ['bell\u0007', 'bell_'],
      ] as const) {
        await send('PUT', 'named', 201, { body: bad })
        await damage(app, 'update node set name = $1 where id = $2', bad, await idOf('named'))
        await assertRepaired({ name: 1 }, /has a name that nobody can ask for/)
        assert.equal((await send('GET', good, 200)).text, bad)
      }
    })

    test('a tree with two roots, or with none', async () => {
      await send('PUT', 'rooted', 201, { body: 'rooted' })
      await damage(app, 'update node set parent_id = null where id = $1', await idOf('rooted'))
      await assertRepaired({ root: 1, name: 1, 'folder-size': 1 }, new RegExp(`Tree ${treeId} has 2 roots`))
      assert.equal((await send('GET', 'rooted', 200)).text, 'rooted')
      const { row } = await app.features.accounts.add({ userId: `rootless-${database}` }, 'test')
      await app.features.files.files.find(row.id, [])
      const tree = await app.db.read
        .selectFrom('tree')
        .select('id')
        .where('owner_account_id', '=', row.id)
        .executeTakeFirst()
      await damage(app, 'delete from node where tree_id = $1', tree?.id ?? 0)
      await assertRepaired({ root: 1 }, new RegExp(`Tree ${tree?.id} has 0 roots`))
    })

    test('content that is missing or cut cannot be repaired, and is told with every file that has it', async () => {
      await send('PUT', 'gone', 201, { body: randomBytes(30_000) })
      await send('COPY', 'gone', 201, { headers: { destination: `http://cloud.test${FILES}/gone-too` } })
      const key = await keyOf('gone')
      truncateSync(fileOf(key), 100)
      const cut = await check(app, '--repair')
      assert.equal(cut.code, 1)
      assert.deepEqual(cut.counts, { 'damaged-content': 1 })
      assert.match(cut.messages, /admin:\/gone, admin:\/gone-too: content \w+ has 100 bytes in the store, not 30000/)
      await app.blobs.remove([key])
      const missing = await check(app, '--repair', '--content')
      assert.deepEqual(missing.counts, { 'missing-content': 1 })
      assert.equal(missing.repaired, 0)
      await send('DELETE', 'gone', 204)
      await send('DELETE', 'gone-too', 204)
      assert.equal((await check(app, '--content')).found, 0)
      await send('PUT', 'rowless', 201, { body: 'rowless' })
      await damage(app, 'delete from blob where id = (select blob_id from node where id = $1)', await idOf('rowless'))
      assert.match((await check(app)).messages, /admin:\/rowless: its content is not there/)
      await damage(app, 'update node set blob_id = null, size_bytes = 0 where id = $1', await idOf('rowless'))
      await assertRepaired({ 'folder-size': 1 }, /says/)
    })

    test('content that has changed is found when it is read', async () => {
      await send('PUT', 'rotten', 201, { body: randomBytes(30_000) })
      writeFileSync(fileOf(await keyOf('rotten')), randomBytes(30_000))
      assert.equal((await check(app)).found, 0)
      const read = await check(app, '--content', '--repair')
      assert.deepEqual([read.counts, read.code], [{ 'damaged-content': 1 }, 1])
      assert.match(read.messages, /admin:\/rotten: content \w+ has another checksum/)
      await send('DELETE', 'rotten', 204)
      await send('PUT', 'inline', 201, { body: 'inline' })
      const id = await idOf('inline')
      await damage(app, "update blob set content = 'INLINE' where id = (select blob_id from node where id = $1)", id)
      assert.match(
        (await check(app, '--content')).messages,
        /admin:\/inline: content in the database has another checksum/,
      )
      await damage(app, "update blob set content = 'IN' where id = (select blob_id from node where id = $1)", id)
      assert.match((await check(app)).messages, /admin:\/inline: content has 2 bytes in the database, not 6/)
      await send('DELETE', 'inline', 204)
      assert.equal((await check(app, '--content')).found, 0)
    })

    test('chunks that became a file: a part that is missing, cut, or changed', async () => {
      await send('MKCOL', `${UPLOADS}/parts`, 201)
      for (const name of ['1', '2']) await send('PUT', `${UPLOADS}/parts/${name}`, 201, { body: LARGE })
      await send('MOVE', `${UPLOADS}/parts/.file`, 201, { headers: { destination: `http://cloud.test${FILES}/parts` } })
      assert.equal((await check(app, '--content')).found, 0)
      const parts = await app.db.read.selectFrom('blob_part').select('key').orderBy('position').execute()
      writeFileSync(fileOf(parts[1]?.key ?? ''), randomBytes(LARGE.byteLength))
      assert.deepEqual((await check(app, '--content')).counts, { 'damaged-content': 1 })
      truncateSync(fileOf(parts[1]?.key ?? ''), 5)
      await app.blobs.remove([parts[0]?.key ?? ''])
      assert.deepEqual((await check(app)).counts, { 'missing-content': 1, 'damaged-content': 1 })
      await damage(app, 'delete from blob_part where position = 1')
      assert.match((await check(app)).messages, /admin:\/parts: content has 40000 bytes in the database, not 80000/)
      await send('DELETE', 'parts', 204)
      assert.equal((await check(app, '--content')).found, 0)
    })

    test('a checksum that is not that of the content is forgotten, so that downloads do not fail by it', async () => {
      const id = await idOf('folder/large')
      await damage(app, "update node set checksums = 'SHA1:0000000000000000000000000000000000000000' where id = $1", id)
      assert.equal((await check(app)).found, 0)
      await assertRepaired({ checksum: 1 }, /admin:\/folder\/large: SHA1:0+ is not the checksum of its content/, [
        '--content',
      ])
    })

    test('content that belongs to nothing: a row, or a piece in the store that is old enough', async () => {
      await damage(app, "insert into blob (content, size_bytes, crc32, created_at_ms) values ('unused', 6, 0, 0)")
      await assertRepaired({ 'unused-content': 1 }, /Content \d+ belongs to no file/)
      const key = randomBytes(16).toString('hex')
      await app.blobs.put(key, bytesOf(LARGE))
      assert.equal((await check(app)).found, 0, 'it may be on its way to its row')
      const old = new Date(Date.now() - 25 * 3_600_000)
      utimesSync(fileOf(key), old, old)
      await assertRepaired({ 'unknown-content': 1 }, new RegExp(`${key} is in the store and belongs to nothing`))
    })

    test('what is in use and noted as garbage is kept: of a file, of a part and of a chunk', async () => {
      await send('MKCOL', `${UPLOADS}/garbage`, 201)
      await send('PUT', `${UPLOADS}/garbage/1`, 201, { body: LARGE })
      const chunk = await app.db.read.selectFrom('upload_chunk').select('key').executeTakeFirstOrThrow()
      for (const key of [await keyOf('folder/large'), chunk.key]) {
        await damage(app, 'insert into blob_garbage (key, since_ms) values ($1, 0)', key)
      }
      await assertRepaired({ 'garbage-in-use': 2 }, /is in use and noted as garbage/)
      await send('DELETE', `${UPLOADS}/garbage`, 204)
    })

    test('an upload that has lost a chunk is given up, so that its client begins anew', async () => {
      for (const [name, options] of [
        ['missing', []],
        ['changed', ['--content']],
      ] as const) {
        await send('MKCOL', `${UPLOADS}/${name}`, 201)
        await send('PUT', `${UPLOADS}/${name}/1`, 201, { body: LARGE })
        const { key } = await app.db.read.selectFrom('upload_chunk').select('key').executeTakeFirstOrThrow()
        if (name === 'missing') await app.blobs.remove([key])
        else writeFileSync(fileOf(key), randomBytes(LARGE.byteLength))
        await assertRepaired({ upload: 1 }, /Chunk "1" of upload \d+: \w+ is (?:missing|damaged), so it has to be/, [
          ...options,
        ])
        await send('PROPFIND', `${UPLOADS}/${name}`, 404)
      }
    })

    test('a lock that nobody can find', async () => {
      const body =
        '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>'
      await send('LOCK', 'folder/large', 200, { body, headers: { 'content-type': 'application/xml' } })
      const other = await app.db.read.selectFrom('tree').select('id').where('id', '<>', treeId).executeTakeFirst()
      await damage(app, 'update file_lock set tree_id = $1', other?.id ?? 0)
      await assertRepaired({ lock: 1 }, /A lock of admin:\/folder\/large is kept with another tree/)
    })

    test('beside a busy server it sees nothing that is not there', async () => {
      let isBusy = true
      const client = async (name: string): Promise<void> => {
        await send('MKCOL', name, 201)
        for (let turn = 0; turn < 25; turn++) {
          const body = randomBytes(turn % 3 === 0 ? 30_000 : 200)
          await send('PUT', `${name}/file`, turn === 0 ? 201 : 204, { body })
          const destination = `http://cloud.test${FILES}/${name}/copy-${turn}`
          await send('COPY', `${name}/file`, 201, { headers: { destination } })
          if (turn % 2 === 1) await send('DELETE', `${name}/copy-${turn - 1}`, 204)
        }
        await send('DELETE', name, 204)
      }
      const work = Promise.all(['c1', 'c2', 'c3', 'c4'].map(client)).finally(() => {
        isBusy = false
      })
      let checks = 0
      while (isBusy) {
        const report = await app.features.files.checking.check({ readsContent: true, repairs: false })
        assert.deepEqual(report.problems, [])
        checks += 1
      }
      await work
      assert.ok(checks > 0)
    })
  })
}

test('a damaged SQLite file is told', async () => {
  const app = await createTestApp()
  await app.request({ method: 'PUT', url: `${FILES}/file`, as: ['admin', ADMIN_PASSWORD], body: 'content' })
  const database = new DatabaseSync(join(app.dataFolder, 'cloudlet.db'))
  // As if the file held what its own rules forbid.
  database.enableDefensive(false)
  database.exec(`pragma writable_schema = on;
    update sqlite_schema set sql = replace(sql, '"key" text', '"key" text not null')
    where name = 'blob'; pragma schema_version = 99999`)
  database.close()
  const { code, counts, messages } = await check(app, '--repair')
  assert.deepEqual([code, counts], [1, { database: 1 }])
  assert.match(messages, /The database file is damaged: NULL value in blob.key/)
  await app.close()
})

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
