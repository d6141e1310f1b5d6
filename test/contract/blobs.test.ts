import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { BlobStore, StoredBlob } from '../../src/blobs/blob-store.ts'
import { Fault, type FaultKind } from '../../src/lib/fault.ts'
import { forEachBlobStore } from '../helpers/blob-stores.ts'

const MIB = 1024 * 1024
const newKey = (): string => randomBytes(16).toString('hex')
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Content in pieces of uneven sizes, as a socket would bring it. */
async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 1; at < content.byteLength; turn += 1) {
    const size = 1 + ((turn * 37_813) % 150_001)
    yield content.subarray(at, at + size)
    at += size
  }
}

async function read(store: BlobStore, key: string, range?: { start: number; end: number }): Promise<Buffer> {
  const got: Uint8Array[] = []
  for await (const piece of store.get(key, range)) got.push(piece)
  return Buffer.concat(got)
}

async function listed(store: BlobStore): Promise<StoredBlob[]> {
  return Array.fromAsync(store.list())
}

const fault =
  (kind: FaultKind) =>
  (error: unknown): true => {
    assert.ok(error instanceof Fault, `not a Fault: ${error}`)
    assert.equal(error.kind, kind, error.message)
    return true
  }

/** Neither blobs nor parts of them. */
async function assertEmpty(store: BlobStore): Promise<void> {
  assert.deepEqual(await listed(store), [])
  assert.equal(await store.removeUnfinished(Date.now() + 60_000), 0)
}

forEachBlobStore('a blob store', ({ open }) => {
  for (const [name, sizeBytes] of [
    ['empty', 0],
    ['one byte', 1],
    ['17 KiB', 17_000],
    ['exactly one part', 8 * MIB],
    ['one part and a byte', 8 * MIB + 1],
    ['40 MiB', 40 * MIB + 12_345],
  ] as const) {
    test(`content of ${name} comes back as it was`, async () => {
      const { store, close } = await open()
      const key = newKey()
      const content = randomBytes(sizeBytes)
      const before = Date.now()
      await store.put(key, pieces(content))
      assert.equal(hashOf(await read(store, key)), hashOf(content))
      const found = await store.stat(key)
      assert.equal(found?.sizeBytes, sizeBytes)
      assert.ok(Math.abs((found?.changedAtMs ?? 0) - before) < 30_000)
      const [only, ...others] = await listed(store)
      assert.deepEqual(others, [])
      assert.equal(only?.key, key)
      assert.equal(only?.sizeBytes, sizeBytes)
      assert.equal(await store.removeUnfinished(Date.now() + 60_000), 0)
      await store.remove([key])
      close()
    })
  }

  test('a range is exactly what it names, across the borders of parts too', async () => {
    const { store, close } = await open()
    const content = randomBytes(17 * MIB)
    const key = newKey()
    await store.put(key, pieces(content))
    const last = content.byteLength - 1
    for (const [start, end] of [
      [0, 0],
      [0, last],
      [last, last],
      [1, 4_096],
      [8 * MIB - 10, 8 * MIB + 10],
      [5 * MIB, 17 * MIB - 2],
    ] as const) {
      const got = await read(store, key, { start, end })
      assert.equal(hashOf(got), hashOf(content.subarray(start, end + 1)), `${start}-${end}`)
    }
    await store.remove([key])
    close()
  })

  test('a range that the content does not have fails in place of ending early', async () => {
    const { store, close } = await open()
    const key = newKey()
    await store.put(key, pieces(randomBytes(1_000)))
    await assert.rejects(read(store, key, { start: 500, end: 1_000 }), fault('internal'))
    await assert.rejects(read(store, key, { start: 1_000, end: 1_200 }), fault('internal'))
    await store.remove([key])
    close()
  })

  test('a key that is not there', async () => {
    const { store, close } = await open()
    const key = newKey()
    assert.equal(await store.stat(key), undefined)
    await assert.rejects(read(store, key), fault('internal'))
    await assert.rejects(read(store, key, { start: 0, end: 9 }), fault('internal'))
    await store.remove([key, newKey()])
    await store.remove([])
    await assertEmpty(store)
    close()
  })

  test('what is no key reaches nothing', async () => {
    const { store, close } = await open()
    for (const key of [
      '',
      '../../etc/passwd',
      'A'.repeat(32),
      'a'.repeat(31),
      `${'a'.repeat(32)}\n`,
      '.cloudlet-blobs',
    ]) {
      await assert.rejects(store.put(key, pieces(randomBytes(1))), /Not a key/)
      await assert.rejects(store.stat(key), /Not a key/)
      await assert.rejects(store.remove([key]), /Not a key/)
      assert.throws(() => store.get(key), /Not a key/)
    }
    await assertEmpty(store)
    close()
  })

  for (const [name, sizeBytes] of [
    ['before its first byte', 0],
    ['after a little', 10_000],
    ['in the third part', 20 * MIB],
  ] as const) {
    test(`a source that fails ${name} leaves nothing, and its error is not changed`, async () => {
      const { store, close } = await open()
      const key = newKey()
      const reason = new Error('the client went away')
      let isLetGo = false
      async function* failing(): AsyncGenerator<Uint8Array> {
        try {
          yield* pieces(randomBytes(sizeBytes))
          throw reason
        } finally {
          isLetGo = true
        }
      }
      await assert.rejects(store.put(key, failing()), (error) => error === reason)
      assert.ok(isLetGo)
      assert.equal(await store.stat(key), undefined)
      await assertEmpty(store)
      await store.put(key, pieces(Buffer.from('again')))
      assert.equal((await read(store, key)).toString(), 'again')
      await store.remove([key])
      close()
    })
  }

  test('many keys are listed once each, page by page, and removed together', async () => {
    const { store, close } = await open()
    const keys = Array.from({ length: 37 }, newKey)
    await Promise.all(keys.map((key, index) => store.put(key, pieces(randomBytes(index)))))
    const found = await listed(store)
    assert.deepEqual(found.map(({ key }) => key).toSorted(), keys.toSorted())
    for (const { key, sizeBytes } of found) assert.equal(sizeBytes, keys.indexOf(key))
    // More than one batch, most of them not there.
    await store.remove([...keys.slice(1), ...Array.from({ length: 1_100 }, newKey)])
    assert.deepEqual(
      (await listed(store)).map(({ key }) => key),
      keys.slice(0, 1),
    )
    await store.remove(keys)
    await assertEmpty(store)
    close()
  })

  test('many at once do not mix', async () => {
    const { store, close } = await open()
    const contents = Array.from({ length: 12 }, (_, index) => randomBytes(index * MIB + 100))
    const keys = contents.map(newKey)
    await Promise.all(contents.map((content, index) => store.put(keys[index] ?? '', pieces(content))))
    const back = await Promise.all(keys.map((key) => read(store, key)))
    assert.deepEqual(back.map(hashOf), contents.map(hashOf))
    await store.remove(keys)
    close()
  })

  test('a reader that leaves early, or lingers, disturbs nobody', async () => {
    const { store, close } = await open()
    const content = randomBytes(12 * MIB)
    const key = newKey()
    await store.put(key, pieces(content))
    const leaving = store.get(key)
    for await (const piece of leaving) {
      assert.ok(piece.byteLength > 0)
      break
    }
    assert.ok(leaving.destroyed)
    const unread = store.get(key)
    unread.destroy()
    const lingering = createHash('sha256')
    let count = 0
    await pipeline(store.get(key), async (source: Readable) => {
      for await (const piece of source) {
        if (count % 8 === 0) await setTimeout(5)
        count += 1
        lingering.update(piece)
      }
    })
    assert.equal(lingering.digest('hex'), hashOf(content))
    await store.remove([key])
    close()
  })

  test('a reader whose content is removed meanwhile gets all of it or an error, never less', async () => {
    const { store, close } = await open()
    const key = newKey()
    const sizeBytes = 9 * MIB
    await store.put(key, pieces(randomBytes(sizeBytes)))
    const stream = store.get(key, { start: 0, end: sizeBytes - 1 })
    let got = 0
    let hasFailed = false
    try {
      for await (const piece of stream) {
        if (got === 0) await store.remove([key])
        got += piece.byteLength
      }
    } catch {
      hasFailed = true
    }
    assert.ok(hasFailed || got === sizeBytes, `ended well after ${got} bytes`)
    await assert.rejects(read(store, key), fault('internal'))
    close()
  })

  test('the mark is found again, is replaced as a whole, and is no content', async () => {
    const { store, close } = await open()
    assert.equal(await store.findMark(), undefined)
    await store.writeMark('ours')
    assert.equal(await store.findMark(), 'ours')
    await store.writeMark('x')
    assert.equal(await store.findMark(), 'x')
    await assertEmpty(store)
    close()
  })
})
