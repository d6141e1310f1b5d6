import { bodyOf } from '../../dav/body.ts'
import { notAllowed } from '../../dav/methods/not-found.ts'
import { commonProperties, type PropertyTable } from '../../dav/properties.ts'
import type { DavCall, DavResource, DavTarget, DavTree } from '../../dav/tree.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import {
  acceptPath,
  byOf,
  type FileResource,
  type PutDeps,
  parseChecksum,
  timesOf,
  writtenAnswer,
} from '../files/index.ts'
import { checkUploadName } from './model.ts'
import type { Uploads } from './service.ts'
import type { UploadRow } from './store.ts'

interface UploadResource extends DavResource {
  readonly sizeBytes: number
}

const METHODS = ['GET', 'HEAD', 'DELETE', 'PROPFIND', 'PUT', 'MOVE', 'MKCOL']
/** What all chunks together are called. */
const WHOLE = '.file'

export interface UploadsTreeDeps {
  readonly uploads: Uploads
  readonly put: PutDeps
  /** The tree that finished uploads go to. */
  readonly filesTree: DavTree<FileResource>
}

/** `/remote.php/dav/uploads/{user}`: a folder for each upload, its chunks in it (recording webdav-chunked-upload). */
export function createUploadsTree({ uploads, put, filesTree }: UploadsTreeDeps): DavTree<UploadResource> {
  return {
    methods: METHODS,
    properties: uploadProperties(),
    async find({ viewer }, path) {
      const [name, chunk] = path
      if (name === undefined) return folder(path, 0)
      const upload = await uploads.find(viewer.accountId, keptName(viewer, name))
      if (upload === undefined || upload.node_id !== null || path.length > 2) throw missing(path)
      if (chunk === undefined) return folder(path, upload.touched_at_ms)
      const all = await membersOf(uploads, upload, name)
      return all.find((member) => member.path[1] === chunk)
    },
    async *list({ viewer }, { path }) {
      const [name] = path
      if (name === undefined) throw notAllowed('Listing members of this collection is disabled')
      const upload = await uploads.find(viewer.accountId, keptName(viewer, name))
      if (upload !== undefined) yield membersOf(uploads, upload, name)
    },
    async content() {
      throw notAllowed('Reading intermediate uploads is not allowed')
    },
    async makeCollection({ viewer }, path) {
      const [name] = path
      if (name === undefined) throw new Fault('exists', 'The resource you tried to create already exists')
      if (path.length > 1) throw new Fault('forbidden', 'A folder cannot be made inside an upload')
      checkUploadName(name)
      await uploads.start(viewer.accountId, keptName(viewer, name))
      return { created: true, headers: {} }
    },
    async put({ viewer, request, confirm }, path) {
      const [name, chunk] = path
      if (name === undefined || chunk === undefined || path.length > 2) throw missing(path)
      const { headers } = request
      const etag = await uploads.addChunk(viewer.accountId, keptName(viewer, name), chunk, {
        body: bodyOf(request),
        lengthBytes: lengthOf(headers['content-length']),
        totalBytes: lengthOf(headers['oc-total-length']),
        confirm,
      })
      const quoted = `"${etag}"`
      return { created: etag === undefined, headers: etag === undefined ? {} : { etag: quoted, 'oc-etag': quoted } }
    },
    async remove({ viewer }, path) {
      const [name] = path
      if (name === undefined || path.length > 1) throw new Fault('forbidden', 'Only a whole upload can be deleted')
      await uploads.remove(viewer.accountId, keptName(viewer, name))
    },
    move: (call, path, target) => moveWhole({ uploads, put, filesTree }, call, path, target),
  }
}

/**
 * An upload of an app password for a single folder is its own: with the name of another's upload, its content could be put
 * into that folder. No client can send such a name (`checkUploadName`).
 */
function keptName({ limits, appPasswordId = 0 }: AccountViewer, name: string): string {
  return limits === undefined ? name : `${appPasswordId}/${name}`
}

const missing = (path: readonly string[]): Fault =>
  new Fault('not-found', `File with name //${path.join('/')} could not be located`)

function folder(path: readonly string[], mtimeMs: number): UploadResource {
  return { path, isCollection: true, etag: undefined, mtimeMs, sizeBytes: 0 }
}

function file(path: readonly string[], etag: string, mtimeMs: number, sizeBytes: number): UploadResource {
  return { path, isCollection: false, etag, mtimeMs, sizeBytes }
}

/** `.file` first, which stands for all chunks together. */
async function membersOf(uploads: Uploads, { id, touched_at_ms }: UploadRow, name: string): Promise<UploadResource[]> {
  const chunks = await uploads.chunks(id)
  const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.size_bytes, 0)
  return [
    file([name, WHOLE], `${id}-${touched_at_ms}`, touched_at_ms, sizeBytes),
    ...chunks.map((chunk) => file([name, chunk.name], chunk.etag, chunk.stored_at_ms, chunk.size_bytes)),
  ]
}

async function moveWhole(
  { uploads, put, filesTree }: UploadsTreeDeps,
  call: DavCall,
  path: readonly string[],
  target: DavTarget,
) {
  const [name, chunk] = path
  if (name === undefined || chunk !== WHOLE || path.length > 2) {
    throw new Fault('forbidden', 'Only `.file` can be moved, which is all chunks in their order')
  }
  if (target.mount.tree !== filesTree) throw new Fault('forbidden', 'Nothing can be written at the destination')
  const { headers } = call.request
  const times = timesOf(headers)
  const by = { ...byOf(call), base: target.base }
  const assembled = await uploads.assemble(by, keptName(call.viewer, name), {
    // One spelling: who asks again in another one means the same file.
    target: acceptPath(target.path),
    overwrite: target.overwrite,
    totalBytes: lengthOf(headers['oc-total-length']),
    expected: parseChecksum(headers['oc-checksum']),
    ...times,
  })
  return writtenAnswer(put.instanceId(), assembled, times)
}

function lengthOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined
  if (!/^\d{1,15}$/.test(String(header))) throw new Fault('bad-request', 'A length must be a whole number of bytes')
  return Number(header)
}

function uploadProperties(): PropertyTable<UploadResource> {
  const known = commonProperties<UploadResource>()
  known.set('{DAV:}getcontentlength', {
    value: ({ isCollection, sizeBytes }) => (isCollection ? undefined : String(sizeBytes)),
  })
  known.set('{DAV:}getcontenttype', {
    value: ({ isCollection }) => (isCollection ? undefined : 'application/octet-stream'),
  })
  return { known }
}
