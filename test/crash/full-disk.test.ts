import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { stopSharedPostgres } from '../helpers/postgres.ts'
import { mountSmallDisk } from '../helpers/small-disk.ts'
import { basic, OCS } from '../helpers/test-app.ts'
import { type Answer, type Client, sha256 } from './client.ts'
import { bytesOf } from './operations.ts'
import { assertSwept, createScene } from './scene.ts'

after(stopSharedPostgres)

const FULL = 507
const LARGE = bytesOf(2_000_000, 'large')
const CHUNK = bytesOf(1_000_000, 'chunk')

async function expect(status: number, answer: Promise<Answer>): Promise<Answer> {
  const got = await answer
  assert.equal(got.status, status, got.bytes.toString().slice(0, 300))
  return got
}

/** Files that must be there as they are, whatever happens beside them. */
async function makeBystanders(client: Client): Promise<() => Promise<void>> {
  await expect(201, client.send('PUT', 'small.txt', { body: 'small' }))
  await expect(201, client.send('PUT', 'large.bin', { body: LARGE }))
  await expect(201, client.send('MKCOL', 'uploads:upload'))
  await expect(201, client.send('PUT', 'uploads:upload/1', { body: CHUNK }))
  const before = await client.snapshot()
  return async () => {
    const now = await client.snapshot()
    for (const path of ['small.txt', 'large.bin']) assert.deepEqual(now.get(path), before.get(path))
    assert.deepEqual(await client.chunks('upload'), { 1: CHUNK.length })
  }
}

/** Writes little files until no more fit. Resolves to how many there are. */
async function writeUntilFull(client: Client): Promise<number> {
  for (let count = 0; count < 4_000; count++) {
    const body = bytesOf(8_000, `little ${count}`)
    const { status, bytes } = await client.send('PUT', `little-${count}`, { body })
    if (status === FULL) return count
    assert.equal(status, 201, bytes.toString())
  }
  assert.fail('The disk is never full')
}

test('on a full disk with SQLite writes are refused with 507 and reads go on, until there is room again', async (t) => {
  const disk = mountSmallDisk(t, 32)
  if (disk === undefined) return
  const scene = await createScene(t, 'sqlite', { on: disk.folder })
  const server = await scene.start()
  const client = scene.client()
  const assertBystanders = await makeBystanders(client)
  const stored = scene.storedKeys()

  await t.test('large files and chunks, while little ones still fit', async () => {
    disk.fill(1_000_000)
    await expect(FULL, client.send('PUT', 'new.bin', { body: LARGE }))
    await expect(FULL, client.send('PUT', 'large.bin', { body: bytesOf(1_900_000, 'other') }))
    await expect(FULL, client.send('PUT', 'uploads:upload/2', { body: LARGE }))
    await expect(FULL, client.send('PUT', 'uploads:upload/1', { body: LARGE }))
    assert.deepEqual(scene.storedKeys(), stored, 'nothing that came half stays')
    await assertBystanders()
    await expect(201, client.send('PUT', 'tiny.txt', { body: 'tiny' }))
  })

  let little = 0
  await t.test('everything that needs the database to grow', async () => {
    disk.fill(0)
    little = await writeUntilFull(client)
    const destination = client.address('moved.txt')
    const refused = [
      await client.send('MKCOL', 'folder'),
      await client.send('PUT', 'other.txt', { body: bytesOf(15_000, 'other') }),
      await client.send('MKCOL', 'uploads:another'),
      await client.send('COPY', 'small.txt', { headers: { destination } }),
      await client.send('PUT', 'new.bin', { body: LARGE }),
    ]
    for (const { status } of refused) assert.ok(status === FULL || status < 300, String(status))
    assert.ok(refused.some(({ status }) => status === FULL))
    assert.deepEqual(scene.storedKeys(), stored)
  })

  await t.test('reads go on, with the password of the account too, and commands can look', async () => {
    await assertBystanders()
    const byPassword = { headers: { ...OCS, authorization: basic('admin', 'admin-password') } }
    await expect(200, client.call('GET', '/ocs/v2.php/cloud/capabilities?format=json', byPassword))
    // How many still fit is up to what SQLite has room for in its files.
    for (const index of new Set(little === 0 ? [] : [0, little - 1])) {
      const { bytes } = await expect(200, client.send('GET', `little-${index}`))
      assert.equal(sha256(bytes), sha256(bytesOf(8_000, `little ${index}`)))
    }
    assert.equal((await client.send('GET', `little-${little}`)).status, 404)
    const checked = await scene.command(['files:check', '--content'])
    assert.equal(checked.code, 0, `${checked.out}${checked.err}`)
  })

  await t.test('a server that is stopped or killed there says what is wrong, or starts again', async () => {
    const beside = await scene.command(['serve', '--port', '0'])
    assert.match(beside.err, /another Cloudlet server is running/)
    assert.match(server.written().out, /"level":"error".*The disk of the server is full/)
    assert.match(server.written().out, /"level":"error".*The disk of the database is full/)
    server.kill('SIGKILL')
    await server.ended
    // Its files are still there, so nothing has to be made.
    await scene.start()
    await assertBystanders()
    await scene.stop()
    // The end of the last one has tidied up and made room.
    disk.fill(0)
    const { code, err } = await scene.command(['serve', '--port', '0'])
    assert.equal(code, 1)
    assert.match(err, /^Error: CLOUDLET_DATA: the database .* cannot be opened: its disk is full\n$/)
    disk.free()
    disk.fill(100_000)
    await scene.start()
    await expect(FULL, client.send('PUT', 'new.bin', { body: LARGE }))
  })

  await t.test('with room again all works, without a restart', async () => {
    disk.free()
    await expect(201, client.send('PUT', 'new.bin', { body: LARGE }))
    await expect(204, client.send('PUT', 'large.bin', { body: CHUNK }))
    await expect(201, client.send('PUT', `little-${little}`, { body: 'little' }))
    await expect(201, client.send('PUT', 'uploads:upload/2', { body: CHUNK }))
    const destination = client.address('whole.bin')
    await expect(201, client.send('MOVE', 'uploads:upload/.file', { headers: { destination } }))
    const { bytes } = await expect(200, client.send('GET', 'whole.bin'))
    assert.equal(sha256(bytes), sha256(Buffer.concat([CHUNK, CHUNK])))
    await scene.stop()
    await assertSwept(scene)
  })
})

test('on a full disk with PostgreSQL elsewhere only content is refused', async (t) => {
  const disk = mountSmallDisk(t, 12)
  if (disk === undefined) return
  const scene = await createScene(t, 'postgres', { on: disk.folder })
  await scene.start()
  const client = scene.client()
  const assertBystanders = await makeBystanders(client)
  const stored = scene.storedKeys()
  disk.fill(0)
  await expect(FULL, client.send('PUT', 'new.bin', { body: LARGE }))
  await expect(FULL, client.send('PUT', 'uploads:upload/2', { body: LARGE }))
  await expect(201, client.send('PUT', 'tiny.txt', { body: 'tiny' }))
  assert.deepEqual(scene.storedKeys(), stored)
  await assertBystanders()
  disk.free()
  await expect(201, client.send('PUT', 'new.bin', { body: LARGE }))
  await scene.stop()
  await assertSwept(scene)
})

test('a log that goes to a full disk does not end the server', async (t) => {
  const disk = mountSmallDisk(t, 8)
  if (disk === undefined) return
  const scene = await createScene(t, 'sqlite', { env: { CLOUDLET_LOG_LEVEL: 'debug' } })
  await scene.start('', join(disk.folder, 'cloudlet.log'))
  const client = scene.client()
  disk.fill(0)
  for (let turn = 0; turn < 300; turn++) assert.equal((await client.send('GET', 'nothing')).status, 404)
  await expect(201, client.send('PUT', 'file.txt', { body: 'file' }))
  await scene.stop()
})
