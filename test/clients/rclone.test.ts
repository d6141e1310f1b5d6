import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { type ClientServer, missing, PASSWORD, type Ran, run, startServer, USER } from './client.ts'
import { assertMethods, bytesBy, type Listener, listenTo } from './proxy.ts'

const RCLONE = '/usr/bin/rclone'
const skip = missing(RCLONE, 'rclone')

const FILES = `/remote.php/dav/files/${USER}`
const CHUNK_BYTES = 4 * 1024 * 1024
const LARGE_BYTES = 2 * CHUNK_BYTES + 7

interface Scene {
  readonly server: ClientServer
  readonly listener: Listener
  rclone(...args: readonly string[]): Promise<Ran>
  /** What it says, when it works. */
  works(...args: readonly string[]): Promise<string>
}

async function createScene(
  t: TestContext,
  database: 'sqlite' | 'postgres',
  { root = FILES, password = PASSWORD }: { readonly root?: string; readonly password?: string } = {},
): Promise<Scene> {
  const server = await startServer(t, { database })
  const listener = await listenTo(t, server.url)
  const obscured = await run(RCLONE, ['obscure', password], server)
  const env = {
    RCLONE_CONFIG_CLOUD_TYPE: 'webdav',
    RCLONE_CONFIG_CLOUD_VENDOR: 'nextcloud',
    RCLONE_CONFIG_CLOUD_URL: `${listener.url}${root}`,
    RCLONE_CONFIG_CLOUD_USER: USER,
    RCLONE_CONFIG_CLOUD_PASS: obscured.out.trim(),
    // Known to newer versions only, which make chunks of large files, at this address alone.
    RCLONE_CONFIG_CLOUD_NEXTCLOUD_CHUNK_SIZE: root === FILES ? `${CHUNK_BYTES}B` : '0',
  }
  const config = join(server.folder, 'rclone.conf')
  writeFileSync(config, '')
  const rclone: Scene['rclone'] = (...args) =>
    run(RCLONE, ['--retries', '1', '--config', config, ...args], { folder: server.folder, env })
  return {
    server,
    listener,
    rclone,
    async works(...args) {
      const { code, out } = await rclone(...args)
      assert.equal(code, 0, `rclone ${args.join(' ')}:\n${out}`)
      return out
    },
  }
}

/** Since 1.63. */
async function makesChunks(server: ClientServer): Promise<boolean> {
  const [, minor = '0'] = /rclone v1\.(\d+)/.exec((await run(RCLONE, ['version'], server)).out) ?? []
  return Number(minor) >= 63
}

const MODIFIED = new Date('2021-03-04T05:06:07Z')

/** 44 files with odd names, one of them beyond the size of a chunk, all with a time of long ago. */
function makeTree({ folder }: ClientServer): string {
  const local = join(folder, 'local')
  const files = new Map<string, string | Buffer>([
    ['sub/deep/ä b&c%20.txt', 'odd'],
    ['sub/deep/+ #1 [x] {y} ~!@$^,;=.txt', 'odd'],
    ['sub/deep/😀 日本語.txt', 'odd'],
    ['large.bin', Buffer.alloc(LARGE_BYTES, 'large ')],
  ])
  for (let number = 0; number < 40; number++) files.set(`sub/${number}.txt`, `file ${number}`)
  for (const [path, content] of files) {
    mkdirSync(join(local, path, '..'), { recursive: true })
    writeFileSync(join(local, path), content)
    utimesSync(join(local, path), MODIFIED, MODIFIED)
  }
  return local
}

interface Listed {
  readonly Path: string
  readonly Size: number
  readonly ModTime: string
  readonly IsDir: boolean
  readonly Hashes?: Readonly<Record<string, string>>
}

forEachDatabase('rclone', ({ kind: database }) => {
  for (const root of [FILES, '/remote.php/webdav']) {
    test(`copies and checks with hashes at ${root}, keeps times, and has nothing to do afterwards`, {
      skip,
    }, async (t) => {
      const { server, listener, works } = await createScene(t, database, { root })
      const local = makeTree(server)
      await works('copy', '--transfers', '8', local, 'cloud:backup')
      const chunks = listener.seen.filter(({ method, path }) => method === 'PUT' && path.includes('/uploads/'))
      const isChunking = root === FILES && (await makesChunks(server))
      assert.equal(bytesBy('PUT', chunks), isChunking ? LARGE_BYTES : 0)
      t.diagnostic(isChunking ? `a large file in ${chunks.length} chunks` : 'a large file as a whole')

      // `check` compares SHA1 when both sides have it; with --download it reads everything back.
      const checked = await works('check', '-v', local, 'cloud:backup')
      assert.match(checked, /0 differences found/)
      assert.match(checked, /44 matching files/)
      assert.doesNotMatch(checked, /hashes could not be checked/)
      assert.match(await works('check', '--download', local, 'cloud:backup'), /44 matching files/)
      const listed: Listed[] = JSON.parse(await works('lsjson', '-q', '--hash', '-R', '--files-only', 'cloud:backup'))
      assert.equal(listed.length, 44)
      for (const file of listed) {
        assert.equal(new Date(file.ModTime).getTime(), MODIFIED.getTime(), file.Path)
        assert.match(file.Hashes?.['sha1'] ?? '', /^[0-9a-f]{40}$/, file.Path)
      }

      const idle = await listener.during(() => works('sync', local, 'cloud:backup'))
      assertMethods(idle, ['PROPFIND'])
      assert.ok(idle.length <= 5, 'one look at each folder')

      // A changed file is found, sent alone, and differs in the meantime.
      writeFileSync(join(local, 'sub', '7.txt'), 'changed')
      const changing = await listener.during(() => works('sync', local, 'cloud:backup'))
      assert.equal(bytesBy('PUT', changing), 'changed'.length)
      assert.match(await works('check', local, 'cloud:backup'), /0 differences found/)
      await server.stop()
    })
  }

  test('copies, moves and purges on the server: no content goes over the wire', {
    skip,
  }, async (t) => {
    const { server, listener, works } = await createScene(t, database)
    const local = makeTree(server)
    await works('copy', local, 'cloud:backup')
    const moving = await listener.during(async () => {
      await works('moveto', 'cloud:backup/sub', 'cloud:elsewhere')
      await works('moveto', 'cloud:backup/large.bin', 'cloud:elsewhere/grown.bin')
      await works('copyto', 'cloud:elsewhere/deep', 'cloud:copy')
    })
    assertMethods(moving, ['PROPFIND', 'MKCOL', 'MOVE', 'COPY'])
    assert.match(await works('check', '--one-way', join(local, 'sub'), 'cloud:elsewhere'), /0 differences found/)
    assert.match(await works('cat', 'cloud:copy/ä b&c%20.txt'), /odd/)
    const [grown]: Listed[] = JSON.parse(await works('lsjson', '-q', '--hash', 'cloud:elsewhere/grown.bin'))
    assert.equal(grown?.Size, LARGE_BYTES)
    assert.equal(new Date(grown?.ModTime ?? 0).getTime(), MODIFIED.getTime(), 'a move keeps the time')

    const part = await listener.during(async () => {
      const said = await works('cat', '--offset', String(LARGE_BYTES - 5), '--count', '3', 'cloud:elsewhere/grown.bin')
      assert.equal(said, readFileSync(join(local, 'large.bin')).subarray(-5, -2).toString())
    })
    assert.ok(
      part.some(({ method, status }) => method === 'GET' && status === 206),
      'by a range',
    )

    const about = JSON.parse(await works('about', '--json', 'cloud:'))
    assert.ok(about.used >= LARGE_BYTES, JSON.stringify(about))
    const purging = await listener.during(() => works('purge', 'cloud:elsewhere'))
    assert.deepEqual(
      purging.filter(({ method }) => method !== 'PROPFIND').map(({ method, path }) => `${method} ${path}`),
      [`DELETE ${FILES}/elsewhere/`],
    )
    await works('mkdir', 'cloud:empty')
    await works('rmdir', 'cloud:empty')
    assert.equal((await works('lsf', 'cloud:')).trim(), 'backup/\ncopy/')
    await works('move', '--delete-empty-src-dirs', local, 'cloud:moved')
    assert.equal((await works('lsf', '-R', '--files-only', 'cloud:moved')).trim().split('\n').length, 44)
    assert.ok(JSON.parse(await works('about', '--json', 'cloud:')).used >= LARGE_BYTES)
    await server.stop()
  })

  test('says why it may not in', { skip }, async (t) => {
    const { server, rclone } = await createScene(t, database, { password: 'wrong' })
    const { code, out } = await rclone('lsf', '--low-level-retries', '1', 'cloud:')
    assert.notEqual(code, 0)
    assert.match(out, /401 Unauthorized/)
    await server.stop()
  })
})
