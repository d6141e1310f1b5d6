import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Members, readTar, readZip } from '../helpers/archives.ts'
import { assertDavError, createDavApp, type DavApp, type Headers, INSTALLATIONS, stopShared } from '../helpers/dav.ts'
import { ADMIN_PASSWORD, basic, type TestAnswer } from '../helpers/test-app.ts'

const ZIP = { accept: 'application/zip' }
const TAR = { accept: 'application/x-tar' }
const LARGE = Buffer.alloc(300_000, 'large')
const MTIME_S = 1_700_000_001

const hasProgram = (name: string): boolean => spawnSync(name, ['--help']).error === undefined
/** Content files that this process has open, where the system tells. */
function openBlobs(dataFolder: string): string[] {
  if (!existsSync('/proc/self/fd')) return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(join(dataFolder, 'blobs')) ? [path] : []
    } catch {
      return []
    }
  })
}

const names = (members: Members): string[] => [...members.keys()].toSorted()
const textOf = (members: Members, name: string): string | undefined => members.get(name)?.content.toString()

for (const { name, options, nodes } of INSTALLATIONS) {
  describe(`folders as archives on ${name}`, () => {
    let dav: DavApp
    let folder: string
    before(async () => {
      dav = await createDavApp(options)
      folder = mkdtempSync(join(tmpdir(), 'cloudlet-archives-'))
      const put = async (path: string, content: string | Uint8Array, headers: Headers = {}) => {
        const answer = await dav.send('PUT', path, headers, content)
        assert.ok(answer.status === 201 || answer.status === 204, answer.text)
      }
      for (const path of ['/trip', '/trip/empty', '/trip/%C3%BCber', '/trip/%C3%BCber/tief', '/c:%20x'])
        assert.equal((await dav.send('MKCOL', path)).status, 201)
      await put('/trip/a.txt', 'Hello', { 'x-oc-mtime': String(MTIME_S) })
      await put('/trip/nothing', '')
      await put('/trip/%C3%BCber/tief/%E2%82%AC%20%22q%22;.txt', 'deep')
      await put('/trip/large.bin', LARGE)
      await put(`/trip/${'n'.repeat(200)}.txt`, 'long name')
      await put('/c:%20x/in', 'in')
      await dav.send('MKCOL', '/remote.php/dav/uploads/admin/parts')
      for (const part of ['1', '2', '3']) {
        const url = `/remote.php/dav/uploads/admin/parts/${part}`
        assert.equal((await dav.send('PUT', url, {}, Buffer.alloc(70_000, part))).status, 201)
      }
      const destination = '/remote.php/dav/files/admin/trip/parts.bin'
      await dav.send('MOVE', '/remote.php/dav/uploads/admin/parts/.file', { destination })
    })
    after(async () => {
      rmSync(folder, { recursive: true, force: true })
      await dav.close()
      await stopShared()
    })

    const everythingInTrip = [
      'trip',
      'trip/a.txt',
      'trip/empty',
      'trip/large.bin',
      `trip/${'n'.repeat(200)}.txt`,
      'trip/nothing',
      'trip/parts.bin',
      'trip/über',
      'trip/über/tief',
      'trip/über/tief/€ "q";.txt',
    ].toSorted()

    const checkTrip = (members: Members): void => {
      assert.deepEqual(names(members), everythingInTrip)
      assert.equal(textOf(members, 'trip/a.txt'), 'Hello')
      assert.equal(members.get('trip/a.txt')?.mtimeS, MTIME_S)
      assert.equal(textOf(members, 'trip/nothing'), '')
      assert.equal(textOf(members, 'trip/über/tief/€ "q";.txt'), 'deep')
      assert.ok(members.get('trip/large.bin')?.content.equals(LARGE))
      const parts = Buffer.concat(['1', '2', '3'].map((part) => Buffer.alloc(70_000, part)))
      assert.ok(members.get('trip/parts.bin')?.content.equals(parts), 'content that came in chunks')
      assert.equal(members.get('trip/empty')?.isFolder, true)
    }

    test('by the Accept header, at every address of the files, with everything below', async () => {
      for (const home of ['/remote.php/dav/files/admin', '/remote.php/webdav', '/remote.php/files']) {
        const zip = await dav.send('GET', `${home}/trip`, ZIP)
        assert.equal(zip.status, 200)
        assert.equal(zip.headers['content-type'], 'application/zip')
        assert.equal(zip.headers['content-disposition'], `attachment; filename*=UTF-8''trip.zip; filename="trip.zip"`)
        assert.equal(zip.headers['accept-ranges'], 'none')
        assert.equal(zip.headers['etag'], undefined)
        assert.equal(Buffer.from(zip.bytes.subarray(0, 8)).toString('hex'), '504b03042d000000')
        checkTrip(readZip(zip.bytes))
        const tar = await dav.send('GET', `${home}/trip/`, TAR)
        assert.equal(tar.headers['content-type'], 'application/x-tar')
        checkTrip(readTar(tar.bytes))
      }
    })

    test('by the query, as links ask; a range means nothing', async () => {
      const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', range: 'bytes=0-10' }
      const answer = await dav.send('GET', '/trip?accept=zip', headers)
      assert.equal(answer.status, 200)
      checkTrip(readZip(answer.bytes))
      checkTrip(readTar((await dav.send('GET', '/trip?accept=tar')).bytes))
    })

    test('anything else gives the page that a folder has', async () => {
      for (const accept of ['*/*', 'application/*', 'application/zip;q=0', 'application/zip+x', 'text/html']) {
        const answer = await dav.send('GET', '/trip', { accept })
        assert.match(String(answer.headers['content-type']), /^text\/html/, accept)
      }
      for (const accept of ['constructor', '__proto__', 'rar', '', 'zip&accept=tar'])
        assert.equal((await dav.send('GET', `/trip?accept=${accept}`)).status, 200)
      const file = await dav.send('GET', '/trip/a.txt?accept=zip', ZIP)
      assert.equal(file.text, 'Hello')
    })

    test('HEAD says the same and reads nothing', async () => {
      const whole = await dav.send('GET', '/trip', ZIP)
      const head = await dav.send('HEAD', '/trip', ZIP)
      assert.equal(head.status, 200)
      assert.equal(head.bytes.length, 0)
      for (const name of ['content-type', 'content-disposition', 'last-modified', 'accept-ranges', 'vary'])
        assert.equal(head.headers[name], whole.headers[name])
    })

    test('some members, without the name of the folder', async () => {
      const picked = (members: Members): void => {
        assert.deepEqual(names(members), ['a.txt', 'über', 'über/tief', 'über/tief/€ "q";.txt'])
      }
      const list = encodeURIComponent(JSON.stringify(['a.txt', 'über', 'a.txt']))
      const byQuery = await dav.send('GET', `/trip?accept=zip&files=${list}`)
      assert.match(String(byQuery.headers['content-disposition']), /filename="trip\.zip"$/)
      picked(readZip(byQuery.bytes))
      const utf8 = Buffer.from('über').toString('latin1')
      picked(readTar((await dav.send('GET', '/trip', { ...TAR, 'x-nc-files': ['a.txt', utf8] })).bytes))
      const decomposed = encodeURIComponent(JSON.stringify(['u\u0308ber', 'a.txt']))
      picked(readZip((await dav.send('GET', `/trip?accept=zip&files=${decomposed}`)).bytes))
      assert.deepEqual(names(readZip((await dav.send('GET', '/trip?accept=zip&files=%22a.txt%22')).bytes)), ['a.txt'])
      assert.equal(
        readZip((await dav.send('GET', '/trip?accept=zip&files=%5B%5D')).bytes).size,
        everythingInTrip.length,
      )
    })

    test('a selection that is none is refused in the words of the protocol', async () => {
      const before = await dav.everything()
      for (const [files, status] of [
        ['["none"]', 404],
        ['["a.txt","none"]', 404],
        ['["../trip"]', 400],
        ['["über/tief"]', 400],
        ['[".."]', 400],
        ['["a\\u0000"]', 400],
        ['[""]', 400],
        ['[1]', 400],
        ['{"a":1}', 400],
        ['[', 400],
        ['["\\ud800"]', 400],
        [JSON.stringify(Array.from({ length: 1_001 }, (_, index) => `${index}`)), 400],
      ] as const) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await dav.send(method, `/trip?accept=zip&files=${encodeURIComponent(files)}`)
          if (method === 'GET') await dav.refused(answer, [status], before)
          assert.equal(answer.status, status, files)
        }
      }
      assertDavError(await dav.send('GET', '/trip', { ...ZIP, 'x-nc-files': 'none' }), [404])
      assertDavError(await dav.send('GET', '/trip', { ...ZIP, 'x-nc-files': '\u00fc' }), [400])
      assertDavError(await dav.send('GET', '/none', ZIP), [404])
    })

    test('the home as a whole has no name of its own', async () => {
      const answer = await dav.send('GET', '/', ZIP)
      assert.match(String(answer.headers['content-disposition']), /filename="files\.zip"$/)
      const members = readZip(answer.bytes)
      for (const path of everythingInTrip) assert.ok(members.has(path), path)
      assert.equal(textOf(members, 'c: x/in'), 'in')
      assert.equal(textOf(members, 'folder/inner'), 'inner')
    })

    test('nobody reads what is not theirs (bug class: access through another door)', async () => {
      assertDavError(await dav.sendAsBob('GET', '/remote.php/dav/files/admin/trip', ZIP), [404])
      assertDavError(await dav.sendAsBob('GET', '/remote.php/webdav/trip', ZIP), [404])
      const { features } = dav.app
      const { id } = (await features.accounts.get('admin')).row
      const by = async (limits: object) => {
        const { secret } = await features.auth.appPasswords.add(id, 'limited', 'test', limits)
        return (path: string): Promise<TestAnswer> =>
          dav.send('GET', path, { ...ZIP, authorization: basic('admin', secret) })
      }
      const reader = await by({ isReadOnly: true })
      checkTrip(readZip((await reader('/trip')).bytes))
      const narrow = await by({ folderId: await features.files.folderAt(id, '/trip/über') })
      const inside = ['über', 'über/tief', 'über/tief/€ "q";.txt']
      assert.deepEqual(names(readZip((await narrow('/trip/%C3%BCber')).bytes)), inside)
      const way = ['trip', ...inside.map((path) => `trip/${path}`)]
      assert.deepEqual(names(readZip((await narrow('/')).bytes)), way)
      assert.deepEqual(names(readZip((await narrow('/trip')).bytes)), way)
      assert.deepEqual(names(readZip((await narrow('/?accept=zip&files=%5B%22trip%22%5D')).bytes)), way)
      assertDavError(await narrow('/folder'), [404])
      assertDavError(await narrow('/trip/empty'), [404])
      assertDavError(await narrow('/trip?files=%5B%22a.txt%22%5D'), [404])
      assertDavError(await narrow('/?files=%5B%22file%22%5D'), [404])
      const oneTime = await by({ isOneTime: true })
      assertDavError(await oneTime('/trip'), [404])
    })

    test('a file whose content is damaged breaks the connection', {
      skip: nodes > 1 ? 'the damage is done to files of a folder' : false,
    }, async () => {
      await dav.send('MKCOL', '/damaged')
      await dav.send('PUT', '/damaged/first', {}, 'first')
      await dav.send('PUT', '/damaged/second', {}, LARGE)
      const second = readdirSync(join(dav.app.dataFolder, 'blobs'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0]
      writeFileSync(second ?? '', Buffer.alloc(LARGE.length, 'other'))
      const errors = dav.errors.length
      for (const headers of [ZIP, TAR]) {
        await assert.rejects(dav.send('GET', '/damaged', headers), /aborted|ECONNRESET|socket hang up/)
      }
      const logged = dav.errors.splice(errors) as [{ readonly err: Error }, string][]
      assert.equal(logged.length, 2)
      for (const [{ err }] of logged) assert.match(err.message, /damaged\/second is not what it was/)
      await dav.send('DELETE', '/damaged')
    })

    test('whoever goes away lets go of everything, and one account has only so many at once', async () => {
      await dav.send('MKCOL', '/slow')
      await dav.send('PUT', '/slow/file', {}, Buffer.alloc(24 * 1024 * 1024))
      const clients: ClientRequest[] = []
      const begin = async (): Promise<IncomingMessage> => {
        const client = get(`${dav.base}/remote.php/webdav/slow?accept=zip`, {
          agent: false,
          headers: { host: 'cloud.test', authorization: basic('admin', ADMIN_PASSWORD) },
        })
        clients.push(client)
        client.on('error', () => {})
        const [answer] = (await once(client, 'response')) as [IncomingMessage]
        return answer
      }
      for (let count = 0; count < 8; count++) assert.equal((await begin()).statusCode, 200)
      const refused = await dav.send('GET', '/slow', ZIP)
      assertDavError(refused, [429])
      assert.equal(refused.headers['retry-after'], '30')
      assert.equal((await dav.send('HEAD', '/slow', ZIP)).status, 200)
      assert.equal((await dav.sendAsBob('GET', '/', ZIP)).status, 200, 'others have their own')
      for (const client of clients) client.destroy()
      let again: TestAnswer | undefined
      for (let turn = 0; turn < 500 && again?.status !== 200; turn++) {
        await setTimeout(20)
        again = await dav.send('GET', '/slow', ZIP)
      }
      assert.equal(again?.status, 200)
      for (let turn = 0; turn < 500 && openBlobs(dav.app.dataFolder).length > 0; turn++) await setTimeout(20)
      assert.deepEqual(openBlobs(dav.app.dataFolder), [])
      await dav.send('DELETE', '/slow')
    })

    test('zip files fit to unzip and python3', async (t) => {
      const path = join(folder, 'trip.zip')
      writeFileSync(path, (await dav.send('GET', '/trip', ZIP)).bytes)
      if (hasProgram('unzip')) {
        execFileSync('unzip', ['-tq', path])
        execFileSync('unzip', ['-q', path, '-d', join(folder, 'unzip')], {
          env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
        })
        assert.equal(statSync(join(folder, 'unzip/trip/a.txt')).mtimeMs, MTIME_S * 1_000)
        assert.ok(readFileSync(join(folder, 'unzip/trip/large.bin')).equals(LARGE))
        assert.ok(readdirSync(join(folder, 'unzip/trip/über/tief')).includes('€ "q";.txt'))
      } else t.diagnostic('unzip is not there')
      if (!hasProgram('python3')) return t.diagnostic('python3 is not there')
      const script =
        'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);print(z.testzip());print("\\n".join(z.namelist()))'
      const out = execFileSync('python3', ['-c', script, path], { env: { ...process.env, PYTHONIOENCODING: 'utf-8' } })
      const [broken, ...found] = out.toString().trim().split('\n')
      assert.equal(broken, 'None')
      assert.deepEqual(found.map((entry) => entry.replace(/\/$/, '')).toSorted(), everythingInTrip)
    })

    test('tar files fit to tar and bsdtar', async (t) => {
      const path = join(folder, 'trip.tar')
      writeFileSync(path, (await dav.send('GET', '/trip', TAR)).bytes)
      for (const program of ['tar', 'bsdtar']) {
        if (!hasProgram(program)) {
          t.diagnostic(`${program} is not there`)
          continue
        }
        const target = join(folder, program)
        mkdirSync(target)
        execFileSync(program, ['-xf', path, '-C', target], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
        assert.equal(statSync(join(target, 'trip/a.txt')).mtimeMs, MTIME_S * 1_000)
        assert.ok(readFileSync(join(target, 'trip/large.bin')).equals(LARGE))
        assert.equal(readFileSync(join(target, `trip/${'n'.repeat(200)}.txt`), 'utf8'), 'long name')
        assert.ok(readdirSync(join(target, 'trip/über/tief')).includes('€ "q";.txt'))
      }
    })
  })
}
