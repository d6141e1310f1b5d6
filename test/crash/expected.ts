import assert from 'node:assert/strict'
import { type Entry, type Snapshot, sha256 } from './client.ts'

/** What one operation changes. Everything else must stay as it was, to the last etag. */
export interface Change {
  /** Files and folders that are gone, with all below them. */
  readonly removes?: readonly string[]
  /** New content; null for a new folder. */
  readonly writes?: Readonly<Record<string, Uint8Array | null>>
  /** From where to where; everything but the place stays. */
  readonly moves?: Readonly<Record<string, string>>
  /** From where to where; content and properties are the same, ids and etags are not. */
  readonly copies?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, Partial<Entry>>>
  /** How many locks hold there. */
  readonly locks?: Readonly<Record<string, number>>
  /** Chunks of the upload with their sizes, undefined for no upload; only where the operation is about one. */
  readonly chunks?: Readonly<Record<string, number>> | undefined
}

const isAtOrBelow = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`)

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

/** Every folder above some paths, the root included. */
function foldersAbove(paths: readonly string[]): Set<string> {
  const above = new Set<string>()
  for (const path of paths) {
    for (let folder = path; folder !== ''; ) {
      folder = parentOf(folder)
      above.add(folder)
    }
  }
  return above
}

/** Asserts that the change has happened, all of it, and nothing else. */
export function assertChanged(before: Snapshot, after: Snapshot, change: Change): void {
  const { writes = {}, locks = {} } = change
  const touched = touchedBy(change)
  const expected = expectedOf(before, change, touched)
  assert.deepEqual([...after.keys()].toSorted(), [...expected.keys()].toSorted())
  for (const [path, entry] of expected) assert.partialDeepStrictEqual(after.get(path), entry, path)
  for (const [path, count] of Object.entries(locks)) assert.equal(after.get(path)?.locks.length, count, path)
  for (const path of [...touched, ...Object.keys(writes)]) {
    assert.notEqual(after.get(path)?.etag, before.get(path)?.etag, `the etag of '${path}' must change`)
  }
  assertSizes(after)
}

/** Folders above anything that the change is about: their etags must be new. */
function touchedBy({ removes = [], writes = {}, moves = {}, copies = {}, properties = {} }: Change): Set<string> {
  const places = [...Object.entries(moves).flat(), ...Object.values(copies)]
  return foldersAbove([...removes, ...Object.keys(writes), ...places, ...Object.keys(properties)])
}

type Expected = Map<string, Partial<Entry>>

function expectedOf(before: Snapshot, change: Change, touched: ReadonlySet<string>): Expected {
  const { removes = [], moves = {}, copies = {} } = change
  const gone = [...removes, ...Object.keys(moves)]
  const expected: Expected = new Map()
  for (const [path, entry] of before) {
    if (gone.some((top) => isAtOrBelow(path, top))) continue
    expected.set(path, touched.has(path) ? withoutVersion(entry) : entry)
  }
  for (const [from, to] of Object.entries(moves)) {
    for (const [path, entry] of below(before, from)) expected.set(`${to}${path.slice(from.length)}`, entry)
  }
  for (const [from, to] of Object.entries(copies)) {
    for (const [path, entry] of below(before, from)) {
      const { isFolder, sha256: digest, checksums, color, size } = entry
      expected.set(`${to}${path.slice(from.length)}`, { isFolder, sha256: digest, checksums, color, size })
    }
  }
  addChanged(expected, before, change)
  return expected
}

function addChanged(expected: Expected, before: Snapshot, { writes = {}, properties = {}, locks = {} }: Change): void {
  for (const [path, content] of Object.entries(writes)) {
    const kept = before.get(path)?.fileId
    const same = kept === undefined ? {} : { fileId: kept }
    expected.set(path, {
      ...same,
      ...(content === null ? { isFolder: true } : { isFolder: false, sha256: sha256(content), size: content.length }),
    })
  }
  for (const [path, changed] of Object.entries(properties)) {
    const { etag: _, ...entry } = { ...before.get(path), ...changed }
    expected.set(path, entry)
  }
  for (const path of Object.keys(locks)) {
    const { locks: _, ...entry } = expected.get(path) ?? {}
    expected.set(path, entry)
  }
}

function below(snapshot: Snapshot, top: string): [string, Entry][] {
  return [...snapshot].filter(([path]) => isAtOrBelow(path, top))
}

/** A folder that something has changed in. */
function withoutVersion({ etag: _, mtime: __, size: ___, ...entry }: Entry): Partial<Entry> {
  return entry
}

/** A folder that was looked into has the size of what is in it. */
export function assertSizes(snapshot: Snapshot): void {
  const sums = new Map<string, number>()
  for (const [path, { size }] of snapshot) {
    if (path !== '') sums.set(parentOf(path), (sums.get(parentOf(path)) ?? 0) + size)
  }
  for (const [path, sum] of sums) assert.equal(snapshot.get(path)?.size, sum, `size of '${path}'`)
}
