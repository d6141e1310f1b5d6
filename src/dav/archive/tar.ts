import type { ArchiveWriter, EntryHead } from './format.ts'

const BLOCK_BYTES = 512
const NAME_BYTES = 100
/** Most that eleven octal digits say. */
const MAX_OCTAL = 0o77777777777
const ZEROS = Buffer.alloc(BLOCK_BYTES)

/** The interchange format of POSIX.1-2001 (`pax`), which is `ustar` with what does not fit said before. */
export function createTarWriter(): ArchiveWriter {
  return {
    begin(head) {
      const records = recordsOf(head)
      const header = headerBlock(head, head.isCollection ? '5' : '0')
      if (records.length === 0) return header
      const body = Buffer.from(records)
      const before = { ...head, name: 'PaxHeader', isCollection: false, sizeBytes: body.length }
      return Buffer.concat([headerBlock(before, 'x'), body, paddingOf(body.length), header])
    },
    finish: ({ sizeBytes }) => paddingOf(sizeBytes),
    *end() {
      yield ZEROS
      yield ZEROS
    },
  }
}

function paddingOf(sizeBytes: number): Buffer {
  return ZEROS.subarray(0, (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES)
}

/** What the header has no room for, each as `LENGTH KEYWORD=VALUE`. */
function recordsOf({ name, sizeBytes, mtimeMs }: EntryHead): string {
  const seconds = Math.floor(mtimeMs / 1_000)
  let records = ''
  if (!/^[\x20-\x7e]*$/.test(name) || name.length > NAME_BYTES) records += record('path', name)
  if (sizeBytes > MAX_OCTAL) records += record('size', String(sizeBytes))
  if (seconds < 0 || seconds > MAX_OCTAL) records += record('mtime', String(seconds))
  return records
}

/** The length counts itself. */
function record(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`
  const restBytes = Buffer.byteLength(rest)
  let digits = 1
  while (String(restBytes + digits).length > digits) digits += 1
  return `${restBytes + digits}${rest}`
}

function headerBlock({ name, isCollection, sizeBytes, mtimeMs }: EntryHead, kind: string): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  block.write(name, 0, NAME_BYTES)
  writeOctal(block, 100, 8, isCollection ? 0o755 : 0o644)
  writeOctal(block, 108, 8, 0)
  writeOctal(block, 116, 8, 0)
  writeOctal(block, 124, 12, sizeBytes)
  writeOctal(block, 136, 12, Math.floor(mtimeMs / 1_000))
  // The sum counts its own field as blanks.
  block.fill(' ', 148, 156)
  block.write(kind, 156)
  block.write('ustar\u000000', 257, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  writeOctal(block, 148, 7, sum)
  return block
}

function writeOctal(block: Buffer, at: number, fieldBytes: number, value: number): void {
  const fitting = Math.min(Math.max(0, value), 8 ** (fieldBytes - 1) - 1)
  block.write(fitting.toString(8).padStart(fieldBytes - 1, '0'), at, 'latin1')
  block[at + fieldBytes - 1] = 0
}
