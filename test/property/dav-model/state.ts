import type { Condition, Path } from './operations.ts'

/**
 * What a home must look like after a series of requests, told in the simplest way. A `version` stands for an etag: a new
 * one wherever the etag must change, the old one wherever it must not. A `key` stands for `oc:fileid`.
 */
export interface State {
  readonly root: FolderNode
  quota: number | undefined
  locks: Lock[]
  readonly uploads: Map<number, Upload>
  readonly links: Map<number, Link>
  nowS: number
  nextKey: number
  nextVersion: number
  nextLock: number
  /** Locks from this one on are not yet known to the clients. */
  knownLocks: number
}

interface Common {
  readonly key: number
  version: number
  mtimeS: number
  favorite: boolean
  readonly dead: Map<string, string>
}

export interface FileNode extends Common {
  readonly kind: 'file'
  content: string
  hasChecksum: boolean
}

export interface FolderNode extends Common {
  readonly kind: 'folder'
  readonly members: Map<string, Node>
}

export type Node = FileNode | FolderNode

export interface Lock {
  readonly id: number
  readonly key: number
  readonly scope: 'exclusive' | 'shared'
  readonly depth: '0' | 'infinity'
  expiresS: number
}

export interface Upload {
  readonly chunks: Map<string, string>
  touchedS: number
  finished?: { readonly target: string; readonly key: number; readonly version: number; readonly created: boolean }
}

export interface Link {
  readonly key: number
  readonly expiresS: number
}

export function createState(nowS: number): State {
  const root: FolderNode = {
    kind: 'folder',
    key: 0,
    version: 0,
    mtimeS: nowS,
    favorite: false,
    dead: new Map(),
    members: new Map(),
  }
  return {
    root,
    quota: undefined,
    locks: [],
    uploads: new Map(),
    links: new Map(),
    nowS,
    nextKey: 1,
    nextVersion: 1,
    nextLock: 0,
    knownLocks: 0,
  }
}

export const cloneState = (state: State): State => structuredClone(state)

/** The spelling in which a name is kept. */
export const accepted = (path: Path): string[] => path.map((name) => name.normalize('NFC'))

/** The nodes from the root to a path, undefined when it ends on the way. */
export function lineTo(state: State, path: Path): Node[] | undefined {
  const line: Node[] = [state.root]
  for (const name of accepted(path)) {
    const last = line.at(-1)
    const next = last?.kind === 'folder' ? last.members.get(name) : undefined
    if (next === undefined) return undefined
    line.push(next)
  }
  return line
}

export function nodeAt(state: State, path: Path): Node | undefined {
  return lineTo(state, path)?.at(-1)
}

/** A node with all below it. */
export function* everyNode(node: Node): Generator<Node> {
  yield node
  if (node.kind === 'folder') for (const member of node.members.values()) yield* everyNode(member)
}

export function findKey(state: State, key: number): Node | undefined {
  return everyNode(state.root).find((node) => node.key === key)
}

export function sizeOf(node: Node): number {
  return everyNode(node).reduce((sum, each) => sum + (each.kind === 'file' ? each.content.length : 0), 0)
}

/** The folders of a line have changed: something below them has. */
export function touch(state: State, line: readonly Node[]): void {
  for (const node of line) {
    node.version = state.nextVersion++
    node.mtimeS = state.nowS
  }
}

/** Puts a node at the end of a line, or takes it away. What was there has no locks and no links any more. */
export function setMember(state: State, parent: Node | undefined, name: string, node: Node | undefined): void {
  if (parent?.kind !== 'folder') throw new Error('A member needs a folder')
  const old = parent.members.get(name)
  if (node === undefined) parent.members.delete(name)
  else parent.members.set(name, node)
  if (old !== undefined && old !== node) forget(state, old)
}

function forget(state: State, node: Node): void {
  const keys = new Set(everyNode(node).map(({ key }) => key))
  state.locks = state.locks.filter((lock) => !keys.has(lock.key))
}

/** Locks of a node by themselves, and deep ones of the folders above. */
export function locksOn(state: State, line: readonly Node[]): Lock[] {
  const own = line.at(-1)?.key
  const keys = new Set(line.map(({ key }) => key))
  return live(state).filter((lock) => lock.key === own || (lock.depth === 'infinity' && keys.has(lock.key)))
}

export function locksBelow(state: State, node: Node): Lock[] {
  const keys = new Set(everyNode(node).map(({ key }) => key))
  keys.delete(node.key)
  return live(state).filter(({ key }) => keys.has(key))
}

export function live(state: State): Lock[] {
  return state.locks.filter(({ expiresS }) => expiresS > state.nowS)
}

/** Whether each node that is locked has a lock whose token the client sends. */
export function areHeld(state: State, locks: readonly Lock[], tokens: boolean): boolean {
  const groups = Map.groupBy(locks, ({ key }) => key)
  return groups.values().every((group) => tokens && group.some(({ id }) => id < state.knownLocks))
}

/** A condition with the version that it means. */
export interface Resolved {
  readonly header: Condition['header']
  readonly version: number | 'any'
}

/** No node ever has it. */
export const STALE = -1

export function resolveCondition(state: State, path: Path, condition: Condition | undefined): Resolved | undefined {
  if (condition === undefined) return undefined
  const { header, kind } = condition
  if (kind === 'any') return { header, version: 'any' }
  return { header, version: kind === 'current' ? (nodeAt(state, path)?.version ?? STALE) : STALE }
}

export function holds(condition: Resolved | undefined, node: Node | undefined): boolean {
  if (condition === undefined) return true
  const { header, version } = condition
  if (header === 'if') return version === 'any' || node?.version === version
  const matches = node !== undefined && (version === 'any' || node.version === version)
  return header === 'if-match' ? matches : !matches
}
