import type { ArchiveEntry } from '../../dav/tree.ts'
import type { Database } from '../../db/database.ts'
import { type Contents, INLINE_BYTES, type Readability } from './contents.ts'
import type { FileResource } from './resource.ts'
import type { Files } from './service.ts'
import * as store from './store.ts'

export interface ArchiveDeps {
  readonly db: Database
  readonly files: Files
  readonly contents: Contents
  /** Folders between one above the only folder that is open, and that one. */
  readonly wayDown: (above: FileResource) => Promise<readonly FileResource[]>
  /** Throws when the viewer may not read any more. */
  readonly confirm: () => Promise<void>
}

/** Files whose small contents are read in one statement. */
const SMALL_BATCH = 100
/** How often a file may be replaced between looking it up and reading it. */
const MAX_ATTEMPTS = 20

/**
 * A folder, its name first in every path, or what was picked of it, without (recording webdav-files). Each file is the
 * whole of one version; one that is gone when its turn comes is left out.
 */
export async function* archiveEntries(
  deps: ArchiveDeps,
  folder: FileResource,
  picked: readonly FileResource[],
): AsyncGenerator<ArchiveEntry> {
  const isWhole = picked.length === 0
  const above = Math.max(0, folder.path.length - (isWhole ? 1 : 0))
  const tops = isWhole ? [folder] : picked
  const pathOf = ({ path }: FileResource): readonly string[] => path.slice(above)
  yield* readFiles(
    deps,
    tops.filter(({ isCollection }) => !isCollection).map(({ node }) => node),
    [],
  )
  for (const top of tops) {
    if (!top.isCollection) continue
    const way = top.relation === 'above' ? [top, ...(await deps.wayDown(top))] : [top]
    for (const step of way) yield* folderEntry(pathOf(step), step.mtimeMs)
    const last = way.at(-1)
    if (last !== undefined && last.relation !== 'above') yield* readBelow(deps, last.node.id, pathOf(last))
  }
}

/** The root has no name, and nothing to be made where the archive is unpacked. */
function* folderEntry(path: readonly string[], mtimeMs: number): Generator<ArchiveEntry> {
  if (path.length > 0) yield { path, isCollection: true, mtimeMs }
}

interface Level {
  readonly path: readonly string[]
  readonly pages: AsyncIterator<readonly store.NodeRow[], unknown>
  /** Of the page before, the last first: they come before the next page. */
  folders: store.NodeRow[]
}

/** Folder by folder, so that memory holds the folders of a page for each level. */
async function* readBelow(deps: ArchiveDeps, folderId: number, top: readonly string[]): AsyncGenerator<ArchiveEntry> {
  const enter = (id: number, path: readonly string[]): Level => ({
    path,
    pages: deps.files.children(id)[Symbol.asyncIterator](),
    folders: [],
  })
  const open = [enter(folderId, top)]
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const folder = level.folders.pop()
    if (folder !== undefined) {
      const path = [...level.path, folder.name]
      yield* folderEntry(path, folder.mtime_ms)
      open.push(enter(folder.id, path))
      continue
    }
    await deps.confirm()
    const { value, done } = await level.pages.next()
    if (done === true) {
      open.pop()
      continue
    }
    const page = value as readonly store.NodeRow[]
    yield* readFiles(
      deps,
      page.filter((node) => node.is_folder === 0),
      level.path,
    )
    level.folders = page.filter((node) => node.is_folder === 1).toReversed()
  }
}

async function* readFiles(
  deps: ArchiveDeps,
  nodes: readonly store.NodeRow[],
  folder: readonly string[],
): AsyncGenerator<ArchiveEntry> {
  for (let start = 0; start < nodes.length; start += SMALL_BATCH) {
    const batch = nodes.slice(start, start + SMALL_BATCH)
    const small = batch.filter(({ size_bytes }) => size_bytes <= INLINE_BYTES).flatMap(({ blob_id }) => blob_id ?? [])
    const atHand = small.length === 0 ? undefined : await deps.contents.readSmall(small)
    for (const node of batch) {
      const content = atHand?.get(node.blob_id ?? 0)
      const found = content === undefined ? await readNow(deps, node) : { node, content }
      if (found !== undefined) yield fileEntry(found.node, found.content, folder)
    }
  }
}

function fileEntry(
  { name, mtime_ms, size_bytes }: store.NodeRow,
  content: Readability,
  folder: readonly string[],
): ArchiveEntry {
  return {
    path: [...folder, name],
    isCollection: false,
    mtimeMs: mtime_ms,
    content: { ...content, sizeBytes: size_bytes, crc32: content.crc32() },
  }
}

/** A file as it is at this moment, when its content has gone since it was listed: what has its name by now. */
async function readNow(
  { db, contents }: ArchiveDeps,
  listed: store.NodeRow,
): Promise<{ readonly node: store.NodeRow; readonly content: Readability } | undefined> {
  let node: store.NodeRow | undefined = listed
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const content = await contents.read(node.blob_id)
    if (content !== undefined) return { node, content }
    node = await store.findChild(db.read, listed.parent_id ?? 0, listed.name)
    if (node === undefined || node.is_folder === 1) return undefined
  }
  return undefined
}
