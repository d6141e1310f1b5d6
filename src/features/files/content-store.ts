import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import { statement } from '../../db/statement.ts'
import type { BlobPartTable, BlobTable } from './schema.ts'

export type BlobRow = Selectable<BlobTable>
export type BlobPartRow = Selectable<BlobPartTable>
const insertBlobStatement = statement<{ id: number }>(
  'insert into blob (key, content, size_bytes, crc32, created_at_ms) values ($1, $2, $3, $4, $5) returning id',
)

export async function insertBlob(tx: Tx, blob: Omit<BlobRow, 'id'>): Promise<number> {
  const [made] = await insertBlobStatement(tx, blob.key, blob.content, blob.size_bytes, blob.crc32, blob.created_at_ms)
  return made?.id ?? 0
}

export async function insertBlobParts(tx: Tx, parts: readonly BlobPartRow[]): Promise<void> {
  for (let start = 0; start < parts.length; start += 500) {
    await tx
      .insertInto('blob_part')
      .values(parts.slice(start, start + 500))
      .execute()
  }
}

const findBlobStatement = statement<BlobRow>(
  'select id, key, content, size_bytes, crc32, created_at_ms from blob where id = $1',
)

export async function findBlob(db: Reader | Tx, blobId: number): Promise<BlobRow | undefined> {
  const [row] = await findBlobStatement(db, blobId)
  return row
}

const inlineBlobs = statement<{ id: number; content: Uint8Array; crc32: number | null }>(
  'select id, content, crc32 from blob where id in $1::bigint[] and content is not null',
)

export async function listInlineBlobs(
  db: Reader,
  blobIds: readonly number[],
): Promise<{ readonly id: number; readonly content: Uint8Array; readonly crc32: number | null }[]> {
  return inlineBlobs(db, blobIds)
}

const pageOfBlobs = statement<BlobRow>(
  'select id, key, content, size_bytes, crc32, created_at_ms from blob where id > $1 order by id limit $2',
)

export async function listBlobs(db: Reader, afterId: number, limit: number): Promise<BlobRow[]> {
  return pageOfBlobs(db, afterId, limit)
}

export async function listBlobParts(db: Reader | Tx, blobId: number): Promise<BlobPartRow[]> {
  return db.selectFrom('blob_part').selectAll().where('blob_id', '=', blobId).orderBy('position').execute()
}

const releasePartsStatement = statement<{ key: string }>(
  'delete from blob_part where blob_id in $1::bigint[] and not exists (select 1 from node where node.blob_id = blob_part.blob_id) returning key',
)
const releaseBlobsStatement = statement<{ key: string | null }>(
  'delete from blob where id in $1::bigint[] and not exists (select 1 from node where node.blob_id = blob.id) returning key',
)

/** Deletes content that no node refers to; its keys become garbage. Content in use stays. */
export async function releaseBlobs(tx: Tx, blobIds: readonly number[], nowMs: number): Promise<void> {
  if (blobIds.length === 0) return
  // Parts first: they would go along with their blob, and nobody would hear of their keys.
  const released = [...(await releasePartsStatement(tx, blobIds)), ...(await releaseBlobsStatement(tx, blobIds))]
  await addGarbage(
    tx,
    released.flatMap(({ key }) => key ?? []),
    nowMs,
  )
}

const GARBAGE_BATCH = 400

/** Resolves to how many of them were none before. */
export async function addGarbage(tx: Tx, keys: readonly string[], nowMs: number): Promise<number> {
  let added = 0
  for (let start = 0; start < keys.length; start += GARBAGE_BATCH) {
    const rows = await tx
      .insertInto('blob_garbage')
      .values(keys.slice(start, start + GARBAGE_BATCH).map((key) => ({ key, since_ms: nowMs })))
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .execute()
    added += rows.length
  }
  return added
}

export async function listGarbage(
  db: Reader,
  { beforeMs, after, limit }: { readonly beforeMs: number; readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('blob_garbage')
    .select('key')
    .where('since_ms', '<=', beforeMs)
    .where('key', '>', after)
    .orderBy('key')
    .limit(limit)
    .execute()
  return rows.map(({ key }) => key)
}

/** Resolves to those that were still there. */
export async function deleteGarbage(tx: Tx, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await tx.deleteFrom('blob_garbage').where('key', 'in', keys).returning('key').execute()
  return rows.map(({ key }) => key)
}
