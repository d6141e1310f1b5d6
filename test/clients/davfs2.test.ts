import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { type ClientServer, missing, PASSWORD, run, startServer, USER } from './client.ts'
import { webdavOf } from './webdav.ts'

const MOUNT = '/usr/sbin/mount.davfs'
const skip = missing(MOUNT, 'davfs2') || cannotMount()

function cannotMount(): string | false {
  if (process.getuid?.() !== 0) return 'only root may mount'
  return existsSync('/dev/fuse') ? false : 'there is no /dev/fuse'
}

/** Mounts the files of the user while `work` runs. Resolves to why it could not, where this machine does not let it. */
async function whileMounted(
  server: ClientServer,
  work: (folder: string) => Promise<void>,
): Promise<string | undefined> {
  const [folder, cache] = ['mounted', 'cache'].map((name) => join(server.folder, name)) as [string, string]
  for (const each of [folder, cache]) mkdirSync(each, { recursive: true })
  // The program gives up being root, and keeps its cache as another user.
  chmodSync(server.folder, 0o755)
  chmodSync(join(server.folder, '..'), 0o755)
  chmodSync(cache, 0o1777)
  const secrets = join(server.folder, 'secrets')
  writeFileSync(secrets, `${folder} ${USER} ${PASSWORD}\n`, { mode: 0o600 })
  const config = join(server.folder, 'davfs2.conf')
  writeFileSync(config, `secrets ${secrets}\ncache_dir ${cache}\ndelay_upload 0\ndir_refresh 1\nfile_refresh 0\n`)
  const address = `${server.url}/remote.php/dav/files/${USER}/`
  const mounted = await run(MOUNT, ['-o', `conf=${config},uid=0,gid=0`, address, folder], server)
  if (/not permitted|fuse device/i.test(mounted.out)) return mounted.out.trim()
  assert.equal(mounted.code, 0, mounted.out)
  try {
    await work(folder)
  } finally {
    const { code, out } = await run('umount', [folder], server)
    assert.equal(code, 0, out)
  }
  return undefined
}

const LARGE = Buffer.alloc(3_000_000, 'a mount writes whole files ')

forEachDatabase('davfs2', ({ kind: database }) => {
  test('mounts files, writes, reads, renames and deletes them as if they were on a disk', { skip }, async (t) => {
    const server = await startServer(t, { database })
    const webdav = webdavOf(server)
    await webdav.put('there before.txt', 'from elsewhere')
    const reason = await whileMounted(server, async (folder) => {
      const at = (path: string): string => join(folder, path)
      assert.equal(readFileSync(at('there before.txt'), 'utf8'), 'from elsewhere')
      writeFileSync(at('hello.txt'), 'hello')
      writeFileSync(at('hello.txt'), 'hello again')
      mkdirSync(at('sub'))
      writeFileSync(at('sub/large ü & 1%.bin'), LARGE)
      renameSync(at('hello.txt'), at('sub/moved.txt'))
      assert.equal(readFileSync(at('sub/moved.txt'), 'utf8'), 'hello again')
      assert.equal(statSync(at('sub/large ü & 1%.bin')).size, LARGE.byteLength)
      unlinkSync(at('there before.txt'))
      mkdirSync(at('empty'))
      rmdirSync(at('empty'))
    })
    if (reason !== undefined) return t.skip(`this machine does not let davfs2 mount: ${reason}`)
    assert.equal(await webdav.text('sub/moved.txt'), 'hello again')
    assert.equal(await webdav.text('sub/large ü & 1%.bin'), LARGE.toString())
    for (const gone of ['hello.txt', 'there before.txt', 'empty']) await assert.rejects(webdav.text(gone), /404/)
    // No lock is left behind.
    await webdav.put('sub/moved.txt', 'newer')
    await whileMounted(server, async (folder) => {
      assert.equal(readFileSync(join(folder, 'sub/moved.txt'), 'utf8'), 'newer')
      assert.ok(readFileSync(join(folder, 'sub/large ü & 1%.bin')).equals(LARGE))
    })
    await server.stop()
  })
})
