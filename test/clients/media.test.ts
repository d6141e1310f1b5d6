import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../helpers/databases.ts'
import { basic } from '../helpers/test-app.ts'
import { type ClientServer, missing, PASSWORD, run, startServer, USER } from './client.ts'
import { type Listener, listenTo } from './proxy.ts'

const FFMPEG = '/usr/bin/ffmpeg'
const FFPROBE = '/usr/bin/ffprobe'
const skip = missing(FFPROBE, 'ffmpeg')

const SECONDS = 10

/** A film of noise, a few megabytes long, with its index behind the content: to play it one must read the end first. */
async function makeFilm(server: ClientServer): Promise<{ path: string; bytes: Buffer }> {
  const path = join(server.folder, 'film.mp4')
  const picture = `color=gray:size=320x240:rate=10:duration=${SECONDS},noise=alls=80:allf=t`
  const sound = `sine=frequency=440:duration=${SECONDS}`
  const codecs = ['-c:v', 'mpeg4', '-q:v', '2', '-c:a', 'aac']
  await ffmpeg(server, ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, ...codecs, path])
  const bytes = readFileSync(path)
  assert.ok(bytes.indexOf('moov') > bytes.indexOf('mdat') && bytes.indexOf('moov') > 1_000_000)
  return { path, bytes }
}

async function ffmpeg(server: ClientServer, args: readonly string[]): Promise<string> {
  const { code, out } = await run(FFMPEG, ['-v', 'error', '-nostdin', ...args], server)
  assert.equal(code, 0, out)
  return out
}

/** What the player makes of a film: all of its pictures, and one from its middle. */
async function played(server: ClientServer, address: string): Promise<{ all: string; middle: string }> {
  const digest = ['-map', '0:v', '-f', 'md5', '-']
  return {
    all: await ffmpeg(server, ['-i', address, ...digest]),
    middle: await ffmpeg(server, ['-ss', '8', '-i', address, '-frames:v', '1', ...digest]),
  }
}

async function upload(listener: Listener, name: string, bytes: Buffer): Promise<string> {
  const answer = await fetch(`${listener.url}/remote.php/dav/files/${USER}/${name}`, {
    method: 'PUT',
    headers: { authorization: basic(USER, PASSWORD) },
    body: new Uint8Array(bytes),
  })
  assert.equal(answer.status, 201)
  return String(Number.parseInt(answer.headers.get('oc-fileid') ?? '', 10))
}

async function directLink(listener: Listener, fileId: string): Promise<string> {
  const answer = await fetch(`${listener.url}/ocs/v2.php/apps/dav/api/v1/direct?format=json`, {
    method: 'POST',
    headers: { authorization: basic(USER, PASSWORD), 'ocs-apirequest': 'true' },
    body: new URLSearchParams({ fileId }),
  })
  return ((await answer.json()) as { ocs: { data: { url: string } } }).ocs.data.url
}

async function streams(server: ClientServer, listener: Listener, address: string, film: string): Promise<void> {
  const path = new URL(address).pathname
  const shown = ['-show_entries', 'format=duration,size:stream=codec_name,width,height', '-of', 'json']
  let said = ''
  const probing = await listener.during(async () => {
    const { code, out } = await run(FFPROBE, ['-v', 'error', ...shown, address], server)
    assert.equal(code, 0, out)
    said = out
  })
  const local = await run(FFPROBE, ['-v', 'error', ...shown, film], server)
  assert.deepEqual(JSON.parse(said), JSON.parse(local.out))
  const jumps = probing.filter(({ headers }) => /^bytes=[1-9]\d*-/.test(String(headers.range)))
  assert.ok(jumps.length > 0, 'it had to jump to the index')
  assert.ok(probing.every(({ status }) => status === 200 || status === 206 || status === 401))
  assert.ok(jumps.every((one) => one.status === 206 && one.path.split('?')[0] === path))
  assert.deepEqual(await played(server, address), await played(server, film), 'the same pictures as in the file')
}

forEachDatabase('a media player', ({ kind: database }) => {
  test('plays a film by its direct link, from the beginning and from the middle, without credentials', {
    skip,
  }, async (t) => {
    const server = await startServer(t, { database })
    const listener = await listenTo(t, server.url)
    const film = await makeFilm(server)
    const address = await directLink(listener, await upload(listener, 'film.mp4', film.bytes))
    await streams(server, listener, address, film.path)
    const sent = listener.seen.filter(({ path }) => path.startsWith('/remote.php/direct/'))
    assert.ok(sent.every(({ headers }) => headers.authorization === undefined))

    const guessed = address.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
    const { code, out } = await run(FFPROBE, ['-v', 'error', guessed], server)
    assert.notEqual(code, 0)
    assert.match(out, /404 Not Found/)
    await server.stop()
  })

  test('plays a film by its WebDAV address, with Basic authentication', { skip }, async (t) => {
    const server = await startServer(t, { database })
    const listener = await listenTo(t, server.url)
    const film = await makeFilm(server)
    await upload(listener, 'film.mp4', film.bytes)
    const address = listener.url.replace('http://', `http://${USER}:${PASSWORD}@`)
    await streams(server, listener, `${address}/remote.php/dav/files/${USER}/film.mp4`, film.path)
    await server.stop()
  })
})
