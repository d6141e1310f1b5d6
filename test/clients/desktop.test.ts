import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { type ClientServer, missing, PASSWORD, run, startServer, USER } from './client.ts'
import { assertMethods, bytesBy, type Listener, listenTo, type Seen } from './proxy.ts'
import { type Webdav, webdavOf } from './webdav.ts'

const NEXTCLOUDCMD = '/usr/bin/nextcloudcmd'
const skip = missing(NEXTCLOUDCMD, 'nextcloud-desktop-cmd')

const FILES = `/remote.php/dav/files/${USER}/`
const UPLOADS = `/remote.php/dav/uploads/${USER}/`

const NAMES = [
  'plain.txt',
  'ünïcödé ☃ 😀👩‍💻.txt',
  'a b  c & d;e=f.txt',
  '100% #1 + 2.txt',
  '%41%2f%00.txt',
  "it's [here] {now} (too)~!@$^,.txt",
  'deep/er/and/deeper/日本語.txt',
  '.hidden',
  '.dots/..two/...three',
  'trailing dot.',
  'no extension',
  'UPPER and lower/Case.txt',
  'UPPER and lower/case.txt',
  'UPPER and lower/CASE.TXT',
  `${'long'.repeat(60)}.txt`,
  `${'長'.repeat(78)}.txt`,
  'empty',
  'nfc \u00e9.txt',
  'nfd e\u0301.txt',
]
/** Beyond the client's first chunk size, so that it goes in chunks. */
const LARGE_BYTES = 110 * 1024 * 1024
/** More often than the network library of the client tries again by itself, without a word to the client. */
const BREAKS = 2

interface Scene {
  readonly server: ClientServer
  readonly listener: Listener
  readonly webdav: Webdav
  /** Folders of two computers. */
  readonly one: string
  readonly other: string
  /** Brings a folder and the server together; resolves to what went over the wire. */
  sync(folder: string): Promise<readonly Seen[]>
  /** The same, when something is expected to go wrong; resolves to whether it did not. */
  trySync(folder: string): Promise<boolean>
}

async function createScene(t: TestContext, database: 'sqlite' | 'postgres'): Promise<Scene> {
  const server = await startServer(t, { database })
  const listener = await listenTo(t, server.url)
  const [one, other] = ['one', 'other'].map((name) => join(server.folder, name)) as [string, string]
  for (const folder of [one, other]) mkdirSync(folder)
  const runClient = (folder: string) => {
    const args = ['--non-interactive', '-h', '--user', USER, '--password', PASSWORD, folder, listener.url]
    return run(NEXTCLOUDCMD, args, { folder: server.folder, env: { QT_QPA_PLATFORM: 'offscreen' } })
  }
  return {
    server,
    listener,
    webdav: webdavOf(server),
    one,
    other,
    sync: (folder) =>
      listener.during(async () => {
        const { code, out } = await runClient(folder)
        assert.equal(code, 0, out.slice(-4_000))
      }),
    trySync: async (folder) => (await runClient(folder)).code === 0,
  }
}

/** Content by path. What the client keeps for itself is left out. */
function contentOf(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^\.(?:sync_|_sync_|owncloudsync|nextcloudsync)/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    found.set(path.slice(folder.length + 1).normalize(), readFileSync(path, 'latin1'))
  }
  return found
}

function assertSame(one: string, other: string): void {
  const [first, second] = [contentOf(one), contentOf(other)]
  assert.deepEqual([...second.keys()].sort(), [...first.keys()].sort())
  for (const [name, content] of first) assert.ok(second.get(name) === content, name)
}

function writeTree(folder: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), name === 'empty' ? '' : `content of ${name}\n`)
  }
}

function writeLarge(path: string): void {
  const large = Buffer.alloc(LARGE_BYTES)
  for (let at = 0; at < LARGE_BYTES; at += 4_096) large.writeUInt32LE(at, at)
  writeFileSync(path, large)
}

/** As if half a minute went by: so long the client leaves a file alone that it could not fetch. */
function forgetFailures(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => /^\.sync_\w+\.db$/.test(each))) {
    const journal = new DatabaseSync(join(folder, name))
    journal.exec('delete from blacklist')
    journal.close()
  }
}

/** What every run begins with, whatever there is to do: what the server is and can, and who the user is. */
const isGreeting = ({ path }: Seen): boolean => /^\/(?:status\.php$|ocs\/)/.test(path)
const line = ({ method, path }: Seen): string => `${method} ${path}`
const bodiesOfFiles = (seen: readonly Seen[]): number =>
  bytesBy('PUT', seen) +
  seen.reduce(
    (sum, one) => sum + (one.method === 'GET' && one.path.startsWith('/remote.php/') ? one.answeredBytes : 0),
    0,
  )

forEachDatabase('the desktop client', ({ kind: database }) => {
  test('two computers keep the same files, with every name that there can be, and a large one in chunks', {
    skip,
  }, async (t) => {
    const { server, webdav, one, other, sync } = await createScene(t, database)
    writeTree(one, NAMES)
    writeLarge(join(one, 'large.bin'))
    const up = await sync(one)
    const chunks = up.filter(({ method, path }) => method === 'PUT' && path.startsWith(UPLOADS))
    assert.ok(chunks.length > 1, 'the large file has come in chunks')
    assert.equal(bytesBy('PUT', chunks), LARGE_BYTES)
    assert.equal(up.filter(({ method, path }) => method === 'MOVE' && path.endsWith('/.file')).length, 1)
    assert.ok(!up.some(({ status }) => status >= 500))
    await sync(other)
    const names = NAMES.map((name) => name.normalize())
    assert.deepEqual([...contentOf(other).keys()].sort(), [...names, 'large.bin'].sort())
    assertSame(one, other)

    // It looks once more at the folders that it has changed itself.
    const settling = await sync(one)
    assertMethods(settling, ['GET', 'PROPFIND'])
    assert.equal(bodiesOfFiles(settling), 0)
    // Then there is nothing to do: a greeting, one look at the root, nothing transferred, nothing changed by looking.
    const etag = await webdav.etag('')
    for (const folder of [one, other, one]) {
      const idle = await sync(folder)
      const [greeting, looks] = [idle.filter(isGreeting), idle.filter((one) => !isGreeting(one))]
      assert.deepEqual(looks.map(line), [`PROPFIND ${FILES}`])
      assertMethods(greeting, ['GET'])
      assert.ok(greeting.length <= 4, greeting.map(line).join())
      assert.equal(bodiesOfFiles(idle), 0)
    }
    assert.equal(await webdav.etag(''), etag)
    await server.stop()
  })

  test('what is renamed or moved is moved, here and there: no content goes over the wire', { skip }, async (t) => {
    const { server, webdav, one, other, sync } = await createScene(t, database)
    writeTree(one, ['plain.txt', 'folder/a.txt', 'folder/sub/b.txt', 'target/c.txt'])
    writeFileSync(join(one, 'folder/large.bin'), Buffer.alloc(3_000_000, 'x'))
    await sync(one)
    await sync(other)
    const ids = await Promise.all(['plain.txt', 'folder/sub/b.txt'].map((path) => webdav.fileId(path)))

    renameSync(join(one, 'plain.txt'), join(one, 'renamed ü.txt'))
    renameSync(join(one, 'folder'), join(one, 'target/moved'))
    const renaming = await sync(one)
    assert.equal(renaming.filter(({ method }) => method === 'MOVE').length, 2)
    assertMethods(renaming, ['GET', 'PROPFIND', 'MOVE'])
    assert.equal(bodiesOfFiles(renaming), 0)
    assert.deepEqual(
      await Promise.all(['renamed ü.txt', 'target/moved/sub/b.txt'].map((path) => webdav.fileId(path))),
      ids,
    )

    const following = await sync(other)
    assertMethods(following, ['GET', 'PROPFIND'])
    assert.equal(bodiesOfFiles(following), 0, 'the other computer knows them by their ids')
    assertSame(one, other)
    await server.stop()
  })

  test('what is deleted or changed on one side is on the other, and of a conflict both sides are kept', {
    skip,
  }, async (t) => {
    const { server, webdav, one, other, sync } = await createScene(t, database)
    writeTree(one, ['gone here.txt', 'gone there.txt', 'folder here/a', 'folder there/b/c', 'changed.txt', 'both.txt'])
    await sync(one)
    await sync(other)

    rmSync(join(one, 'gone here.txt'))
    rmSync(join(one, 'folder here'), { recursive: true })
    await webdav.remove('gone there.txt')
    await webdav.remove('folder there')
    await webdav.put('new.txt', 'from elsewhere')
    writeFileSync(join(one, 'changed.txt'), 'changed, and longer than before')
    const changing = await sync(one)
    const put = changing.find(({ method, path }) => method === 'PUT' && path.endsWith('changed.txt'))
    assert.match(String(put?.headers['if-match']), /^"[^"]+"$/, 'it overwrites what it knows and nothing else')
    assert.equal(changing.filter(({ method }) => method === 'DELETE').length, 2, 'one for a whole folder')
    await sync(other)
    assertSame(one, other)
    assert.deepEqual([...contentOf(other).keys()].sort(), ['both.txt', 'changed.txt', 'new.txt'])
    assert.equal(contentOf(other).get('changed.txt'), 'changed, and longer than before')

    writeFileSync(join(one, 'both.txt'), 'by one, and longer')
    writeFileSync(join(other, 'both.txt'), 'by the other')
    await sync(one)
    await sync(other)
    const versions = [...contentOf(other)].filter(([name]) => name.startsWith('both')).map(([, content]) => content)
    assert.deepEqual(versions.sort(), ['by one, and longer', 'by the other'], 'no side of a conflict is lost')
    assert.equal(await webdav.text('both.txt'), 'by one, and longer')
    await server.stop()
  })

  test('an upload and a download that were cut go on where they were', { skip }, async (t) => {
    const { server, listener, one, other, sync, trySync } = await createScene(t, database)
    writeLarge(join(one, 'large.bin'))
    const first = '/0000000000000000'
    listener.breakNext(
      (method, path) => method === 'PUT' && path.startsWith(UPLOADS) && !path.endsWith(first),
      3_000_000,
      BREAKS,
    )
    const up = await listener.during(async () => {
      for (let attempt = 0; attempt < 4 && !(await trySync(one)); attempt++);
    })
    const cut = up.filter(({ method, isCut }) => method === 'PUT' && isCut)
    assert.equal(cut.length, BREAKS)
    assert.equal(up.filter(({ method, path }) => method === 'PUT' && path.endsWith(first)).length, 1)
    assert.equal(bytesBy('PUT', up), LARGE_BYTES + bytesBy('PUT', cut), 'nothing else was sent twice')
    assert.ok(
      up.some(({ method, path, status }) => method === 'PROPFIND' && path.startsWith(UPLOADS) && status === 207),
    )

    listener.breakNext((method, path) => method === 'GET' && path === `${FILES}large.bin`, 40_000_000, 1)
    const down = await listener.during(async () => {
      for (let attempt = 0; attempt < 4 && !(await trySync(other)); attempt++) forgetFailures(other)
    })
    const gets = down.filter(({ method, path }) => method === 'GET' && path === `${FILES}large.bin`)
    assert.ok(gets.length > 1)
    assert.deepEqual([...new Set(gets.slice(1).map(({ status }) => status))], [206], 'by a range')
    assert.match(String(gets.at(-1)?.headers.range), /^bytes=[1-9]\d+-$/)
    assertSame(one, other)
    const idle = await sync(one)
    assert.equal(bodiesOfFiles(idle), 0)
    await server.stop()
  })
})
