import type { TakeLock, UseLock } from './operations.ts'
import { decide, done, isForbidden, nameOf, newFile, parentOf, type Step } from './outcome.ts'
import {
  areHeld,
  holds,
  type Lock,
  lineTo,
  live,
  locksBelow,
  locksOn,
  nodeAt,
  type State,
  setMember,
  touch,
} from './state.ts'

export const lock: Step<TakeLock> = (state, { path, scope, depth, timeoutS, tokens }, condition) => {
  const line = lineTo(state, path)
  const node = line?.at(-1)
  const parents = lineTo(state, parentOf(path))
  const around = [
    ...(line === undefined ? [] : locksOn(state, line)),
    ...(node?.kind === 'folder' && depth === 'infinity' ? locksBelow(state, node) : []),
  ]
  // A new file belongs to the folder at once, with the deep locks of the folders above.
  const inherited = node !== undefined ? [] : locksOn(state, parents ?? []).filter((held) => held.depth === 'infinity')
  const faults = [
    !holds(condition, node) && 412,
    [...around, ...inherited].some((held) => held.scope === 'exclusive' || scope === 'exclusive') && 423,
    node === undefined && parents?.at(-1)?.kind !== 'folder' && 409,
    node === undefined && isForbidden(nameOf(path)) && 400,
    node === undefined && parents !== undefined && !areHeld(state, locksOn(state, parents), tokens) && 423,
  ]
  return decide(state, faults, (next) => {
    let locked = nodeAt(next, path)
    const created = locked === undefined
    if (locked === undefined) {
      const folders = lineTo(next, parentOf(path)) ?? []
      locked = newFile(next, '', next.nowS)
      setMember(next, folders.at(-1), nameOf(path), locked)
      touch(next, folders)
    }
    const id = next.nextLock++
    next.locks.push({ id, key: locked.key, scope, depth, expiresS: next.nowS + timeoutS })
    return done(next, created ? 201 : 200, { lock: id })
  })
}

/** Both name a lock by its token, at its own address or at another that is given. */
export function namedLock(state: State, { lock: index, path }: UseLock): Lock | undefined {
  const found = live(state)[index]
  if (found === undefined || path === undefined) return found
  return locksOn(state, lineTo(state, path) ?? []).find(({ id }) => id === found.id)
}

export const refresh: Step<UseLock> = (state, operation) => {
  const { kind, path, lock: index } = operation
  const isThere = path === undefined ? live(state)[index] !== undefined : nodeAt(state, path) !== undefined
  const found = namedLock(state, operation)
  const faults = [!isThere && 404, found === undefined && (kind === 'refresh' ? 412 : 409)]
  return decide(state, faults, (next) => {
    const own = next.locks.find(({ id }) => id === found?.id)
    if (own !== undefined && kind === 'refresh') own.expiresS = next.nowS + REFRESH_S
    if (kind === 'unlock') next.locks = next.locks.filter(({ id }) => id !== found?.id)
    return done(next, kind === 'refresh' ? 200 : 204)
  })
}

export const REFRESH_S = 600
