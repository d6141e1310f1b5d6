import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { readTar, readZip } from '../../../test/helpers/archives.ts'
import { joinCrc32 } from '../../lib/crc32.ts'
import type { ArchiveWriter, EntryHead } from './format.ts'
import { createTarWriter } from './tar.ts'
import { createZipWriter } from './zip.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloudlet-formats-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const hasProgram = (name: string): boolean => spawnSync(name, ['--help']).error === undefined

function headOf(name: string, content: Uint8Array, mtimeMs: number = Date.UTC(2026, 1, 3)): EntryHead {
  return { name, isCollection: name.endsWith('/'), sizeBytes: content.length, mtimeMs, crc32: crc32(content) }
}

function write(writer: ArchiveWriter, entries: Iterable<readonly [string, Uint8Array, number?]>): Buffer {
  const pieces: Uint8Array[] = []
  for (const [name, content, mtimeMs] of entries) {
    const head = headOf(name, content, mtimeMs)
    pieces.push(writer.begin(head), content, writer.finish(head))
  }
  return Buffer.concat([...pieces, ...writer.end()])
}

/** As many zeros, without reading them. */
function crcOfZeros(sizeBytes: number): number {
  const first = crc32(new Uint8Array(1))
  let sum = 0
  let piece = { crc: first, bytes: 1 }
  for (let rest = sizeBytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) sum = joinCrc32(sum, piece.crc, piece.bytes)
    piece = { crc: joinCrc32(piece.crc, piece.crc, piece.bytes), bytes: piece.bytes * 2 }
  }
  return sum
}

/** An archive with a file of so many zeros that take no place on the disk, and a small one behind it. */
function writeSparse(path: string, writer: ArchiveWriter, sizeBytes: number): void {
  const file = openSync(path, 'w')
  let at = 0
  const append = (bytes: Uint8Array): void => {
    at += writeSync(file, bytes, 0, bytes.length, at)
  }
  const large: EntryHead = {
    name: 'large',
    isCollection: false,
    sizeBytes,
    mtimeMs: 0,
    crc32: crcOfZeros(sizeBytes),
  }
  append(writer.begin(large))
  at += sizeBytes
  append(writer.finish(large))
  const content = Buffer.from('behind')
  const small = headOf('small', content)
  for (const bytes of [writer.begin(small), content, writer.finish(small), ...writer.end()]) append(bytes)
  ftruncateSync(file, at)
  closeSync(file)
}

test('checksums of pieces make the one of the whole', () => {
  const bytes = Buffer.from('two pieces of one content')
  for (let cut = 0; cut <= bytes.length; cut++) {
    const [one, other] = [bytes.subarray(0, cut), bytes.subarray(cut)]
    assert.equal(joinCrc32(crc32(one), crc32(other), other.length), crc32(bytes))
  }
  assert.equal(crcOfZeros(100_001), crc32(new Uint8Array(100_001)))
})

describe('times that a format has no field for are the nearest it has', () => {
  for (const [date, mtimeS] of [
    ['1970-01-01T00:00:00Z', 0],
    ['1901-12-14T00:00:00Z', -2_147_472_000],
    ['2038-01-19T03:14:07Z', 2_147_483_647],
  ] as const) {
    test(`${date} is kept by both`, () => {
      const entries = [['a', Buffer.from('x'), Date.parse(date)]] as const
      assert.equal(readZip(write(createZipWriter(), entries)).get('a')?.mtimeS, mtimeS)
      assert.equal(readTar(write(createTarWriter(), entries)).get('a')?.mtimeS, mtimeS)
    })
  }

  test('the year 2500 is kept by tar', () => {
    const entries = [['a', Buffer.from('x'), Date.UTC(2500, 0)]] as const
    assert.equal(readTar(write(createTarWriter(), entries)).get('a')?.mtimeS, Date.UTC(2500, 0) / 1_000)
    assert.ok(write(createZipWriter(), entries).length > 0)
  })
})

test('an archive with nothing in it is an archive', () => {
  assert.equal(readZip(write(createZipWriter(), [])).size, 0)
  assert.equal(readTar(write(createTarWriter(), [])).size, 0)
})

test('names of every length', () => {
  const names = Array.from({ length: 260 }, (_, index) => 'n'.repeat(index + 1))
  for (const more of ['ü', 'üü/', '😀'.repeat(60)]) names.push(more, `${'x'.repeat(95)}${more}`)
  const entries = names.map((name) => [name, name.endsWith('/') ? Buffer.alloc(0) : Buffer.from(name)] as const)
  for (const members of [readZip(write(createZipWriter(), entries)), readTar(write(createTarWriter(), entries))]) {
    assert.equal(members.size, names.length)
    for (const name of names) assert.ok(members.has(name.replace(/\/$/, '')), name)
  }
})

test('more entries than 16 bits count', (t) => {
  const count = 66_000
  const content = Buffer.from('.')
  const bytes = write(
    createZipWriter(),
    Array.from({ length: count }, (_, index) => [`f${index}`, content] as const),
  )
  assert.equal(readZip(bytes).size, count)
  if (!hasProgram('unzip')) return t.diagnostic('unzip is not there')
  const path = join(folder, 'many.zip')
  writeFileSync(path, bytes)
  execFileSync('unzip', ['-tqq', path])
})

test('a zip file of more than 4 GiB', (t) => {
  const path = join(folder, 'large.zip')
  writeSparse(path, createZipWriter(), 5 * 2 ** 30)
  if (!hasProgram('unzip')) return t.diagnostic('unzip is not there')
  assert.match(execFileSync('unzip', ['-l', path]).toString(), /5368709120 .*large\n/)
  assert.equal(execFileSync('unzip', ['-p', path, 'small']).toString(), 'behind')
})

test('a tar file of more than 8 GiB', (t) => {
  const path = join(folder, 'large.tar')
  writeSparse(path, createTarWriter(), 9 * 2 ** 30)
  if (!hasProgram('tar')) return t.diagnostic('tar is not there')
  assert.match(execFileSync('tar', ['-tvf', path]).toString(), / 9663676416 .*large\n[\s\S]* 6 .*small\n/)
})
