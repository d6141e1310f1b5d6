import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { UploadChunkTable, UploadTable } from './schema.ts'

export type UploadRow = Selectable<UploadTable>
export type ChunkRow = Selectable<UploadChunkTable>

export async function findUpload(db: Reader | Tx, accountId: number, name: string): Promise<UploadRow | undefined> {
  return db
    .selectFrom('upload')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst()
}

export async function insertUpload(tx: Tx, accountId: number, name: string, nowMs: number): Promise<void> {
  await tx
    .insertInto('upload')
    .values({
      account_id: accountId,
      name,
      created_at_ms: nowMs,
      touched_at_ms: nowMs,
      node_id: null,
      node_etag: '',
      target: '',
      was_created: 0,
    })
    .execute()
}

export async function deleteUpload(tx: Tx, uploadId: number): Promise<void> {
  await tx.deleteFrom('upload').where('id', '=', uploadId).execute()
}

/** Uploads of an account that are on their way. */
export async function countUploads(db: Reader | Tx, accountId: number): Promise<number> {
  const row = await db
    .selectFrom('upload')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('node_id', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Forgets what an account's uploads have become, but for the last ones. */
export async function deleteFinishedUploads(tx: Tx, accountId: number, kept: number): Promise<void> {
  const last = await tx
    .selectFrom('upload')
    .select('id')
    .where('account_id', '=', accountId)
    .where('node_id', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(kept)
    .executeTakeFirst()
  if (last === undefined) return
  await tx
    .deleteFrom('upload')
    .where('account_id', '=', accountId)
    .where('node_id', 'is not', null)
    .where('id', '<=', last.id)
    .execute()
}

/** Keeps other writers off an upload until the transaction ends. Resolves to its state now, undefined when it is gone. */
export async function lockUpload(tx: Tx, uploadId: number): Promise<UploadRow | undefined> {
  return tx
    .updateTable('upload')
    .set(({ ref }) => ({ touched_at_ms: ref('touched_at_ms') }))
    .where('id', '=', uploadId)
    .returningAll()
    .executeTakeFirst()
}

/** Notes that something has arrived. False when the upload is gone or finished meanwhile. */
export async function touchUpload(tx: Tx, uploadId: number, nowMs: number): Promise<boolean> {
  const rows = await tx
    .updateTable('upload')
    .set({ touched_at_ms: nowMs })
    .where('id', '=', uploadId)
    .where('node_id', 'is', null)
    .returning('id')
    .execute()
  return rows.length > 0
}

export async function finishUpload(
  tx: Tx,
  uploadId: number,
  made: Pick<UploadRow, 'node_id' | 'node_etag' | 'target' | 'was_created' | 'touched_at_ms'>,
): Promise<void> {
  await tx.updateTable('upload').set(made).where('id', '=', uploadId).execute()
  await tx.deleteFrom('upload_chunk').where('upload_id', '=', uploadId).execute()
}

export async function listChunks(db: Reader | Tx, uploadId: number): Promise<ChunkRow[]> {
  return db.selectFrom('upload_chunk').selectAll().where('upload_id', '=', uploadId).execute()
}

export async function findChunk(db: Reader | Tx, uploadId: number, name: string): Promise<ChunkRow | undefined> {
  return db
    .selectFrom('upload_chunk')
    .selectAll()
    .where('upload_id', '=', uploadId)
    .where('name', '=', name)
    .executeTakeFirst()
}

export async function saveChunk(tx: Tx, chunk: ChunkRow): Promise<void> {
  const { upload_id: _, name: __, ...fields } = chunk
  await tx
    .insertInto('upload_chunk')
    .values(chunk)
    .onConflict((conflict) => conflict.columns(['upload_id', 'name']).doUpdateSet(fields))
    .execute()
}

/** Chunks of all uploads of an account that are on their way, and their bytes. */
export async function sumChunks(
  db: Reader | Tx,
  accountId: number,
): Promise<{ readonly count: number; readonly sizeBytes: number }> {
  const row = await db
    .selectFrom('upload_chunk')
    .innerJoin('upload', 'upload.id', 'upload_chunk.upload_id')
    .select((select) => [
      select.fn.sum<number>('upload_chunk.size_bytes').as('total'),
      select.fn.countAll<number>().as('count'),
    ])
    .where('upload.account_id', '=', accountId)
    .executeTakeFirst()
  return { count: Number(row?.count ?? 0), sizeBytes: Number(row?.total ?? 0) }
}

/** Uploads that nothing came for since a time, and those whose account is gone. */
export async function listStaleUploads(db: Reader, beforeMs: number, limit: number): Promise<UploadRow[]> {
  return db
    .selectFrom('upload')
    .selectAll()
    .where((or) => or.or([or('touched_at_ms', '<', beforeMs), or('account_id', 'is', null)]))
    .limit(limit)
    .execute()
}

/** Chunks whose keys begin like this. */
export async function listChunksByKey(db: Reader, prefix: string): Promise<ChunkRow[]> {
  // No digit of a key is behind `f`.
  return db.selectFrom('upload_chunk').selectAll().where('key', '>=', prefix).where('key', '<', `${prefix}g`).execute()
}

export async function findChunksByKeys(
  db: Reader,
  keys: readonly string[],
): Promise<Pick<ChunkRow, 'key' | 'upload_id'>[]> {
  if (keys.length === 0) return []
  return db.selectFrom('upload_chunk').select(['key', 'upload_id']).where('key', 'in', keys).execute()
}
