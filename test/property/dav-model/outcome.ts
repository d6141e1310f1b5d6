import type { Operation, Path } from './operations.ts'
import {
  accepted,
  areHeld,
  type FileNode,
  type FolderNode,
  holds,
  lineTo,
  locksOn,
  type Node,
  nodeAt,
  type Resolved,
  type State,
  setMember,
  sizeOf,
  touch,
} from './state.ts'

/** A request as it is sent: its condition names a version that the client has seen. */
export interface Request {
  readonly operation: Operation
  readonly condition: Resolved | undefined
}

/** Every status that the answer may have, and what is there afterwards. Refused requests change nothing. */
export interface Outcome {
  readonly statuses: ReadonlySet<number>
  readonly state: State
  /** What a GET must bring. */
  readonly content?: string
  /** The lock that was made. */
  readonly lock?: number
}

/** What one kind of request does, to a state of its own. */
export type Step<O extends Operation> = (state: State, operation: O, condition: Resolved | undefined) => Outcome

export const done = (state: State, status: number, more: Partial<Outcome> = {}): Outcome => ({
  state,
  statuses: new Set([status]),
  ...more,
})

/** The outcome of a change: refused for any of its faults, or done. */
export function decide(
  state: State,
  faults: readonly (number | false | undefined)[],
  change: (state: State) => Outcome,
): Outcome {
  const found = faults.filter((fault) => typeof fault === 'number')
  return found.length > 0 ? { state, statuses: new Set(found) } : change(state)
}

export const parentOf = (path: Path): Path => path.slice(0, -1)
export const nameOf = (path: Path): string => accepted(path).at(-1) ?? ''
export const isForbidden = (name: string): boolean => name.endsWith('.part')
export const startsWith = (path: Path, start: Path): boolean => {
  const [whole, part] = [accepted(path), accepted(start)]
  return part.every((name, index) => whole[index] === name)
}
export const isOver = (state: State, addedBytes: number): boolean =>
  state.quota !== undefined && addedBytes > 0 && sizeOf(state.root) + addedBytes > state.quota

export function newFolder(state: State): FolderNode {
  return {
    kind: 'folder',
    key: state.nextKey++,
    version: state.nextVersion++,
    mtimeS: state.nowS,
    favorite: false,
    dead: new Map(),
    members: new Map(),
  }
}

export function newFile(state: State, content: string, mtimeS: number): FileNode {
  const key = state.nextKey++
  const version = state.nextVersion++
  return { kind: 'file', key, version, mtimeS, favorite: false, dead: new Map(), content, hasChecksum: false }
}

/** The deepest folder on the way to a path that is there, and the names that are missing below it. */
export function reachable(state: State, path: Path): { readonly line: Node[]; readonly missing: readonly string[] } {
  for (let length = path.length - 1; length > 0; length--) {
    const line = lineTo(state, path.slice(0, length))
    if (line !== undefined) return { line, missing: accepted(path.slice(length, -1)) }
  }
  return { line: [state.root], missing: accepted(path.slice(0, -1)) }
}

interface NewContent {
  readonly path: Path
  readonly content: string
  readonly mtimeS: number | undefined
  readonly hasChecksum: boolean
  readonly tokens: boolean
  readonly makesFolders: boolean
  readonly condition: Resolved | undefined
}

/** What forbids to put content at a path. `noParent` is the status for a folder that is missing. */
export function contentFaults(state: State, wanted: NewContent, noParent: readonly number[]): (number | false)[] {
  const { path, content, tokens, makesFolders, condition } = wanted
  const before = nodeAt(state, path)
  const { line, missing } = reachable(state, path)
  const parent = line.at(-1)
  const locks = before === undefined ? locksOn(state, line) : locksOn(state, lineTo(state, path) ?? [])
  const hasNoParent = parent?.kind === 'file' || (missing.length > 0 && !makesFolders)
  const added = content.length - (before?.kind === 'file' ? before.content.length : 0)
  return [
    path.length === 0 && 409,
    before?.kind === 'folder' && 409,
    ...(hasNoParent ? noParent : []),
    makesFolders && missing.some(isForbidden) && 400,
    before === undefined && isForbidden(nameOf(path)) && 400,
    !holds(condition, before) && 412,
    !areHeld(state, locks, tokens) && 423,
    isOver(state, added) && 507,
  ]
}

export function putContent(
  state: State,
  { path, content, mtimeS, hasChecksum }: NewContent,
): { file: FileNode; created: boolean } {
  const { line, missing } = reachable(state, path)
  for (const name of missing) {
    const folder = newFolder(state)
    setMember(state, line.at(-1), name, folder)
    line.push(folder)
  }
  const before = nodeAt(state, path)
  const file = before?.kind === 'file' ? before : newFile(state, content, 0)
  if (before === undefined) setMember(state, line.at(-1), nameOf(path), file)
  file.content = content
  file.mtimeS = mtimeS ?? state.nowS
  file.hasChecksum = hasChecksum
  file.version = state.nextVersion++
  touch(state, line)
  return { file, created: before === undefined }
}
