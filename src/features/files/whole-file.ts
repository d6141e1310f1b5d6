import { Fault } from '../../lib/fault.ts'
import type { Contents } from './contents.ts'
import type { Files } from './service.ts'

/** A small file as a whole; undefined when there is none at the path. Throws Fault `too-large` beyond `maxBytes`. */
type ReadFile = (accountId: number, path: readonly string[], maxBytes: number) => Promise<Uint8Array | undefined>

export function createFileReader(files: Pick<Files, 'find'>, contents: Pick<Contents, 'read'>): ReadFile {
  return async (accountId, path, maxBytes) => {
    const node = await files.find(accountId, path)
    if (node === undefined || node.is_folder === 1) return undefined
    if (node.size_bytes > maxBytes) throw new Fault('too-large', 'The file is too large for this')
    const content = await contents.read(node.blob_id)
    if (content === undefined) return undefined
    if (content.bytes !== undefined) return content.bytes
    const pieces: Uint8Array[] = []
    for await (const piece of content.open(undefined)) pieces.push(piece)
    return Buffer.concat(pieces)
  }
}
