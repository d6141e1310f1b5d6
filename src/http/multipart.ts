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

/** A form that may have files in it. */
export class MultipartForm {
  readonly fields: FormFields
  readonly files: readonly UploadedFile[]
  constructor(fields: FormFields, files: readonly UploadedFile[]) {
    this.fields = fields
    this.files = files
  }
}

export interface UploadedFile {
  /** Name of the field, as it was sent: `files[]`. */
  readonly field: string
  readonly bytes: Uint8Array
}

/** The same with files. They are whole in memory: only for routes that take small ones. Throws Fault `bad-request`. */
export async function parseMultipartForm(body: Uint8Array, contentType: string): Promise<MultipartForm> {
  const pairs: [string, string][] = []
  const files: UploadedFile[] = []
  if (body.byteLength === 0) return new MultipartForm(formOf([]), files)
  for (const [name, value] of await formData(body, contentType)) {
    if (typeof value === 'string') pairs.push([name, value])
    else files.push({ field: name, bytes: new Uint8Array(await value.arrayBuffer()) })
  }
  return new MultipartForm(formOf(pairs), files)
}

async function formData(body: Uint8Array, contentType: string): Promise<FormData> {
  try {
    return await new Response(Buffer.from(body), { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    throw new Fault('bad-request', 'The multipart body cannot be read', {}, { cause: error })
  }
}
