import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crashPoint } from '../lib/crash-point.ts'
import { Fault } from '../lib/fault.ts'
import { type BlobStore, isBlobKey, type StoredBlob } from './blob-store.ts'

/** Small pieces are joined before they are written: each write is a trip to another thread. */
const WRITE_BYTES = 1024 * 1024
const READ_BYTES = 512 * 1024

/**
 * Blobs as files, in 256 folders by the first two digits of their keys. A blob is written under its own name at once:
 * nobody knows the key before the row that names it is committed, so a torn file can only be an orphan, which the
 * sweeper finds. File and folder are synced before `put` resolves.
 */
export function createDiskBlobs(folder: string): BlobStore {
  const fans = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))
  const prepare = createFans(folder)
  const fanOf = (key: string): string => join(folder, key.slice(0, 2))
  const pathOf = (key: string): string => {
    if (!isBlobKey(key)) throw new Error('Not a key of a blob')
    return join(fanOf(key), key)
  }
  const find = async (key: string): Promise<StoredBlob | undefined> => {
    try {
      const { size, mtimeMs } = await stat(pathOf(key))
      return { key, sizeBytes: size, changedAtMs: mtimeMs }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw diskFault(error)
    }
  }
  return {
    stat: find,
    async put(key, source) {
      const path = pathOf(key)
      let file: FileHandle | undefined
      try {
        await prepare(fanOf(key))
        file = await open(path, 'wx', 0o600)
        crashPoint('blob.opened')
        await writeAll(file, source)
        await file.sync()
        crashPoint('blob.synced')
        await syncFolder(fanOf(key))
        crashPoint('blob.folder-synced')
      } catch (error) {
        if (file !== undefined) await unlink(path).catch(() => {})
        throw diskFault(error)
      } finally {
        await file?.close()
      }
    },
    get: (key, range) => createReadStream(pathOf(key), { highWaterMark: READ_BYTES, ...range }),
    async remove(keys) {
      for (const key of keys) {
        await unlink(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw diskFault(error)
        })
        crashPoint('blob.removed')
      }
    },
    async *list() {
      for (const fan of fans) {
        for await (const name of namesIn(join(folder, fan))) {
          const found = isBlobKey(name) ? await find(name) : undefined
          if (found !== undefined) yield found
        }
      }
    },
    close() {},
  }
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

async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder)) yield name
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskFault(error)
  }
}

async function writeAll(file: FileHandle, source: AsyncIterable<Uint8Array>): Promise<void> {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  const flush = async (): Promise<void> => {
    const bytes = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    // Goes on after a partial write, and at the place where the last one ended.
    await file.appendFile(bytes)
    crashPoint('blob.written')
  }
  for await (const piece of source) {
    waiting.push(piece)
    waitingBytes += piece.byteLength
    if (waitingBytes >= WRITE_BYTES) await flush()
  }
  if (waitingBytes > 0) await flush()
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** What the disk says, as a Fault; what the source says stays what it is. */
function diskFault(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  const syscall = (error as NodeJS.ErrnoException).syscall
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new Fault('no-space', 'The disk of the server is full', {}, { cause: error })
  }
  if (syscall !== undefined && code !== 'ECONNRESET') {
    return new Fault('unavailable', 'The disk of the server cannot be used', {}, { cause: error })
  }
  return error
}
