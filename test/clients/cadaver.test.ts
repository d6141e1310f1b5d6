import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { type ClientServer, missing, PASSWORD, run, startServer, USER } from './client.ts'
import { webdavOf } from './webdav.ts'

const CADAVER = '/usr/bin/cadaver'
const skip = missing(CADAVER, 'cadaver')

/** Runs commands as if they had been typed. It has no exit code for one that fails: what it says decides. */
async function cadaver(server: ClientServer, root: string, commands: readonly string[]): Promise<string> {
  const script = join(server.folder, 'script')
  writeFileSync(script, `${[`open ${server.url}${root}`, ...commands].join('\n')}\n`)
  writeFileSync(join(server.folder, '.netrc'), `machine 127.0.0.1 login ${USER} password ${PASSWORD}\n`, {
    mode: 0o600,
  })
  const { code, out } = await run(CADAVER, ['-r', script], server)
  assert.equal(code, 0, out)
  assert.doesNotMatch(out, /failed|forbidden|not allowed|could not|error/i)
  return out
}

forEachDatabase('cadaver', ({ kind: database }) => {
  for (const root of [`/remote.php/dav/files/${USER}/`, '/remote.php/webdav/']) {
    test(`keeps, shows, locks and marks files at ${root}`, { skip }, async (t) => {
      const server = await startServer(t, { database })
      const webdav = webdavOf(server)
      const content = 'content of a file\n'.repeat(1_000)
      writeFileSync(join(server.folder, 'local.txt'), content)
      const said = await cadaver(server, root, [
        'mkcol folder',
        'put local.txt folder/first.txt',
        'cd folder',
        'copy first.txt second.txt',
        'move second.txt third.txt',
        'propset first.txt colour red',
        'propget first.txt colour',
        'propnames first.txt',
        'lock first.txt',
        'discover first.txt',
        'put local.txt first.txt',
        'showlocks',
        'unlock first.txt',
        'ls',
        'get third.txt fetched.txt',
        'cd ..',
        'copy folder other',
        'ls other',
        'delete folder/third.txt',
        'rmcol other',
        'ls folder',
      ])
      assert.match(said, /colour.*red/)
      assert.match(said, /Lock token <opaquelocktoken:[0-9a-f-]{36}>/i, said)
      assert.match(said, /first\.txt\s+18000/)
      assert.equal(readFileSync(join(server.folder, 'fetched.txt'), 'utf8'), content)
      assert.equal(await webdav.text('folder/first.txt'), content)
      await assert.rejects(webdav.text('folder/third.txt'), /404/)
      await assert.rejects(webdav.text('other/first.txt'), /404/)
      // The lock is gone: who has no token may write.
      await webdav.put('folder/first.txt', 'free')
      await server.stop()
    })
  }
})
