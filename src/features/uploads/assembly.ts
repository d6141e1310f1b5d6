import { crashPoint } from '../../lib/crash-point.ts'
import { Fault } from '../../lib/fault.ts'
import { type By, type Checksum, checksumMismatch, Meter } from '../files/index.ts'
import { type Assembled, type Assembly, type UploadsDeps, uploadMissing } from './model.ts'
import { inOrder } from './order.ts'
import type { RunningDigests } from './running-digest.ts'
import * as store from './store.ts'

/** Makes the chunks one file. Done twice, it answers twice the same (field experience: clients repeat a slow MOVE). */
export async function assemble(
  deps: UploadsDeps,
  digests: RunningDigests,
  by: By,
  name: string,
  assembly: Assembly,
): Promise<Assembled> {
  const { db, clock, put } = deps
  const target = assembly.target.join('/')
  const upload = await store.findUpload(db.read, by.accountId, name)
  if (upload === undefined) throw uploadMissing(name)
  if (upload.node_id !== null) {
    const node = await deps.findNode(upload.node_id)
    if (upload.target !== target || node === undefined) throw uploadMissing(name)
    return { node, created: upload.was_created === 1 }
  }
  const chunks = inOrder(await store.listChunks(db.read, upload.id))
  const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.size_bytes, 0)
  const { totalBytes, expected } = assembly
  if (totalBytes !== undefined && totalBytes !== sizeBytes) {
    throw new Fault('bad-request', `Chunks on server do not sum up to ${totalBytes} but to ${sizeBytes} bytes`)
  }
  await checkTarget(deps, by.accountId, assembly)
  if (expected !== undefined) await verify(deps, digests, upload.id, chunks, expected)
  const parts = chunks.map(({ key, size_bytes, crc32 }) => ({ key, sizeBytes: size_bytes, crc32 }))
  crashPoint('assemble.before-transaction')
  const written = await put.files.write(
    by,
    assembly.target,
    { kind: 'parts', parts },
    {
      mtimeMs: assembly.mtimeMs,
      createdS: assembly.createdS,
      checksums: expected === undefined ? '' : `${expected.algorithm}:${expected.hex}`,
      makesFolders: false,
      async alsoIn(tx, { node, created }) {
        const current = await store.findUpload(tx, by.accountId, name)
        const now = inOrder(await store.listChunks(tx, upload.id))
        const isSame = now.length === chunks.length && now.every(({ key }, index) => key === chunks[index]?.key)
        if (current === undefined || current.node_id !== null || !isSame) {
          throw new Fault('conflict', 'The upload has changed while it was put together. Try again')
        }
        await store.finishUpload(tx, upload.id, { nodeId: node.id, target, created, nowMs: clock.nowMs() })
      },
    },
  )
  crashPoint('assemble.committed')
  digests.drop(upload.id)
  return written
}

/** Before anything long begins. What decides is asked again inside the transaction. */
async function checkTarget({ put }: UploadsDeps, accountId: number, { target, overwrite }: Assembly): Promise<void> {
  const before = await put.files.find(accountId, target)
  if (before !== undefined && !overwrite) {
    const message = 'The destination node already exists, and the overwrite header is set to false'
    throw new Fault('precondition', message, { field: 'Overwrite' })
  }
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
