import * as fs from 'node:fs'
import { type FileHandle, mkdir, open, opendir, readFile, rename, stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crashPoint } from '../lib/crash-point.ts'
import { Fault } from '../lib/fault.ts'
import {
  type BlobStore,
  type ByteRange,
  blobPath,
  damagedBlob,
  isBlobKey,
  MARK_NAME,
  type StoredBlob,
} from './blob-store.ts'
import { MESSAGES } from './fault-messages.ts'

/** Small pieces are joined before they are written: each write is a trip to another thread. */
const WRITE_BYTES = 1024 * 1024
const WRITE_PIECES = 256
const READ_BYTES = 512 * 1024
/** What comes slowly is written nevertheless: by its time the sweeper knows that somebody is at it. */
const FLUSH_AFTER_MS = 60_000
const FANS = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))

/**
 * Blobs as files, in 256 folders by the first two digits of their keys. A blob is written under its own name at once:
 * nobody knows the key before the row that names it is committed, so a torn file can only be an orphan, which the
 * sweeper finds. File and folder are synced before `put` resolves.
 */
export function createDiskBlobs(folder: string, flushAfterMs: number = FLUSH_AFTER_MS): BlobStore {
  const prepare = createFans(folder)
  const pathOf = (key: string): string => join(folder, blobPath(key))
  const find = (key: string): Promise<StoredBlob | undefined> => findFile(key, pathOf(key))
  return {
    stat: async (key) => find(key),
    async put(key, source) {
      const path = pathOf(key)
      let file: FileHandle | undefined
      try {
        await prepare(dirname(path))
        file = await open(path, 'wx', 0o600)
        crashPoint('blob.opened')
        await writeAll(file, source, flushAfterMs)
        await file.sync()
        crashPoint('blob.synced')
        await syncFolder(dirname(path))
        crashPoint('blob.folder-synced')
      } catch (error) {
        if (file !== undefined) await unlink(path).catch(() => {})
        throw diskFault(error)
      } finally {
        await file?.close()
      }
    },
    get: (key, range) =>
      fs.createReadStream(pathOf(key), { highWaterMark: READ_BYTES, ...range, fs: strictReading(key, range) }),
    async remove(keys) {
      for (const key of keys) {
        await unlink(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw diskFault(error)
        })
        crashPoint('blob.removed')
      }
    },
    async *list(prefix = '') {
      for (const fan of FANS.filter((name) => prefix.startsWith(name) || name.startsWith(prefix))) {
        for await (const name of namesIn(join(folder, fan))) {
          const found = isBlobKey(name) && name.startsWith(prefix) ? await find(name) : undefined
          if (found !== undefined) yield found
        }
      }
    },
    // What a crash has left of an upload is listed like any other blob.
    removeUnfinished: async () => 0,
    findMark: () => readMarkFile(folder),
    async writeMark(text) {
      await prepare(folder).catch(throwFault)
      await writeMarkFile(folder, text).catch(throwFault)
    },
    freeBytes: () => freeBytesOf(folder),
    close() {},
  }
}

async function findFile(key: string, path: string): Promise<StoredBlob | undefined> {
  try {
    const { size, mtimeMs } = await stat(path)
    return { key, sizeBytes: size, changedAtMs: mtimeMs }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw diskFault(error)
  }
}

/** Opening and reading for a stream that must not end before its range does, and that fails with Faults. */
function strictReading(key: string, range: ByteRange | undefined): Pick<typeof fs, 'open' | 'close' | 'read'> {
  const opening = (error: NodeJS.ErrnoException | null): unknown =>
    error?.code === 'ENOENT' ? damagedBlob(key, error) : error === null ? null : diskFault(error)
  const { open, close, read } = fs
  return {
    close,
    open: ((path: string, flags: string, mode: number, done: (error: unknown, fd: number) => void) =>
      open(path, flags, mode, (error, fd) => done(opening(error), fd))) as typeof open,
    read: ((...[fd, buffer, offset, length, position, done]: ReadArguments) =>
      read(fd, buffer, offset, length, position, (error, bytesRead, filled) => {
        const isShort = error === null && bytesRead === 0 && range !== undefined
        done(isShort ? damagedBlob(key) : error === null ? null : diskFault(error), bytesRead, filled)
      })) as typeof read,
  }
}

type ReadArguments = [
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
  done: (error: unknown, bytesRead: number, buffer: Buffer) => void,
]

async function readMarkFile(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, MARK_NAME), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw diskFault(error)
  }
}

/** Whole or not at all: a torn mark would be taken for somebody else's. */
async function writeMarkFile(folder: string, text: string): Promise<void> {
  const path = join(folder, MARK_NAME)
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(folder)
}

/**
 * Makes each folder with its first blob. Its entry in the folder above, and that one's in the data folder, are on the
 * disk before anybody relies on them; also when they were made a moment ago by a process that was killed.
 */
function createFans(folder: string): (fan: string) => Promise<void> {
  const ready = new Map<string, Promise<void>>()
  const once = (path: string, make: () => Promise<void>): Promise<void> => {
    const known = ready.get(path)
    if (known !== undefined) return known
    const made = make()
    ready.set(path, made)
    made.catch(() => ready.delete(path))
    return made
  }
  const makeIn = async (path: string): Promise<void> => {
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    crashPoint('blob.folder-made')
    await syncFolder(dirname(path))
  }
  return async (fan) => {
    await once(folder, () => makeIn(folder))
    await once(fan, () => makeIn(fan))
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  // Before the first blob there is no folder of ours, only the one that it will be in.
  const { bavail, bsize } = await statfs(folder).catch(() => statfs(dirname(folder)))
  return bavail * bsize
}

async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder)) yield name
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskFault(error)
  }
}

/** The next piece is taken in while the last one is being written. */
async function writeAll(file: FileHandle, source: AsyncIterable<Uint8Array>, flushAfterMs: number): Promise<void> {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let flushedAt = performance.now()
  let writing: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    await writing
    writing = writePieces(file, waiting, waitingBytes)
    // Whoever waits for it next is told; until then it is not forgotten by anybody.
    writing.catch(() => {})
    waiting = []
    waitingBytes = 0
    flushedAt = performance.now()
  }
  try {
    for await (const piece of source) {
      waiting.push(piece)
      waitingBytes += piece.byteLength
      const isMuch = waitingBytes >= WRITE_BYTES || waiting.length >= WRITE_PIECES
      if (isMuch || performance.now() - flushedAt > flushAfterMs) await flush()
    }
    if (waitingBytes > 0) await flush()
  } finally {
    // Also when the source fails: nobody may close the file before.
    await writing
  }
}

async function writePieces(file: FileHandle, pieces: readonly Uint8Array[], sizeBytes: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  // Goes on after a partial write, at the place where it ended.
  if (bytesWritten < sizeBytes) await file.appendFile(Buffer.concat(pieces).subarray(bytesWritten))
  crashPoint('blob.written')
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function throwFault(error: unknown): never {
  throw diskFault(error)
}

/** What the disk says, as a Fault; what the source says stays what it is. */
function diskFault(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  const syscall = (error as NodeJS.ErrnoException).syscall
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new Fault('no-space', MESSAGES.diskFull, {}, { cause: error })
  }
  if (syscall !== undefined && code !== 'ECONNRESET') {
    return new Fault('unavailable', MESSAGES.diskUnusable, {}, { cause: error })
  }
  return error
}
