import { crc32 } from 'node:zlib'
import type { Database, Tx } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import { insertBlob } from '../../src/features/files/content-store.ts'
import { newEtag } from '../../src/features/files/etag.ts'
import { createRoots, folderNode, type Root } from '../../src/features/files/roots.ts'
import { insertNode, type NodeRow, touchFolders } from '../../src/features/files/store.ts'
import { findAccountIdByKey } from '../../src/features/users/store.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { ADMIN } from './processes.ts'

export function fileName(index: number): string {
  return `${String(index).padStart(5, '0')}.bin`
}

/** Files of one transaction. The server waits meanwhile. */
const BATCH = 5_000

/** Puts files into new folders of the administrator's, through the stores, beside a running server. */
export async function fill(
  dataFolder: string,
  folders: readonly string[],
  count: number,
  sizeBytes: number,
): Promise<void> {
  const db = await openDatabase({ url: undefined, dataFolder, log: silentLog })
  try {
    const accountId = (await findAccountIdByKey(db.read, ADMIN.name)) ?? 0
    const root = await createRoots(db, systemClock).of(accountId)
    const content = Buffer.alloc(sizeBytes, 'x')
    for (const folder of folders) await fillFolder(db, root, folder, count, content)
  } finally {
    await db.close()
  }
}

async function fillFolder(db: Database, root: Root, name: string, count: number, content: Uint8Array): Promise<void> {
  const nowMs = systemClock.nowMs()
  const folder = await db.write((tx) => insertNode(tx, folderNode(root.treeId, root.rootId, name, nowMs)))
  for (let start = 0; start < count; start += BATCH) {
    const end = Math.min(start + BATCH, count)
    await db.write(async (tx) => {
      for (let index = start; index < end; index++) await insertFile(tx, folder, fileName(index), content)
      const addedBytes = (end - start) * content.byteLength
      await touchFolders(tx, folder.id, { addedBytes, etag: newEtag(), mtimeMs: nowMs })
    })
  }
}

async function insertFile(tx: Tx, folder: NodeRow, name: string, content: Uint8Array): Promise<void> {
  const { tree_id, id, mtime_ms } = folder
  const sizeBytes = content.byteLength
  const blob = { key: null, content, size_bytes: sizeBytes, crc32: crc32(content), created_at_ms: mtime_ms }
  await insertNode(tx, {
    ...folderNode(tree_id, id, name, mtime_ms),
    is_folder: 0,
    size_bytes: sizeBytes,
    mime: 'application/octet-stream',
    blob_id: await insertBlob(tx, blob),
  })
}
