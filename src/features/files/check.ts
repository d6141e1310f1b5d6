import { crc32 } from 'node:zlib'
import type { BlobStore } from '../../blobs/blob-store.ts'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import * as contentStore from './content-store.ts'
import * as maintenance from './maintenance-store.ts'

export interface Problem {
  readonly kind: 'folder-size' | 'file-size' | 'misplaced' | 'missing-content' | 'damaged-content' | 'unused-content'
  readonly message: string
}

export interface CheckReport {
  readonly files: number
  readonly blobs: number
  readonly problems: readonly Problem[]
  readonly repaired: number
}

export interface CheckOptions {
  /** Reads all content and compares its checksums, not its sizes alone. */
  readonly readsContent: boolean
  readonly repairs: boolean
  /** Told of progress, by blobs looked at. */
  readonly onProgress?: (blobs: number) => void
}

export interface Checking {
  check(options: CheckOptions): Promise<CheckReport>
}

const BATCH = 500
/** An object storage answers slowly, and many at once. */
const AT_ONCE = 10

/** Holds the tree against itself and against the content: what must be true at every moment, after every crash. */
export function createChecking({
  db,
  blobs,
  clock,
}: {
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
}): Checking {
  return {
    async check(options) {
      const problems = await treeProblems(db)
      let count = 0
      let after = 0
      for (;;) {
        const page = await maintenance.listBlobs(db.read, after, BATCH)
        for (let start = 0; start < page.length; start += AT_ONCE) {
          const some = page.slice(start, start + AT_ONCE)
          const found = await Promise.all(some.map((blob) => contentProblem(db, blobs, blob, options.readsContent)))
          problems.push(...found.filter((problem) => problem !== undefined))
        }
        count += page.length
        options.onProgress?.(count)
        if (page.length < BATCH) break
        after = page.at(-1)?.id ?? after
      }
      const repaired = options.repairs ? await repair(db, clock) : 0
      return { files: await maintenance.countFiles(db.read), blobs: count, problems, repaired }
    },
  }
}

async function treeProblems(db: Database): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const { id, recorded, actual } of await maintenance.listWrongFolderSizes(db.read)) {
    problems.push({ kind: 'folder-size', message: `Folder ${id} says ${recorded} bytes, its members have ${actual}` })
  }
  for (const { id, recorded, actual } of await maintenance.listWrongFileSizes(db.read)) {
    problems.push({ kind: 'file-size', message: `File ${id} says ${recorded} bytes, its content has ${actual}` })
  }
  for (const id of await maintenance.listMisplaced(db.read)) {
    problems.push({ kind: 'misplaced', message: `Node ${id} hangs below a file or in another tree` })
  }
  for (const id of await maintenance.listUnusedBlobs(db.read)) {
    problems.push({ kind: 'unused-content', message: `Content ${id} belongs to no file` })
  }
  return problems
}

async function contentProblem(
  db: Database,
  blobs: BlobStore,
  blob: contentStore.BlobRow,
  readsContent: boolean,
): Promise<Problem | undefined> {
  if (blob.content !== null) {
    const isRight = blob.content.byteLength === blob.size_bytes && crc32(blob.content) === blob.crc32
    return isRight ? undefined : { kind: 'damaged-content', message: `Content ${blob.id} in the database is damaged` }
  }
  const pieces =
    blob.key === null
      ? await contentStore.listBlobParts(db.read, blob.id)
      : [{ key: blob.key, size_bytes: blob.size_bytes, crc32: blob.crc32 }]
  let total = 0
  for (const { key, size_bytes, crc32: expected } of pieces) {
    total += size_bytes
    const found = await blobs.stat(key)
    if (found === undefined) return { kind: 'missing-content', message: `Content ${blob.id}: ${key} is missing` }
    if (found.sizeBytes !== size_bytes) {
      return {
        kind: 'damaged-content',
        message: `Content ${blob.id}: ${key} has ${found.sizeBytes} bytes, not ${size_bytes}`,
      }
    }
    if (readsContent && (await checksumOf(blobs, key)) !== expected) {
      return { kind: 'damaged-content', message: `Content ${blob.id}: ${key} has another checksum` }
    }
  }
  if (total === blob.size_bytes) return undefined
  return {
    kind: 'damaged-content',
    message: `Content ${blob.id}: its parts have ${total} bytes, not ${blob.size_bytes}`,
  }
}

async function checksumOf(blobs: BlobStore, key: string): Promise<number> {
  let sum = 0
  for await (const piece of blobs.get(key)) sum = crc32(piece, sum)
  return sum
}

/** Sizes can be told from what is there, and unused content can go. Lost content cannot be made again. */
async function repair(db: Database, clock: Clock): Promise<number> {
  return db.write(async (tx) => {
    let repaired = 0
    // From below: a folder may be right only after the folders in it are.
    for (let wrong = await maintenance.listWrongFolderSizes(tx); wrong.length > 0 && repaired < 1_000_000; ) {
      for (const { id } of wrong) await maintenance.repairFolderSize(tx, id)
      repaired += wrong.length
      wrong = await maintenance.listWrongFolderSizes(tx)
    }
    const unused = await maintenance.listUnusedBlobs(tx)
    await contentStore.releaseBlobs(tx, unused, clock.nowMs())
    return repaired + unused.length
  })
}
