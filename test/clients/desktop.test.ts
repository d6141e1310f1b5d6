import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { type ClientServer, missing, PASSWORD, run, startServer, USER } from './client.ts'
import { webdavOf } from './webdav.ts'

const NEXTCLOUDCMD = '/usr/bin/nextcloudcmd'
const skip = missing(NEXTCLOUDCMD, 'nextcloud-desktop-cmd')

/** Brings one folder and the server together, as a computer of the user would. */
async function sync(server: ClientServer, folder: string): Promise<void> {
  const args = ['--non-interactive', '--user', USER, '--password', PASSWORD, folder, server.url]
  const { code, out } = await run(NEXTCLOUDCMD, args, {
    folder: server.folder,
    env: { QT_QPA_PLATFORM: 'offscreen' },
  })
  assert.equal(code, 0, out.slice(-4_000))
}

/** Content by path. What the client keeps for itself is left out. */
function contentOf(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /^\.(?:sync_|_sync_|owncloudsync)/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    found.set(path.slice(folder.length + 1).normalize(), readFileSync(path, 'latin1'))
  }
  return found
}

const NAMES = [
  'plain.txt',
  'ünïcödé ☃ 😀.txt',
  'a b  c & d;e=f.txt',
  '100% #1 + 2.txt',
  "it's [here] {now} (too)~!@$^,.txt",
  'deep/er/and/deeper/日本語.txt',
  `${'long'.repeat(50)}.txt`,
  'empty',
  'cafe\u0301.txt',
]
/** Beyond the client's first chunk size, so that it goes in chunks. */
const LARGE_BYTES = 110 * 1024 * 1024

function makeTree(folder: string): void {
  for (const name of NAMES) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), name === 'empty' ? '' : `content of ${name}\n`)
  }
  const large = Buffer.alloc(LARGE_BYTES)
  for (let at = 0; at < LARGE_BYTES; at += 4_096) large.writeUInt32LE(at, at)
  writeFileSync(join(folder, 'large.bin'), large)
}

forEachDatabase('the desktop client', ({ kind: database }) => {
  test('two computers keep the same files: new, renamed, deleted, changed on both sides', { skip }, async (t) => {
    const server = await startServer(t, { database, logsRequests: true })
    const webdav = webdavOf(server)
    const one = join(server.folder, 'one')
    const other = join(server.folder, 'other')
    for (const folder of [one, other]) mkdirSync(folder)
    makeTree(one)
    await sync(server, one)
    await sync(server, other)
    assert.deepEqual(
      [...contentOf(other).keys()].sort(),
      NAMES.map((name) => name.normalize())
        .concat('large.bin')
        .sort(),
    )
    assert.ok(sameContent(one, other))
    assert.ok(
      server.requests().some(({ method, path }) => method === 'MOVE' && path.includes('/uploads/')),
      'the large file has come in chunks',
    )

    const etag = await webdav.etag('')
    const before = server.requests().length
    await sync(server, one)
    const moved = server.requests().slice(before)
    assert.ok(moved.length > 0)
    const transfers = moved.filter(({ method, path }) => method !== 'PROPFIND' && path.startsWith('/remote.php/'))
    assert.deepEqual(transfers, [], 'nothing has changed, so nothing is transferred')
    assert.equal(await webdav.etag(''), etag)

    const fileId = await webdav.fileId('plain.txt')
    renameSync(join(one, 'plain.txt'), join(one, 'renamed.txt'))
    rmSync(join(one, 'empty'))
    await sync(server, one)
    assert.equal(await webdav.fileId('renamed.txt'), fileId, 'a rename is a move')
    await webdav.remove('deep/er')
    await webdav.put('deep/new.txt', 'from elsewhere')
    await sync(server, other)
    await sync(server, one)
    assert.ok(sameContent(one, other))
    assert.equal(contentOf(one).get('deep/new.txt'), 'from elsewhere')
    assert.ok(!contentOf(other).has('empty') && !contentOf(one).has('deep/er/and/deeper/日本語.txt'))

    writeFileSync(join(one, 'renamed.txt'), 'by one, and longer')
    writeFileSync(join(other, 'renamed.txt'), 'by the other')
    await sync(server, one)
    await sync(server, other)
    const versions = [...contentOf(other)].filter(([name]) => name.startsWith('renamed')).map(([, content]) => content)
    assert.deepEqual(versions.sort(), ['by one, and longer', 'by the other'], 'no side of a conflict is lost')
    assert.equal(await webdav.text('renamed.txt'), 'by one, and longer')
    await server.stop()
  })
})

function sameContent(one: string, other: string): boolean {
  const first = contentOf(one)
  const second = contentOf(other)
  return first.size === second.size && [...first].every(([name, content]) => second.get(name) === content)
}
