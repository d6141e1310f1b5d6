import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readTar, readZip } from '../helpers/archives.ts'
import { ADMIN_PASSWORD, createTestApp, type TestApp } from '../helpers/test-app.ts'

const root = join(import.meta.dirname, '../..')
const PROGRAMS = ['curl', 'rclone', 'nextcloudcmd'] as const
type Program = (typeof PROGRAMS)[number]

/** Lines of the shell examples of a page which call these programs, and those which prepare files for them. */
function examplesOf(page: string, programs: readonly Program[]): string[] {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^( *)```sh\n(.*?)^\1```/gms)]
  return blocks
    .flatMap(([, , text = '']) => text.split('\n').map((line) => line.trim()))
    .filter((line) => programs.some((name) => line.startsWith(`${name} `)) || /^(?:echo|mkdir) /.test(line))
}

const isHere = (program: Program): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

describe('examples of the documentation', () => {
  let app: TestApp
  let base = ''
  let appPassword = ''
  let fileId = ''
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-examples-'))
  before(async () => {
    app = await createTestApp()
    base = await app.listen()
    await app.features.accounts.add({ userId: 'alice', password: 'a long password' }, 'test')
    const { row } = await app.features.accounts.get('alice')
    const file = { method: 'PUT', url: '/remote.php/dav/files/alice/film.mp4', body: 'not really a film' } as const
    const { headers } = await app.request({ ...file, as: ['alice', 'a long password'] })
    fileId = String(Number.parseInt(String(headers['oc-fileid']), 10))
    appPassword = (await app.features.auth.appPasswords.add(row.id, 'laptop', 'test')).secret
  })
  after(async () => {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs a line in a shell, on this server and with its passwords in place of what stands there for them. */
  async function run(line: string): Promise<string> {
    const command = line
      .replaceAll('http://127.0.0.1:8080', base)
      .replaceAll('APP-PASSWORD', appPassword)
      .replaceAll('FILE-ID', fileId)
      .replaceAll('PASSWORD', ADMIN_PASSWORD)
      .replace(/^curl /, 'curl --fail --silent --show-error ')
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      QT_QPA_PLATFORM: 'offscreen',
      LANG: 'C.UTF-8',
    }
    return new Promise((resolve, reject) => {
      execFile('sh', ['-c', command], { cwd: folder, env, timeout: 60_000 }, (error, out, err) => {
        if (error === null) resolve(out)
        else reject(new Error(`${line}\n${out}${err}`, { cause: error }))
      })
    })
  }

  test('curl of the README: each answers as the reference does', { skip: !isHere('curl') }, async () => {
    const said: string[] = []
    for (const line of examplesOf('README.md', ['curl'])) said.push(await run(line))
    const [user = '', capabilities = '', theme = '', , , file] = said
    assert.match(user, /<statuscode>100<\/statuscode>[\s\S]*<id>admin<\/id>[\s\S]*<webpage>/)
    assert.match(capabilities, /<statuscode>100<\/statuscode>[\s\S]*<string>34\.0\.1<\/string>[\s\S]*<theming>/)
    assert.equal(JSON.parse(theme).ocs.data.capabilities.theming.name, 'Cloudlet')
    assert.equal(file, 'Hello\n')
  })

  const CLIENTS = ['rclone', 'nextcloudcmd'] as const
  const missing = CLIENTS.filter((program) => !isHere(program))
  const skip = missing.length > 0 && `without ${missing.join()}`
  const NOTES = 'Documents/first notes.txt'
  const textAt = async (path: string): Promise<string> =>
    (await app.request({ url: `/remote.php/dav/files/alice/${path}`, as: ['alice', appPassword] })).text

  test('clients of the first server: a folder is there, and back', { skip }, async () => {
    for (const line of examplesOf('docs/tutorials/first-server.md', PROGRAMS)) await run(line)
    for (const path of ['hello.txt', 'backup/hello.txt']) assert.equal(await textAt(path), 'Hello\n', path)
  })

  test('connecting clients: each line does what the page says', { skip }, async () => {
    const said = new Map<string, string>()
    for (const line of examplesOf('docs/how-to/connect-clients.md', PROGRAMS)) said.set(line, await run(line))
    const saidOf = (part: string): string => [...said].find(([line]) => line.includes(part))?.[1] ?? ''
    assert.equal(await textAt('Photos/one.txt'), 'not a picture\n')
    assert.equal(await textAt('Documents/first%20notes.txt'), 'Some notes\n')
    assert.match(saidOf('PROPFIND'), /<d:href>\/remote\.php\/dav\/files\/alice\/Documents\/notes\.txt<\/d:href>/)
    assert.equal(saidOf('-r 0-3'), 'Some')
    assert.deepEqual([...readTar(readFileSync(join(folder, 'Documents.tar'))).keys()], ['Documents', NOTES])
    assert.deepEqual([...readZip(readFileSync(join(folder, 'some.zip'))).keys()], ['first notes.txt'])
    assert.deepEqual([...readZip(readFileSync(join(folder, 'all.zip'))).keys()], ['Documents', NOTES])
    assert.match(saidOf('rclone about'), /Used:/)
    const link = new URL(JSON.parse(saidOf('FILE-ID')).ocs.data.url).pathname
    assert.equal((await app.request({ url: link })).text, 'not really a film')
  })
})
