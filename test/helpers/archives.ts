import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

export interface Unpacked {
  readonly isFolder: boolean
  readonly mtimeS: number
  readonly content: Buffer
}

/** Entries by name, without the slash at the end of a folder, in the order of the archive. */
export type Members = ReadonlyMap<string, Unpacked>

/** Reads a zip file from its end, as programs do, and holds every local header against the directory. */
export function readZip(bytes: Uint8Array): Members {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { count, offset } = endOfZip(zip)
  const members = new Map<string, Unpacked>()
  let at = offset
  let expectedLocal = 0
  for (let index = 0; index < count; index++) {
    assert.equal(zip.readUInt32LE(at), 0x02014b50, 'a header of the directory')
    const nameBytes = zip.readUInt16LE(at + 28)
    const extraBytes = zip.readUInt16LE(at + 30)
    const name = zip.subarray(at + 46, at + 46 + nameBytes)
    const extra = fieldsOf(zip.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes))
    const local = zip.readUInt32LE(at + 42)
    assert.equal(local, expectedLocal, 'nothing stands between two entries')
    const member = localEntry(zip, local, name)
    assert.equal(zip.readUInt32LE(at + 16), crc32(member.content))
    assert.equal(zip.readUInt32LE(at + 20), member.content.length)
    assert.equal(extra.get(0x5455)?.readInt32LE(1), member.mtimeS)
    const text = name.toString()
    assert.equal(Boolean(zip.readUInt16LE(at + 8) & 0x0800), /[^\x20-\x7e]/.test(text), 'names say that they are UTF-8')
    assert.equal(zip.readUInt16LE(at + 6), 45)
    assert.equal(zip.readUInt32LE(at + 38) >>> 28 === 4, text.endsWith('/'), 'a folder is one for Unix')
    expectedLocal = member.end
    addMember(members, text, member)
    at += 46 + nameBytes + extraBytes
  }
  assert.equal(expectedLocal, offset)
  return members
}

function endOfZip(zip: Buffer): { readonly count: number; readonly offset: number } {
  const end = zip.length - 22
  assert.equal(zip.readUInt32LE(end), 0x06054b50, 'the end of the directory')
  if (end < 20 || zip.readUInt32LE(end - 20) !== 0x07064b50) {
    return { count: zip.readUInt16LE(end + 10), offset: zip.readUInt32LE(end + 16) }
  }
  const long = Number(zip.readBigUInt64LE(end - 12))
  assert.equal(zip.readUInt32LE(long), 0x06064b50, 'the long end of the directory')
  return { count: Number(zip.readBigUInt64LE(long + 32)), offset: Number(zip.readBigUInt64LE(long + 48)) }
}

function localEntry(zip: Buffer, at: number, name: Buffer): Unpacked & { readonly end: number } {
  assert.equal(zip.readUInt32LE(at), 0x04034b50, 'a local header')
  assert.equal(zip.readUInt16LE(at + 8), 0, 'stored')
  const nameBytes = zip.readUInt16LE(at + 26)
  const start = at + 30 + nameBytes + zip.readUInt16LE(at + 28)
  assert.deepEqual(zip.subarray(at + 30, at + 30 + nameBytes), name)
  const extra = fieldsOf(zip.subarray(at + 30 + nameBytes, start))
  const end = start + zip.readUInt32LE(at + 18)
  const content = zip.subarray(start, end)
  assert.equal(zip.readUInt32LE(at + 14), crc32(content))
  const mtimeS = extra.get(0x5455)?.readInt32LE(1) ?? Number.NaN
  return { isFolder: name.toString().endsWith('/'), mtimeS, content, end }
}

function fieldsOf(extra: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>()
  for (let at = 0; at < extra.length; ) {
    const sizeBytes = extra.readUInt16LE(at + 2)
    fields.set(extra.readUInt16LE(at), extra.subarray(at + 4, at + 4 + sizeBytes))
    at += 4 + sizeBytes
  }
  return fields
}

/** Reads a tar file from its beginning, and wants its end to be there. */
export function readTar(bytes: Uint8Array): Members {
  const tar = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assert.equal(tar.length % 512, 0, 'whole blocks')
  const members = new Map<string, Unpacked>()
  let records = new Map<string, string>()
  let at = 0
  for (; tar[at] !== 0; ) {
    const header = tar.subarray(at, at + 512)
    checkSum(header)
    const kind = String.fromCharCode(header[156] ?? 0)
    const sizeBytes = Number(records.get('size') ?? octal(header, 124, 12))
    const content = tar.subarray(at + 512, at + 512 + sizeBytes)
    at += 512 + Math.ceil(sizeBytes / 512) * 512
    if (kind === 'x') {
      records = recordsOf(content)
      continue
    }
    const name = records.get('path') ?? header.toString('utf8', 0, header.indexOf(0) > 100 ? 100 : header.indexOf(0))
    const mtimeS = Number(records.get('mtime') ?? octal(header, 136, 12))
    assert.equal(kind, name.endsWith('/') ? '5' : '0')
    addMember(members, name, { isFolder: kind === '5', mtimeS, content })
    records = new Map()
  }
  assert.equal(tar.length - at, 1_024, 'two empty blocks are the end')
  assert.ok(tar.subarray(at).every((byte) => byte === 0))
  return members
}

function checkSum(header: Buffer): void {
  let sum = 0
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte
  assert.equal(octal(header, 148, 7), sum)
  assert.equal(header.toString('latin1', 257, 265), 'ustar\u000000')
}

const octal = (header: Buffer, at: number, bytes: number): number =>
  Number.parseInt(header.toString('latin1', at, at + bytes), 8)

function recordsOf(content: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(' ', at)
    const end = at + Number(content.toString('latin1', at, blank))
    const [, keyword = '', value = ''] = /^(\w+)=([\s\S]*)\n$/.exec(content.toString('utf8', blank + 1, end)) ?? []
    records.set(keyword, value)
    at = end
  }
  return records
}

function addMember(members: Map<string, Unpacked>, name: string, { isFolder, mtimeS, content }: Unpacked): void {
  const path = name.replace(/\/$/, '')
  assert.ok(!members.has(path), `${path} is there twice`)
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : undefined
  if (folder !== undefined) assert.equal(members.get(folder)?.isFolder, true, `${folder} comes before what is in it`)
  members.set(path, { isFolder, mtimeS, content })
}
