import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { stopSharedStub } from '../helpers/blob-stores.ts'
import type { Client } from './client.ts'
import { bytesOf } from './operations.ts'
import { assertSwept, assertWhole, createScene, type Scene, usedKeys } from './scene.ts'

after(stopSharedStub)

const CUTS = 200
const LARGE = bytesOf(4_000_000, 'large')
/** More than one part of an object storage. */
const PARTS = bytesOf(18_000_000, 'parts')

/** How a client goes away: with a word, or without one. */
const ENDINGS = ['end', 'destroy', 'resetAndDestroy'] as const

interface Upload {
  readonly what: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Buffer
}

const UPLOADS: readonly Upload[] = [
  { what: 'a small file', path: 'cut.txt', headers: ['content-length: 9000'], body: bytesOf(9_000, 'small') },
  { what: 'a file', path: 'cut.bin', headers: [`content-length: ${LARGE.length}`], body: LARGE },
  { what: 'a file over another', path: 'kept.bin', headers: [`content-length: ${LARGE.length}`], body: LARGE },
  { what: 'a file in pieces', path: 'cut.bin', headers: ['transfer-encoding: chunked'], body: inPieces(LARGE) },
  { what: 'a chunk', path: 'uploads:up/1', headers: [`content-length: ${LARGE.length}`], body: LARGE },
  { what: 'a chunk again', path: 'uploads:up/2', headers: [`content-length: ${LARGE.length}`], body: LARGE },
  {
    what: 'a file that is announced',
    path: 'cut.bin',
    headers: ['expect: 100-continue', `content-length: ${LARGE.length}`],
    body: LARGE,
  },
  {
    what: 'folders for a file',
    path: 'x/cut.bin',
    headers: ['x-nc-webdav-auto-mkcol: 1', 'content-length: 90000'],
    body: bytesOf(90_000, 'deep'),
  },
]

for (const blobs of ['disk', 's3'] as const) {
  test(`clients that go away in the middle leave nothing behind: no content, no file that is open (${blobs})`, async (t) => {
    const scene = await createScene(t, 'sqlite', { blobs })
    const { pid } = await scene.start()
    const client = scene.client()
    for (const [path, body] of [
      ['kept.bin', bytesOf(300_000, 'kept')],
      ['large.bin', PARTS],
    ] as const) {
      assert.equal((await client.send('PUT', path, { body })).status, 201)
    }
    await client.send('MKCOL', 'uploads:up')
    assert.equal((await client.send('PUT', 'uploads:up/2', { body: bytesOf(100_000, 'chunk') })).status, 201)
    const before = [await client.snapshot(), await client.chunks('up'), scene.storedKeys()]
    const open = openFiles(pid)

    await inGroups(CUTS, async (index) => {
      const upload = UPLOADS[index % UPLOADS.length] as Upload
      await cutUpload(client, upload, ENDINGS[index % 3] ?? 'end', (index * 37) % 100)
    })
    await cutUpload(
      client,
      { what: 'parts', path: 'cut.bin', headers: ['content-length: 18000000'], body: PARTS },
      'end',
      90,
    )
    await inGroups(CUTS, async (index) => cutDownload(client, ENDINGS[index % 3] ?? 'end', index % 4))
    await leaveReadersAlone(client)

    await settle(scene, pid, open)
    assert.deepEqual([await client.snapshot(), await client.chunks('up'), scene.storedKeys()], before)
    await assertWhole(scene)
    for (const path of ['cut.bin', 'kept.bin']) {
      assert.ok((await client.send('PUT', path, { body: 'whole' })).status < 300, 'nothing is held')
    }
    await scene.stop()
    await assertSwept(scene)
  })
}

/** Until what was on its way has been given up; then as many files are open as before. */
async function settle(scene: Scene, pid: number, open: readonly string[]): Promise<void> {
  let used: readonly string[] = []
  for (let turn = 0; turn < 300; turn++) {
    used = await scene.beside(usedKeys)
    const isQuiet = openFiles(pid).length <= open.length && scene.storedKeys().length === used.length
    if (isQuiet) return
    await setTimeout(100)
  }
  assert.deepEqual(scene.storedKeys(), used)
  assert.deepEqual(openFiles(pid), open)
}

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
}

async function inGroups(count: number, work: (index: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < count; start += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => work(start + index)))
  }
}

function inPieces(body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let start = 0; start < body.length; start += 100_000) {
    const piece = body.subarray(start, start + 100_000)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat(pieces)
}

/** Opens a connection and sends the head of a request. */
async function begin(client: Client, method: string, path: string, headers: readonly string[]): Promise<Socket> {
  const { port, pathname } = new URL(client.address(path))
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  const lines = [
    `${method} ${pathname} HTTP/1.1`,
    'host: localhost',
    `authorization: ${client.authorization}`,
    ...headers,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return socket
}

async function cutUpload(
  client: Client,
  { path, headers, body }: Upload,
  ending: (typeof ENDINGS)[number],
  percent: number,
): Promise<void> {
  const socket = await begin(client, 'PUT', path, headers)
  socket.resume()
  const sent = body.subarray(0, Math.min(body.length - 10, Math.floor((body.length * percent) / 100)))
  // As far as the server takes it in.
  await Promise.race([new Promise<void>((resolve) => socket.write(sent, () => resolve())), setTimeout(300)])
  await setTimeout(percent % 20)
  await leave(socket, ending)
}

async function cutDownload(client: Client, ending: (typeof ENDINGS)[number], reads: number): Promise<void> {
  const range = reads === 3 ? ['range: bytes=100000-'] : []
  const socket = await begin(client, 'GET', reads === 2 ? 'kept.bin' : 'large.bin', range)
  // Nothing, the first bytes, or what comes in a moment.
  if (reads > 0) await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.pause()
  await setTimeout(reads * 5)
  await leave(socket, ending)
}

async function leaveReadersAlone(client: Client): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 20 }, () => begin(client, 'GET', 'large.bin', [])))
  await setTimeout(500)
  assert.equal((await client.send('MKCOL', 'uploads:beside')).status, 201, 'beside readers that do not read')
  assert.equal((await client.send('DELETE', 'uploads:beside')).status, 204)
  await Promise.all(sockets.map((socket) => leave(socket, 'destroy')))
}

async function leave(socket: Socket, ending: (typeof ENDINGS)[number]): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket[ending]()
  socket.resume()
  await Promise.race([closed, setTimeout(1_000).then(() => socket.destroy())])
}
