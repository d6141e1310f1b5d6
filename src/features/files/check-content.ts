import { crc32 } from 'node:zlib'
import type { StoredBlob } from '../../blobs/blob-store.ts'
import type { Check } from './check.ts'
import * as checkStore from './check-store.ts'
import { pages } from './check-tree.ts'
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, Meter } from './checksums.ts'
import { findOrphans, KEY_PREFIXES, USUAL_AGES } from './clean.ts'
import * as contentStore from './content-store.ts'
import type { HeldContent } from './held-content.ts'

const PAGE = 1_000
/** Content in rows is read with them, so there are fewer. */
const CONTENT_PAGE = 100
/** Files that a message names. */
const NAMED = 3
const MAX_FILES = 10_000

/** Rows of content against each other. Resolves to their number. */
export async function checkRows(check: Check): Promise<number> {
  const { db, findings, repairs, progress } = check
  const total = await checkStore.countBlobs(db.read)
  let count = 0
  for await (const blobs of pages((after) => checkStore.listBlobs(db.read, after, PAGE))) {
    for (const { id, key, size_bytes, inline_bytes, part_bytes, is_used } of blobs) {
      const actual = inline_bytes ?? (key === null ? part_bytes : size_bytes)
      if (actual !== size_bytes) {
        const message = `${await filesWith(check, id)}: content has ${actual} bytes in the database, not ${size_bytes}`
        await findings.add('damaged-content', message)
      }
      if (is_used === 0) {
        await findings.add('unused-content', `Content ${id} belongs to no file`, () => repairs.release(id))
      }
    }
    count += blobs.length
    progress('content', count, total)
  }
  for (const key of await checkStore.listUsedGarbage(db.read)) await addUsedGarbage(check, [key])
  for await (const keys of pagesOfGarbage(check)) await addUsedGarbage(check, [...(await check.holder.findHeld(keys))])
  return count
}

async function* pagesOfGarbage({ db }: Check): AsyncGenerator<readonly string[]> {
  let after = ''
  for (;;) {
    const keys = await checkStore.listGarbageKeys(db.read, after, PAGE)
    const last = keys.at(-1)
    if (last === undefined) return
    yield keys
    after = last
  }
}

async function addUsedGarbage({ findings, repairs }: Check, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await findings.add('garbage-in-use', `${key} is in use and noted as garbage`, () => repairs.keepFromGarbage([key]))
  }
}

/** Rows against what the store says that it has, portion by portion. */
export async function checkStored(check: Check, readsContent: boolean): Promise<void> {
  for (const [index, prefix] of KEY_PREFIXES.entries()) {
    const stored = new Map<string, StoredBlob>()
    for await (const blob of check.blobs.list(prefix)) stored.set(blob.key, blob)
    for (const piece of await checkStore.listPieces(check.db.read, prefix, endOf(prefix))) {
      await checkPiece(check, piece, stored.get(piece.key))
      stored.delete(piece.key)
    }
    for (const held of await check.holder.list(prefix)) {
      await checkHeld(check, held, stored.get(held.key), readsContent)
      stored.delete(held.key)
    }
    await checkUnknown(check, [...stored.values()])
    check.progress('the store', index + 1, KEY_PREFIXES.length)
  }
}

/** The first text that is behind all that begin with a prefix of two hexadecimal digits. */
function endOf(prefix: string): string {
  return prefix === 'ff' ? 'g' : (Number.parseInt(prefix, 16) + 1).toString(16).padStart(2, '0')
}

async function checkPiece(check: Check, piece: checkStore.Piece, listed: StoredBlob | undefined): Promise<void> {
  const { key, size_bytes, blob_id } = piece
  if (listed?.sizeBytes === size_bytes) return
  // It may have come or gone since the store was listed.
  const found = await check.blobs.stat(key)
  if (found?.sizeBytes === size_bytes || (await checkStore.findPiece(check.db.read, key)) === undefined) return
  const files = await filesWith(check, blob_id)
  if (found === undefined) await check.findings.add('missing-content', `${files}: content ${key} is missing`)
  else {
    const message = `${files}: content ${key} has ${found.sizeBytes} bytes in the store, not ${size_bytes}`
    await check.findings.add('damaged-content', message)
  }
}

async function checkHeld(
  check: Check,
  held: HeldContent,
  listed: StoredBlob | undefined,
  readsContent: boolean,
): Promise<void> {
  const { blobs, findings, holder } = check
  const { key, sizeBytes, what } = held
  const found = listed ?? (await blobs.stat(key))
  const isWhole = found?.sizeBytes === sizeBytes && (!readsContent || (await checksumOf(check, key)) === held.crc32)
  if (isWhole || !(await holder.findHeld([key])).has(key)) return
  const state = found === undefined ? 'is missing' : 'is damaged'
  await findings.add('upload', `${what}: ${key} ${state}, so it has to be sent again`, async () => {
    await holder.giveUp([key])
    return true
  })
}

async function checkUnknown(check: Check, rest: readonly StoredBlob[]): Promise<void> {
  const { findings, repairs } = check
  // What is younger may be on its way to its row.
  const beforeMs = Date.now() - USUAL_AGES.orphanMs
  const old = rest.filter(({ changedAtMs }) => changedAtMs <= beforeMs).map(({ key }) => key)
  for (let start = 0; start < old.length; start += PAGE) {
    for (const key of await findOrphans(check, old.slice(start, start + PAGE))) {
      await findings.add('unknown-content', `${key} is in the store and belongs to nothing`, () =>
        repairs.discard([key]),
      )
    }
  }
}

/** Reads everything, as those who download it would. */
export async function checkContent(check: Check, total: number): Promise<void> {
  const { db, progress } = check
  let done = 0
  for await (const blobs of pages((after) => contentStore.listBlobs(db.read, after, CONTENT_PAGE))) {
    for (const blob of blobs) await checkBlob(check, blob)
    done += blobs.length
    progress('reading content', done, total)
  }
}

async function checkBlob(check: Check, blob: contentStore.BlobRow): Promise<void> {
  const { db, findings } = check
  const files = await checkStore.listNodesOf(db.read, blob.id, MAX_FILES)
  const meter = new Meter(files.flatMap(({ checksums }) => algorithmOf(checksums) ?? []))
  const damage = await readBlob(check, blob, meter)
  if (damage === undefined) return checkChecksums(check, files, meter)
  // Whoever is not there any more may have been removed while it was read.
  if ((await contentStore.findBlob(db.read, blob.id)) === undefined) return
  if (damage !== 'missing') await findings.add('damaged-content', `${await filesWith(check, blob.id)}: ${damage}`)
}

/** Resolves to what is wrong. What is missing, or has another length, was found in the store already. */
async function readBlob(check: Check, blob: contentStore.BlobRow, meter: Meter): Promise<string | undefined> {
  if (blob.content !== null) {
    meter.add(blob.content)
    return meter.crc32 === blob.crc32 ? undefined : 'content in the database has another checksum'
  }
  const pieces =
    blob.key === null
      ? await contentStore.listBlobParts(check.db.read, blob.id)
      : [{ key: blob.key, size_bytes: blob.size_bytes, crc32: blob.crc32 }]
  for (const { key, size_bytes, crc32: expected } of pieces) {
    const found = await check.blobs.stat(key)
    if (found?.sizeBytes !== size_bytes) return 'missing'
    try {
      if ((await checksumOf(check, key, meter)) !== expected) return `content ${key} has another checksum`
    } catch (error) {
      return `content ${key} cannot be read: ${(error as Error).message}`
    }
  }
  return undefined
}

async function checksumOf({ blobs }: Check, key: string, meter?: Meter): Promise<number> {
  let sum = 0
  for await (const bytes of blobs.get(key) as AsyncIterable<Uint8Array>) {
    sum = crc32(bytes, sum)
    meter?.add(bytes)
  }
  return sum
}

/** What clients compare after a download. */
async function checkChecksums(
  { findings, repairs, places }: Check,
  files: readonly { readonly id: number; readonly checksums: string }[],
  meter: Meter,
): Promise<void> {
  for (const { id, checksums } of files) {
    const algorithm = algorithmOf(checksums)
    if (algorithm === undefined || meter.checksum(algorithm)?.hex === checksums.slice(algorithm.length + 1)) continue
    await findings.add('checksum', `${await places.of(id)}: ${checksums} is not the checksum of its content`, () =>
      repairs.dropChecksum(id, checksums),
    )
  }
}

function algorithmOf(checksums: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => checksums.startsWith(`${algorithm}:`))
}

/** Paths of the files that have some content, and how many more there are. */
async function filesWith({ db, places }: Check, blobId: number): Promise<string> {
  const files = await checkStore.listNodesOf(db.read, blobId, MAX_FILES)
  const named: string[] = []
  for (const { id } of files.slice(0, NAMED)) named.push(await places.of(id))
  const more = files.length - named.length
  if (files.length === 0) return `Content ${blobId}, of no file`
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
