import type { MakeOrRemove, Path, Proppatch, Put, Relocate } from './operations.ts'
import {
  contentFaults,
  decide,
  done,
  isForbidden,
  isOver,
  nameOf,
  newFolder,
  parentOf,
  putContent,
  type Step,
  startsWith,
} from './outcome.ts'
import {
  areHeld,
  holds,
  type Lock,
  lineTo,
  locksBelow,
  locksOn,
  type Node,
  nodeAt,
  type State,
  setMember,
  sizeOf,
  touch,
} from './state.ts'

export const put: Step<Put> = (state, operation, condition) => {
  const { path, content, tokens, autoMkcol, mtimeS, total, checksum } = operation
  const wanted = {
    path,
    content,
    mtimeS,
    hasChecksum: checksum !== undefined,
    tokens,
    makesFolders: autoMkcol,
    condition,
  }
  const faults = contentFaults(state, wanted, [404])
  const isRefused = [total === 'wrong' && 400, checksum === 'wrong' && 400]
  // A total that says more than there is room for is refused for that.
  const announced = total === 'wrong' && isOver(state, content.length + 1) && 507
  return decide(state, [...isRefused, announced, ...faults], (next) =>
    done(next, putContent(next, wanted).created ? 201 : 204),
  )
}

export const mkcol: Step<MakeOrRemove> = (state, { path, tokens }, condition) => {
  const before = nodeAt(state, path)
  const line = lineTo(state, parentOf(path))
  const isFull = state.quota !== undefined && sizeOf(state.root) >= state.quota
  const faults = [
    before !== undefined && 405,
    line?.at(-1)?.kind !== 'folder' && 409,
    !holds(condition, before) && 412,
    before === undefined && isForbidden(nameOf(path)) && 400,
    line !== undefined && !areHeld(state, locksOn(state, line), tokens) && 423,
    isFull && 507,
  ]
  return decide(state, faults, (next) => {
    const parents = lineTo(next, parentOf(path)) ?? []
    setMember(next, parents.at(-1), nameOf(path), newFolder(next))
    touch(next, parents)
    return done(next, 201)
  })
}

/** Locks that stand in the way of taking a node from its place. */
export function locksAround(state: State, path: Path): Lock[] {
  const line = lineTo(state, path) ?? []
  const node = line.at(-1)
  if (node === undefined) return []
  return [...locksOn(state, line), ...locksOn(state, line.slice(0, -1)), ...locksBelow(state, node)]
}

export const remove: Step<MakeOrRemove> = (state, { path, tokens }, condition) => {
  const node = nodeAt(state, path)
  const faults = [
    path.length === 0 && 403,
    node === undefined && 404,
    !holds(condition, node) && 412,
    !areHeld(state, locksAround(state, path), tokens) && 423,
  ]
  return decide(state, faults, (next) => {
    const parents = lineTo(next, parentOf(path)) ?? []
    setMember(next, parents.at(-1), nameOf(path), undefined)
    touch(next, parents)
    return done(next, 204)
  })
}

/** What forbids to put anything at a path, over what is there. */
function destinationFaults(state: State, { path, to, overwrite }: Relocate): (number | false)[] {
  const before = nodeAt(state, to)
  const isSame = startsWith(path, to) && startsWith(to, path)
  return [
    isSame && 403,
    !isSame && startsWith(to, path) && 409,
    !isSame && startsWith(path, to) && 403,
    to.length > 0 && nodeAt(state, parentOf(to))?.kind !== 'folder' && 409,
    before !== undefined && overwrite === 'F' && 412,
    before === undefined && isForbidden(nameOf(to)) && 400,
  ]
}

/** How much a copy adds to what is used. */
function copiedBytes(state: State, { path, to, depth }: Relocate): number {
  const source = nodeAt(state, path)
  const before = nodeAt(state, to)
  const isEmpty = source === undefined || (depth === '0' && source.kind === 'folder')
  return (isEmpty ? 0 : sizeOf(source)) - (before === undefined ? 0 : sizeOf(before))
}

export const relocate: Step<Relocate> = (state, operation, condition) => {
  const { kind, path, to, depth, tokens } = operation
  const source = nodeAt(state, path)
  const before = nodeAt(state, to)
  const isMove = kind === 'move'
  const locks = [
    ...(isMove ? locksAround(state, path) : []),
    ...locksOn(state, lineTo(state, parentOf(to)) ?? []),
    ...locksAround(state, to),
  ]
  const faults = [
    source === undefined && 404,
    isMove && path.length === 0 && 409,
    isMove && depth === '0' && source?.kind === 'folder' && 400,
    ...destinationFaults(state, operation),
    !holds(condition, source) && 412,
    !areHeld(state, locks, tokens) && 423,
    !isMove && isOver(state, copiedBytes(state, operation)) && 507,
  ]
  return decide(state, faults, (next) => {
    const node = nodeAt(next, path)
    if (node === undefined) throw new Error('The source was looked at')
    const moved = isMove ? node : copyOf(next, node, depth === '0')
    if (isMove) {
      const from = lineTo(next, parentOf(path)) ?? []
      setMember(next, from.at(-1), nameOf(path), undefined)
      touch(next, from)
    }
    const line = lineTo(next, parentOf(to)) ?? []
    setMember(next, line.at(-1), nameOf(to), moved)
    touch(next, line)
    return done(next, before === undefined ? 201 : 204)
  })
}

export function copyOf(state: State, node: Node, isShallow: boolean): Node {
  const common = { key: state.nextKey++, version: state.nextVersion++, favorite: false, dead: new Map(node.dead) }
  if (node.kind === 'file') return { ...node, ...common }
  const members = isShallow
    ? []
    : [...node.members].map(([name, member]) => [name, copyOf(state, member, false)] as const)
  return { ...node, ...common, members: new Map(members) }
}

export const proppatch: Step<Proppatch> = (state, operation, condition) => {
  const { path, favorite, dead, mtimeS, isProtected, tokens } = operation
  const line = lineTo(state, path)
  const faults = [
    line === undefined && 404,
    !holds(condition, line?.at(-1)) && 412,
    line !== undefined && !areHeld(state, locksOn(state, line), tokens) && 423,
  ]
  return decide(state, faults, (next) => {
    const [node, ...above] = (lineTo(next, path) ?? []).toReversed()
    if (node === undefined || isProtected) return done(next, 207)
    if (favorite !== undefined) node.favorite = favorite
    if (dead?.value === null) node.dead.delete(dead.name)
    else if (dead !== undefined) node.dead.set(dead.name, dead.value)
    if (mtimeS !== undefined) {
      node.mtimeS = mtimeS
      touch(next, above)
    }
    return done(next, 207)
  })
}
