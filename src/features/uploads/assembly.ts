import { Fault } from '../../lib/fault.ts'
import { type By, type Checksum, checksumMismatch, Meter } from '../files/index.ts'
import { type Assembled, type Assembly, type UploadsDeps, uploadMissing } from './model.ts'
import { inOrder } from './order.ts'
import type { RunningDigests } from './running-digest.ts'
import * as store from './store.ts'

/** How often chunks may be sent again while they are put together. */
const MAX_ATTEMPTS = 5

/** Makes the chunks one file. Done twice, it answers twice the same (field experience: clients repeat a slow MOVE). */
export async function assemble(
  deps: UploadsDeps,
  digests: RunningDigests,
  by: By,
  name: string,
  assembly: Assembly,
): Promise<Assembled> {
  for (let attempt = 1; ; attempt++) {
    const upload = await store.findUpload(deps.db.read, by.accountId, name)
    if (upload === undefined) throw uploadMissing(name)
    if (upload.node_id !== null) return finished(deps, upload, assembly)
    try {
      return await assembleNow(deps, digests, by, upload, assembly)
    } catch (error) {
      // The same MOVE on another connection may have come first, or a chunk once more: what is there now decides.
      const current = await store.findUpload(deps.db.read, by.accountId, name)
      const isSame = current?.node_id === upload.node_id && current.touched_at_ms === upload.touched_at_ms
      if (attempt === MAX_ATTEMPTS || (isSame && !isChanged(error))) throw error
    }
  }
}

const isChanged = (error: unknown): boolean => error instanceof Fault && error.detail.reason === CHANGED
const CHANGED = 'upload-changed'

async function assembleNow(
  deps: UploadsDeps,
  digests: RunningDigests,
  by: By,
  upload: store.UploadRow,
  assembly: Assembly,
): Promise<Assembled> {
  const chunks = inOrder(await store.listChunks(deps.db.read, upload.id))
  const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.size_bytes, 0)
  const { totalBytes, expected } = assembly
  if (totalBytes !== undefined && totalBytes !== sizeBytes) {
    throw new Fault('bad-request', `Chunks on server do not sum up to ${totalBytes} but to ${sizeBytes} bytes`)
  }
  await checkTarget(deps, by.accountId, assembly)
  if (expected !== undefined) await verify(deps, digests, upload.id, chunks, expected)
  const written = await write(deps, by, upload, chunks, assembly)
  digests.drop(upload.id)
  return written
}

const targetOf = ({ target }: Assembly): string => target.join('/')

/** What a finished upload has become, as long as nobody has changed it: the client takes it for what it has sent. */
async function finished(deps: UploadsDeps, upload: store.UploadRow, assembly: Assembly): Promise<Assembled> {
  const node = upload.node_id === null ? undefined : await deps.findNode(upload.node_id)
  if (upload.target !== targetOf(assembly) || node?.etag !== upload.node_etag) throw uploadMissing(upload.name)
  return { node, created: upload.was_created === 1 }
}

async function write(
  { clock, put }: UploadsDeps,
  by: By,
  upload: store.UploadRow,
  chunks: readonly store.ChunkRow[],
  assembly: Assembly,
): Promise<Assembled> {
  const { expected, mtimeMs, createdS } = assembly
  const parts = chunks.map(({ key, size_bytes, crc32 }) => ({ key, sizeBytes: size_bytes, crc32 }))
  return put.files.write(
    by,
    assembly.target,
    { kind: 'parts', parts },
    {
      mtimeMs,
      createdS,
      checksums: expected === undefined ? '' : `${expected.algorithm}:${expected.hex}`,
      makesFolders: false,
      async guard(tx, before) {
        if (before !== undefined && !assembly.overwrite) throw notOverwritten()
        const current = await store.lockUpload(tx, upload.id)
        const now = inOrder(await store.listChunks(tx, upload.id))
        const isSame = now.length === chunks.length && now.every(({ key }, index) => key === chunks[index]?.key)
        if (current?.node_id !== null || !isSame) {
          const message = 'The upload has changed while it was put together. Try again'
          throw new Fault('conflict', message, { reason: CHANGED })
        }
      },
      alsoIn: (tx, { node, created }) =>
        store.finishUpload(tx, upload.id, {
          node_id: node.id,
          node_etag: node.etag,
          target: targetOf(assembly),
          was_created: created ? 1 : 0,
          touched_at_ms: clock.nowMs(),
        }),
    },
  )
}

function notOverwritten(): Fault {
  const message = 'The destination node already exists, and the overwrite header is set to false'
  return new Fault('precondition', message, { field: 'Overwrite' })
}

/** Before anything long begins. What decides is asked again inside the transaction. */
async function checkTarget({ put }: UploadsDeps, accountId: number, { target, overwrite }: Assembly): Promise<void> {
  const before = await put.files.find(accountId, target)
  if (before !== undefined && !overwrite) throw notOverwritten()
  if (before === undefined && (await put.files.find(accountId, target.slice(0, -1))) === undefined) {
    throw new Fault('conflict', 'The destination node is not found')
  }
}

async function verify(
  { blobs }: UploadsDeps,
  digests: RunningDigests,
  uploadId: number,
  chunks: readonly store.ChunkRow[],
  expected: Checksum,
): Promise<void> {
  const keys = chunks.map(({ key }) => key)
  const known = expected.algorithm === 'SHA1' && keys.length > 0 ? digests.of(uploadId, keys) : undefined
  if (known !== undefined) {
    if (known.hex !== expected.hex) throw checksumMismatch(expected)
    return
  }
  const meter = new Meter([expected.algorithm])
  for (const key of keys) for await (const piece of blobs.get(key)) meter.add(piece)
  meter.verify(expected)
}
