import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { ArchiveWriter, EntryHead } from './format.ts'

/** Needed to extract: 4.5, which is the first with long sizes (recording webdav-files). */
const VERSION = 45
/** Who made it: Unix, for the meaning of the attributes. */
const MADE_BY = (3 << 8) | VERSION
const UTF8_NAME = 0x0800
const MAX_16 = 0xffff
const MAX_32 = 0xffffffff
const FILE_MODE = 0o100644
const FOLDER_MODE = 0o40755
/** Bit of MS-DOS for a folder. */
const DOS_FOLDER = 0x10
const NOTHING = Buffer.alloc(0)

/**
 * The format of PKWARE's APPNOTE.TXT 6.3, contents stored as they are. Sizes and checksums stand before the content,
 * not behind it: programs that read a stream need them there when nothing is compressed.
 */
export function createZipWriter(): ArchiveWriter {
  const directory = createKeptBytes()
  let entries = 0
  let offset = 0
  return {
    begin(head) {
      const name = Buffer.from(head.name)
      const header = localHeader(head, name)
      directory.add(directoryHeader(head, name, offset))
      entries += 1
      offset += header.length + head.sizeBytes
      return header
    },
    finish: () => NOTHING,
    *end() {
      yield* directory.pieces()
      yield endOfDirectory(entries, directory.sizeBytes(), offset)
    },
  }
}

/** Section 4.3.7. */
function localHeader(head: EntryHead, name: Buffer): Buffer {
  const { sizeBytes } = head
  const isLong = sizeBytes >= MAX_32
  const extra = Buffer.concat([isLong ? longField([sizeBytes, sizeBytes]) : NOTHING, timeField(head)])
  const fixed = Buffer.alloc(30)
  fixed.writeUInt32LE(0x04034b50, 0)
  writeCommon(fixed, 4, head, name, extra)
  return Buffer.concat([fixed, name, extra])
}

/** Section 4.3.12. */
function directoryHeader(head: EntryHead, name: Buffer, offset: number): Buffer {
  const { sizeBytes, isCollection } = head
  const long = [...(sizeBytes >= MAX_32 ? [sizeBytes, sizeBytes] : []), ...(offset >= MAX_32 ? [offset] : [])]
  const extra = Buffer.concat([long.length > 0 ? longField(long) : NOTHING, timeField(head)])
  const fixed = Buffer.alloc(46)
  fixed.writeUInt32LE(0x02014b50, 0)
  fixed.writeUInt16LE(MADE_BY, 4)
  writeCommon(fixed, 6, head, name, extra)
  const attributes = isCollection ? FOLDER_MODE * 0x10000 + DOS_FOLDER : FILE_MODE * 0x10000
  fixed.writeUInt32LE(attributes, 38)
  fixed.writeUInt32LE(Math.min(offset, MAX_32), 42)
  return Buffer.concat([fixed, name, extra])
}

/** The fields that both headers have in the same order. */
function writeCommon(target: Buffer, at: number, head: EntryHead, name: Buffer, extra: Buffer): void {
  const shortSize = Math.min(head.sizeBytes, MAX_32)
  target.writeUInt16LE(VERSION, at)
  target.writeUInt16LE(/^[\x20-\x7e]*$/.test(head.name) ? 0 : UTF8_NAME, at + 2)
  const { time, date } = dosTime(head.mtimeMs)
  target.writeUInt16LE(time, at + 6)
  target.writeUInt16LE(date, at + 8)
  target.writeUInt32LE(head.crc32, at + 10)
  target.writeUInt32LE(shortSize, at + 14)
  target.writeUInt32LE(shortSize, at + 18)
  target.writeUInt16LE(name.length, at + 22)
  target.writeUInt16LE(extra.length, at + 24)
}

/** Section 4.4.6: two seconds fine, from 1980 to 2107, in no time zone; here UTC. */
function dosTime(mtimeMs: number): { readonly time: number; readonly date: number } {
  const year = new Date(mtimeMs).getUTCFullYear()
  const moment = new Date(year < 1980 ? Date.UTC(1980, 0) : year > 2107 ? Date.UTC(2107, 11, 31) : mtimeMs)
  return {
    time: (moment.getUTCHours() << 11) | (moment.getUTCMinutes() << 5) | (moment.getUTCSeconds() >> 1),
    date: ((moment.getUTCFullYear() - 1980) << 9) | ((moment.getUTCMonth() + 1) << 5) | moment.getUTCDate(),
  }
}

/** Field 0x5455 of Info-ZIP: the second of the last change, as far as 32 bits go. */
function timeField({ mtimeMs }: EntryHead): Buffer {
  const seconds = Math.floor(mtimeMs / 1_000)
  if (seconds !== (seconds | 0)) return NOTHING
  const field = Buffer.alloc(9)
  field.writeUInt16LE(0x5455, 0)
  field.writeUInt16LE(5, 2)
  field.writeUInt8(1, 4)
  field.writeInt32LE(seconds, 5)
  return field
}

/** Section 4.5.3: what does not fit into 32 bits. */
function longField(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + values.length * 8)
  field.writeUInt16LE(0x0001, 0)
  field.writeUInt16LE(values.length * 8, 2)
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + index * 8)
  return field
}

/** Sections 4.3.14 to 4.3.16. */
function endOfDirectory(entries: number, sizeBytes: number, offset: number): Buffer {
  const short = Buffer.alloc(22)
  short.writeUInt32LE(0x06054b50, 0)
  short.writeUInt16LE(Math.min(entries, MAX_16), 8)
  short.writeUInt16LE(Math.min(entries, MAX_16), 10)
  short.writeUInt32LE(Math.min(sizeBytes, MAX_32), 12)
  short.writeUInt32LE(Math.min(offset, MAX_32), 16)
  if (entries < MAX_16 && sizeBytes < MAX_32 && offset < MAX_32) return short
  const long = Buffer.alloc(56)
  long.writeUInt32LE(0x06064b50, 0)
  long.writeBigUInt64LE(44n, 4)
  long.writeUInt16LE(MADE_BY, 12)
  long.writeUInt16LE(VERSION, 14)
  long.writeBigUInt64LE(BigInt(entries), 24)
  long.writeBigUInt64LE(BigInt(entries), 32)
  long.writeBigUInt64LE(BigInt(sizeBytes), 40)
  long.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + sizeBytes), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([long, locator, short])
}

const PIECE_BYTES = 64 * 1024

/**
 * The directory stands at the end, so it has to be kept until then: compressed, since its names and numbers are much the
 * same. A million entries take about 25 MB.
 */
function createKeptBytes() {
  const packed: Uint8Array[] = []
  let recent: Buffer[] = []
  let recentBytes = 0
  let sizeBytes = 0
  return {
    sizeBytes: () => sizeBytes,
    add(bytes: Buffer): void {
      recent.push(bytes)
      recentBytes += bytes.length
      sizeBytes += bytes.length
      if (recentBytes < PIECE_BYTES) return
      // Copied, since it may be a small part of a larger buffer, which would be kept as a whole.
      packed.push(new Uint8Array(deflateRawSync(Buffer.concat(recent), { level: 1 })))
      recent = []
      recentBytes = 0
    },
    *pieces(): Generator<Uint8Array> {
      for (const piece of packed) yield inflateRawSync(piece)
      yield* recent
    },
  }
}
