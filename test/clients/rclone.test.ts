import assert from 'node:assert/strict'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { type ClientServer, missing, PASSWORD, type Ran, run, startServer, USER } from './client.ts'

const RCLONE = '/usr/bin/rclone'
const skip = missing(RCLONE, 'rclone')

async function rclone(server: ClientServer, ...args: readonly string[]): Promise<Ran> {
  const obscured = await run(RCLONE, ['obscure', PASSWORD], server)
  const env = {
    RCLONE_CONFIG_CLOUD_TYPE: 'webdav',
    RCLONE_CONFIG_CLOUD_VENDOR: 'nextcloud',
    RCLONE_CONFIG_CLOUD_URL: `${server.url}/remote.php/dav/files/${USER}`,
    RCLONE_CONFIG_CLOUD_USER: USER,
    RCLONE_CONFIG_CLOUD_PASS: obscured.out.trim(),
    // Known to newer versions only; older ones send large files whole.
    RCLONE_CONFIG_CLOUD_NEXTCLOUD_CHUNK_SIZE: '4M',
  }
  const common = ['--retries', '1', '--config', join(server.folder, 'rclone.conf')]
  writeFileSync(join(server.folder, 'rclone.conf'), '')
  return run(RCLONE, [...common, ...args], { folder: server.folder, env })
}

async function works(server: ClientServer, ...args: readonly string[]): Promise<string> {
  const { code, out } = await rclone(server, ...args)
  assert.equal(code, 0, `rclone ${args.join(' ')}:\n${out}`)
  return out
}

const MODIFIED = new Date('2021-03-04T05:06:07Z')

forEachDatabase('rclone', ({ kind: database }) => {
  test('copies, checks, moves, purges, and keeps times', { skip }, async (t) => {
    const server = await startServer(t, { database })
    const local = join(server.folder, 'local')
    mkdirSync(join(local, 'sub', 'deep'), { recursive: true })
    for (let number = 0; number < 40; number++) writeFileSync(join(local, 'sub', `${number}.txt`), `file ${number}`)
    writeFileSync(join(local, 'sub', 'deep', 'ä b&c%20.txt'), 'odd')
    writeFileSync(join(local, 'large.bin'), Buffer.alloc(10 * 1024 * 1024 + 7, 'large '))
    utimesSync(join(local, 'large.bin'), MODIFIED, MODIFIED)

    await works(server, 'copy', local, 'cloud:backup')
    assert.match(await works(server, 'check', local, 'cloud:backup'), /0 differences found/)
    assert.match(await works(server, 'check', '--download', local, 'cloud:backup'), /42 matching files/)
    const listed = JSON.parse(await works(server, 'lsjson', '--hash', 'cloud:backup/large.bin'))
    assert.equal(new Date(listed[0].ModTime).getTime(), MODIFIED.getTime())
    assert.equal(listed[0].Size, 10 * 1024 * 1024 + 7)
    assert.match(await works(server, 'copy', '-v', local, 'cloud:backup'), /There was nothing to transfer/)

    await works(server, 'moveto', 'cloud:backup/sub', 'cloud:elsewhere')
    assert.match(await works(server, 'check', join(local, 'sub'), 'cloud:elsewhere'), /0 differences found/)
    await works(server, 'copyto', 'cloud:elsewhere/deep', 'cloud:copy')
    assert.match(await works(server, 'cat', 'cloud:copy/ä b&c%20.txt'), /odd/)
    assert.match(await works(server, 'about', 'cloud:'), /Used:/)
    await works(server, 'purge', 'cloud:elsewhere')
    assert.equal((await works(server, 'lsf', 'cloud:')).trim(), 'backup/\ncopy/')
    await server.stop()
  })
})
