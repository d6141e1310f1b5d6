import { Fault } from '../lib/fault.ts'
import { decodeUtf8 } from './body.ts'
import { type FormFields, formOf } from './form.ts'

/**
 * Reads `multipart/form-data` (RFC 7578) as `curl -F` sends it, names written as in other forms. The body is whole and
 * small here, so Node's own parser does. Throws Fault `bad-request`, `too-large`, or `unsupported` when a file is in it.
 */
export async function parseMultipartBody(body: Uint8Array, contentType: string): Promise<FormFields> {
  if (body.byteLength === 0) return formOf([])
  // The parser would put a replacement character where a byte is not UTF-8.
  decodeUtf8(body)
  const pairs: [string, string][] = []
  for (const [name, value] of await formData(body, contentType)) {
    if (typeof value !== 'string') throw new Fault('unsupported', 'Parameters are taken here, but no files')
    pairs.push([name, value])
  }
  return formOf(pairs)
}

async function formData(body: Uint8Array, contentType: string): Promise<FormData> {
  try {
    return await new Response(Buffer.from(body), { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    throw new Fault('bad-request', 'The multipart body cannot be read', {}, { cause: error })
  }
}
