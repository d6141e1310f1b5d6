import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createS3Blobs, type S3Settings } from '../../src/blobs/s3.ts'
import { partBytes } from '../../src/blobs/s3-put.ts'
import { Fault } from '../../src/lib/fault.ts'
import { openFullBucket, stubSettings } from '../helpers/blob-stores.ts'
import { type S3Stub, type S3Trouble, startS3Stub } from '../helpers/s3-stub.ts'

const MIB = 1024 * 1024
const newKey = (): string => randomBytes(16).toString('hex')
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += 100_000) yield content.subarray(at, at + 100_000)
}

async function read(store: BlobStore, key: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.get(key)))
}

const fault = (kind: string, cause?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Fault, `not a Fault: ${error}`)
  assert.equal(error.kind, kind)
  if (cause !== undefined) assert.match(String(error.cause), cause)
  return true
}

describe('S3 when things go wrong', () => {
  let stub: S3Stub
  let settings: S3Settings
  let store: BlobStore
  /** Waits less, for a storage that says nothing. */
  let impatient: BlobStore
  before(async () => {
    stub = await startS3Stub()
  })
  beforeEach(() => {
    store?.close()
    impatient?.close()
    settings = stubSettings(stub)
    store = createS3Blobs(settings)
    impatient = createS3Blobs({ ...settings, idleMs: 400 })
    stub.requests()
  })
  after(async () => {
    store.close()
    impatient.close()
    await stub.stop()
  })
  const operations = (): string[] => stub.requests().map(({ operation }) => operation)
  const nothingStays = (): void => {
    assert.deepEqual(
      stub.names().filter((name) => name.startsWith(settings.prefix)),
      [],
    )
    assert.equal(stub.unfinished(), 0)
  }
  const put = async (sizeBytes: number, into = store): Promise<{ key: string; content: Buffer }> => {
    const key = newKey()
    const content = randomBytes(sizeBytes)
    await into.put(key, pieces(content))
    return { key, content }
  }

  test('little content is one request, much is parts, and names lie as they do on a disk', async () => {
    const { key } = await put(8 * MIB)
    assert.deepEqual(operations(), ['PutObject'])
    assert.ok(stub.names().includes(`${settings.prefix}/${key.slice(0, 2)}/${key}`))
    await put(17 * MIB)
    assert.deepEqual(operations().toSorted(), [
      'CompleteMultipartUpload',
      'CreateMultipartUpload',
      'UploadPart',
      'UploadPart',
      'UploadPart',
    ])
  })

  test('parts are equal up to 24 GiB, and 10,000 of them hold almost two TiB', () => {
    assert.equal(partBytes(1), 8 * MIB)
    assert.equal(partBytes(3_000), 8 * MIB)
    assert.equal(partBytes(3_001), 16 * MIB)
    const total = Array.from({ length: 10_000 }, (_, index) => partBytes(index + 1)).reduce((sum, size) => sum + size)
    assert.ok(total > 1.9 * 1024 ** 4)
    assert.ok(partBytes(10_000) <= 1024 * MIB)
    assert.throws(() => partBytes(10_001), fault('too-large'))
  })

  for (const [operation, sizeBytes] of [
    ['PutObject', 1_000],
    ['CreateMultipartUpload', 9 * MIB],
    ['UploadPart', 20 * MIB],
    ['CompleteMultipartUpload', 9 * MIB],
  ] as const) {
    const troubles: readonly S3Trouble[] = [
      { kind: 'error', status: 503, code: 'SlowDown' },
      { kind: 'drop' },
      { kind: 'lose-answer' },
      { kind: 'hang' },
    ]
    for (const trouble of troubles) {
      test(`${operation}: ${trouble.kind} once is gone over`, async () => {
        stub.trouble(operation, trouble)
        const { key, content } = await put(sizeBytes, trouble.kind === 'hang' ? impatient : store)
        assert.equal(hashOf(await read(store, key)), hashOf(content))
        // A first attempt that began an upload and could not say so is left to the sweeper.
        if (operation === 'CreateMultipartUpload') await store.removeUnfinished(Date.now() + 1_000)
        assert.equal(stub.unfinished(), 0)
      })
    }

    test(`${operation}: an error that stays ends in unavailable, and nothing is left`, async () => {
      stub.trouble(operation, { kind: 'error', status: 500, code: 'InternalError' }, 100)
      await assert.rejects(put(sizeBytes), fault('unavailable', /InternalError/))
      stub.calm()
      nothingStays()
    })
  }

  test('a part that is refused ends the upload at once, not when the source ends', async () => {
    stub.trouble('UploadPart', { kind: 'error', status: 400, code: 'InvalidRequest' })
    let taken = 0
    let isLetGo = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          taken += MIB
          yield randomBytes(MIB)
        }
      } finally {
        isLetGo = true
      }
    }
    await assert.rejects(store.put(newKey(), endless()), fault('unavailable', /InvalidRequest/))
    assert.ok(isLetGo)
    assert.ok(taken < 400 * MIB, `${taken} bytes were taken`)
    nothingStays()
  })

  test('a full bucket is no-space, for little and for much content', async () => {
    stub.quotaBytes = 1_000
    await assert.rejects(put(2_000), fault('no-space'))
    await assert.rejects(put(10 * MIB), fault('no-space'))
    stub.quotaBytes = Number.POSITIVE_INFINITY
    nothingStays()
    stub.trouble('PutObject', { kind: 'error', status: 507, code: 'XMinioStorageFull' }, 10)
    await assert.rejects(put(2_000), fault('no-space'))
    stub.calm()
  })

  test('parts that could not be taken back are swept by age, and only our own', async () => {
    const other = createS3Blobs({ ...settings, prefix: `${settings.prefix}-other` })
    const failing = async (into: BlobStore): Promise<void> => {
      async function* source(): AsyncGenerator<Uint8Array> {
        yield randomBytes(9 * MIB)
        throw new Error('gone')
      }
      await assert.rejects(into.put(newKey(), source()), /gone/)
    }
    stub.trouble('AbortMultipartUpload', { kind: 'error', status: 500, code: 'InternalError' }, 1_000)
    // More than a page of the stub.
    for (let count = 0; count < 12; count += 1) await failing(store)
    await failing(other)
    stub.calm()
    assert.equal(stub.unfinished(), 13)
    assert.equal(await store.removeUnfinished(Date.now() - 60_000), 0)
    assert.equal(await store.removeUnfinished(Date.now() + 1_000), 12)
    assert.equal(stub.unfinished(), 1)
    assert.equal(await other.removeUnfinished(Date.now() + 1_000), 1)
    other.close()
    nothingStays()
  })

  test('a download that breaks off goes on where it was (bug class: short reads)', async () => {
    const { key, content } = await put(3 * MIB)
    stub.trouble('GetObject', { kind: 'truncate', afterBytes: MIB }, 2)
    assert.equal(hashOf(await read(store, key)), hashOf(content))
    assert.equal(operations().filter((operation) => operation === 'GetObject').length, 3)
    for (const trouble of [{ kind: 'drop' }, { kind: 'hang' }] as const) {
      stub.trouble('GetObject', trouble)
      assert.equal(hashOf(await read(impatient, key)), hashOf(content))
    }
  })

  test('a download that brings nothing more fails, it never ends short (bug class: short reads)', async () => {
    const { key } = await put(3 * MIB)
    stub.trouble('GetObject', { kind: 'truncate', afterBytes: 0 }, 100)
    await assert.rejects(read(store, key), fault('unavailable'))
    stub.calm()
    stub.trouble('GetObject', { kind: 'hang' }, 100)
    await assert.rejects(read(impatient, key), fault('unavailable', /timed out|TimeoutError/i))
    stub.calm()
  })

  test('an object that was cut short in the storage fails (bug class: short reads)', async () => {
    const { key } = await put(3 * MIB)
    stub.damage(`${settings.prefix}/${key.slice(0, 2)}/${key}`, MIB)
    await assert.rejects(Array.fromAsync(store.get(key, { start: 0, end: 3 * MIB - 1 })), fault('internal'))
  })

  test('a reader that waits long goes on afterwards, without content being read ahead for it', async () => {
    const { key, content } = await put(12 * MIB)
    const stream = impatient.get(key)
    const hash = createHash('sha256')
    let isFirst = true
    for await (const piece of stream) {
      hash.update(piece)
      if (isFirst) await new Promise((resolve) => setTimeout(resolve, 1_500))
      isFirst = false
      assert.ok(stream.readableLength < 4 * MIB)
    }
    assert.equal(hash.digest('hex'), hashOf(content))
  })

  test('a refused removal is told, not taken for done', async () => {
    const { key } = await put(10)
    stub.trouble('DeleteObjects', { kind: 'error', status: 403, code: 'AccessDenied' }, 10)
    await assert.rejects(store.remove([key]), fault('unavailable', /AccessDenied/))
    stub.calm()
    await store.remove([key])
    assert.equal(await store.stat(key), undefined)
  })

  test('a storage that is gone is unavailable to every operation', async () => {
    const nowhere = createS3Blobs({ ...settings, endpoint: 'http://127.0.0.1:1' })
    const key = newKey()
    await assert.rejects(nowhere.put(key, pieces(randomBytes(10))), fault('unavailable'))
    await assert.rejects(nowhere.put(key, pieces(randomBytes(9 * MIB))), fault('unavailable'))
    await assert.rejects(read(nowhere, key), fault('unavailable'))
    await assert.rejects(nowhere.stat(key), fault('unavailable'))
    await assert.rejects(nowhere.remove([key]), fault('unavailable'))
    await assert.rejects(Array.fromAsync(nowhere.list()), fault('unavailable'))
    await assert.rejects(nowhere.removeUnfinished(0), fault('unavailable'))
    nowhere.close()
  })

  test('the stub checks signatures: a wrong secret, a wrong body and an unsigned request are refused', async () => {
    const wrong = createS3Blobs({ ...settings, secretAccessKey: 'wrong' })
    await assert.rejects(wrong.stat(newKey()), fault('unavailable'))
    await assert.rejects(wrong.put(newKey(), pieces(randomBytes(10))), fault('unavailable', /SignatureDoesNotMatch/))
    wrong.close()
    const unsigned = await fetch(`${stub.endpoint}/cloudlet/x`, { method: 'PUT', body: 'x' })
    assert.equal(unsigned.status, 403)
    assert.match(await unsigned.text(), /AccessDenied/)
    nothingStays()
  })
})

const full = openFullBucket()
test('a bucket of a real storage that is full is no-space', {
  skip: full === undefined && 'no such storage',
}, async () => {
  assert.ok(full !== undefined)
  const key = newKey()
  await assert.rejects(full.put(key, pieces(randomBytes(3 * MIB))), fault('no-space'))
  assert.equal(await full.stat(key), undefined)
  full.close()
})
