import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createDiskBlobs } from '../../src/blobs/disk.ts'
import { Fault, type FaultKind } from '../../src/lib/fault.ts'

const MIB = 1024 * 1024
const newKey = (): string => randomBytes(16).toString('hex')

async function* pieces(sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let left = sizeBytes; left > 0; left -= 64_000) yield randomBytes(Math.min(64_000, left))
}

const fault = (kind: FaultKind) => (error: unknown) => error instanceof Fault && error.kind === kind

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-disk-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const blobFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? entry.name : []))

for (const code of ['ENOSPC', 'EDQUOT'] as const) {
  test(`a disk that says ${code} in the middle is no-space, and nothing stays`, async (t) => {
    const folder = newFolder(t)
    const probe = await open(join(folder, 'probe'), 'w')
    const handles = Object.getPrototypeOf(probe)
    await probe.close()
    rmSync(join(folder, 'probe'))
    const write = handles.writev
    let writes = 0
    t.mock.method(handles, 'writev', function (this: unknown, ...args: unknown[]) {
      writes += 1
      if (writes === 2) throw Object.assign(new Error(code), { code, syscall: 'write' })
      return write.apply(this, args)
    })
    const store = createDiskBlobs(folder)
    await assert.rejects(store.put(newKey(), pieces(5 * MIB)), fault('no-space'))
    assert.deepEqual(blobFiles(folder), [])
    await store.put(newKey(), pieces(5 * MIB))
    assert.equal(blobFiles(folder).length, 1)
  })
}

test('on a disk that is really full: no-space, what is there can be read, and room comes back', async (t) => {
  const folder = newFolder(t)
  const mounted = spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
  if (mounted.status !== 0) return t.skip('a small disk can be mounted only by root')
  try {
    const store = createDiskBlobs(folder)
    const key = newKey()
    await store.put(key, pieces(3 * MIB))
    await assert.rejects(store.put(newKey(), pieces(3 * MIB)), fault('no-space'))
    assert.deepEqual(blobFiles(folder), [key])
    const got = Buffer.concat(await Array.fromAsync(store.get(key)))
    assert.equal(got.byteLength, 3 * MIB)
    await store.remove([key])
    await store.put(newKey(), pieces(3 * MIB))
  } finally {
    spawnSync('/bin/umount', [folder])
  }
})

test('a file that was cut short fails to be read, it never ends early (bug class: short reads)', async (t) => {
  const folder = newFolder(t)
  const store = createDiskBlobs(folder)
  const key = newKey()
  await store.put(key, pieces(MIB))
  truncateSync(join(folder, key.slice(0, 2), key), 1_000)
  await assert.rejects(Array.fromAsync(store.get(key, { start: 0, end: MIB - 1 })), fault('internal'))
})

test('a folder that cannot be used is unavailable', async (t) => {
  const folder = join(newFolder(t), 'blobs')
  writeFileSync(folder, 'a file')
  const store = createDiskBlobs(folder)
  const key = newKey()
  await assert.rejects(store.put(key, pieces(10)), fault('unavailable'))
  await assert.rejects(store.stat(key), fault('unavailable'))
  await assert.rejects(store.writeMark('x'), fault('unavailable'))
})

test('other files in the folder are not listed', async (t) => {
  const folder = newFolder(t)
  const store = createDiskBlobs(folder)
  const key = newKey()
  await store.put(key, pieces(10))
  mkdirSync(join(folder, 'lost+found'))
  writeFileSync(join(folder, key.slice(0, 2), `${key}.txt`), 'x')
  assert.deepEqual(
    (await Array.fromAsync(store.list())).map((blob) => blob.key),
    [key],
  )
})
