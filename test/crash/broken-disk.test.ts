import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { mount, unmount } from '../helpers/small-disk.ts'
import { attachStrace, WITHOUT_STRACE } from '../helpers/strace.ts'
import { sha256 } from './client.ts'
import { bytesOf } from './operations.ts'
import { assertSwept, createScene } from './scene.ts'

const LARGE = bytesOf(300_000, 'large')
const OTHER = bytesOf(200_000, 'other')

/** Makes system calls of a running server fail. */
const failing = (call: string, error: string): string[] => ['-e', `inject=${call}:error=${error}`]

test('a disk that fails while content is written: 503 and a line in the log, and all is well when it is back', {
  skip: WITHOUT_STRACE,
}, async (t) => {
  const scene = await createScene(t, 'sqlite')
  const server = await scene.start()
  const client = scene.client()
  assert.equal((await client.send('PUT', 'file.bin', { body: LARGE })).status, 201)
  const before = await client.snapshot()
  const stored = scene.storedKeys()
  const { detach } = await attachStrace(t, server.pid, failing('fsync', 'EIO'))
  assert.equal((await client.send('PUT', 'file.bin', { body: OTHER })).status, 503)
  assert.equal((await client.send('PUT', 'new.bin', { body: OTHER })).status, 503)
  await client.send('MKCOL', 'uploads:upload')
  assert.equal((await client.send('PUT', 'uploads:upload/1', { body: OTHER })).status, 503)
  assert.deepEqual(await client.snapshot(), before)
  assert.deepEqual(scene.storedKeys(), stored)
  await detach()
  assert.match(server.written().out, /"level":"error".*EIO.*The disk of the server cannot be used/)
  assert.equal((await client.send('PUT', 'file.bin', { body: OTHER })).status, 204)
  assert.equal((await client.send('PUT', 'uploads:upload/1', { body: OTHER })).status, 201)
  await scene.stop()
  await assertSwept(scene)
})

test('a disk that fails while the database is written: 503, and all is well when it is back', {
  skip: WITHOUT_STRACE,
}, async (t) => {
  const scene = await createScene(t, 'sqlite')
  const server = await scene.start()
  const client = scene.client()
  assert.equal((await client.send('PUT', 'file.txt', { body: 'first' })).status, 201)
  const before = await client.snapshot()
  const { detach } = await attachStrace(t, server.pid, failing('pwrite64', 'EIO'))
  assert.equal((await client.send('PUT', 'file.txt', { body: 'second' })).status, 503)
  assert.equal((await client.send('PUT', 'new.bin', { body: LARGE })).status, 503)
  assert.equal((await client.send('DELETE', 'file.txt')).status, 503)
  assert.deepEqual(await client.snapshot(), before)
  assert.deepEqual(scene.storedKeys(), [])
  await detach()
  assert.match(server.written().out, /"level":"error".*disk I\/O error.*The database cannot be used right now/)
  assert.equal((await client.send('PUT', 'file.txt', { body: 'second' })).status, 204)
  await scene.stop()
  await assertSwept(scene)
})

test('a log of the database that cannot be synced: nothing more is written before a restart, and reads go on', {
  skip: WITHOUT_STRACE,
}, async (t) => {
  const scene = await createScene(t, 'sqlite')
  const server = await scene.start()
  const client = scene.client()
  assert.equal((await client.send('PUT', 'file.bin', { body: LARGE })).status, 201)
  const { detach } = await attachStrace(t, server.pid, failing('fdatasync', 'EIO'))
  assert.equal((await client.send('PUT', 'file.bin', { body: OTHER })).status, 503)
  await detach()
  // The row may be on the disk, so what it names must be there: whoever reads gets the one or the other, and all of it.
  const { status, bytes } = await client.send('GET', 'file.bin')
  assert.equal(status, 200)
  assert.ok([sha256(LARGE), sha256(OTHER)].includes(sha256(bytes)))
  const refused = await client.send('PUT', 'file.txt', { body: 'later' })
  assert.equal(refused.status, 503)
  assert.match(refused.bytes.toString(), /Check it, then restart Cloudlet/)
  assert.match(server.written().out, /"level":"error".*EIO.*The disk could not keep the last write/)
  await scene.stop()
  await scene.start()
  assert.equal((await client.send('PUT', 'file.bin', { body: OTHER })).status, 204)
  await scene.stop()
  await assertSwept(scene)
})

test('a folder of content that has become read-only: 503, reads go on, and it works again when it is writable', async (t) => {
  const scene = await createScene(t, 'sqlite')
  const server = await scene.start()
  const client = scene.client()
  assert.equal((await client.send('PUT', 'file.bin', { body: LARGE })).status, 201)
  const blobs = join(scene.data, 'blobs')
  try {
    mount('--bind', blobs, blobs)
  } catch {
    t.skip('a folder cannot be made read-only here: it takes root on Linux')
    return
  }
  try {
    mount('-o', 'remount,ro,bind', blobs)
    assert.equal((await client.send('PUT', 'new.bin', { body: LARGE })).status, 503)
    assert.equal(sha256((await client.send('GET', 'file.bin')).bytes), sha256(LARGE))
    assert.match(server.written().out, /"level":"error".*EROFS/)
    mount('-o', 'remount,rw,bind', blobs)
    assert.equal((await client.send('PUT', 'new.bin', { body: LARGE })).status, 201)
    await scene.stop()
  } finally {
    unmount(blobs)
  }
})
