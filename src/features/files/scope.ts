import type { Conditions, ResourceState } from '../../dav/conditions.ts'
import type { Database, Tx } from '../../db/database.ts'
import type { EventTypes } from '../../events/catalogue.ts'
import type { Events } from '../../events/events.ts'
import type { ViewerLimits } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Bounds, type Reached, readBounds, requireWithin } from './bounds.ts'
import { noSpace } from './contents.ts'
import './events.ts'
import { newEtag } from './etag.ts'
import { type Holder, TreeLocks } from './locks.ts'
import { acceptPath } from './names.ts'
import { accountGone, type Root, type Roots } from './roots.ts'
import * as store from './store.ts'

/** Who changes something, and on which conditions. */
export interface By {
  readonly accountId: number
  readonly conditions: Conditions
  /** Throws when the account may not act any more; see `DavCall`. */
  readonly confirm: () => Promise<void>
  /** Path of the tree's root on this server, for the addresses in an `If` header. */
  readonly base: readonly string[]
  /** Of the app password in use. */
  readonly limits?: ViewerLimits
}

/** The inside of one change: a transaction in which the tree belongs to us alone. */
export interface Scope {
  readonly tx: Tx
  readonly root: Root
  readonly nowMs: number
  /** Of this change: every folder above it gets it. */
  readonly etag: string
  readonly locks: TreeLocks
  readonly holder: Holder
  readonly by: By
  readonly bounds: Bounds
  readonly events: Events
  /** Bytes; undefined for no limit. */
  readonly quotaBytes: number | undefined
  /** Ids of what this change has touched, for those who are told of it. */
  readonly touched: Set<number>
  readonly purgeLater: ScopeDeps['purgeLater']
}

export interface ScopeDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: Events
  readonly roots: Roots
  /** Limit of an account in bytes, undefined for none. */
  readonly quotaOf: (accountId: number) => Promise<number | undefined>
  /** Has what was detached from trees taken away when the transaction is through. */
  readonly purgeLater: (tx: Tx) => Promise<void>
}

/** Stamp topic of a tree: changes with anything in it. */
export const filesTopic = (accountId: number): string => `files:${accountId}`

/**
 * Runs a change of one tree in one transaction; when it throws, nothing has happened. `reached` are the paths that it is
 * about: whoever may not touch them is refused here.
 */
export async function inTree<T>(
  deps: ScopeDeps,
  by: By,
  reached: Reached,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const { db, clock, events, roots, purgeLater } = deps
  const root = await roots.of(by.accountId)
  const quotaBytes = await deps.quotaOf(by.accountId)
  const { accountId, conditions } = by
  await by.confirm()
  return db.write(async (tx) => {
    if (!(await store.lockTree(tx, db.kind, root.treeId, accountId))) throw accountGone()
    const nowMs = clock.nowMs()
    const bounds = await requireWithin(tx, by.limits, reached)
    const locks = await TreeLocks.load(tx, root.treeId, nowMs)
    const holder = { accountId, base: by.base, tokens: conditions.tokens }
    const touched = new Set<number>()
    const etag = newEtag()
    const inside = { tx, root, nowMs, etag, locks, holder, by, bounds, events, quotaBytes, touched, purgeLater }
    const value = await work(inside)
    await db.stamps.bump(tx, filesTopic(accountId))
    if (touched.size > 0) await deps.events.add(tx, 'files.changed', changeOf(accountId, touched))
    return value
  })
}

/** See `Files.besideTree`. */
export async function besideTree<T>(
  { db, roots, quotaOf }: ScopeDeps,
  accountId: number,
  work: (tx: Tx, freeBytes: number) => Promise<T>,
): Promise<T> {
  const root = await roots.of(accountId)
  const quotaBytes = (await quotaOf(accountId)) ?? Number.POSITIVE_INFINITY
  return db.write(async (tx) => {
    if (!(await store.lockTree(tx, db.kind, root.treeId, accountId))) throw accountGone()
    return work(tx, quotaBytes - (await usedBytes(tx, root)))
  })
}

/** More are told as "something has changed". */
const MAX_TOLD = 200

function changeOf(accountId: number, touched: ReadonlySet<number>): EventTypes['files.changed'] {
  return touched.size > MAX_TOLD ? { accountId } : { accountId, nodeIds: [...touched] }
}

/** A folder's content has changed: it and every folder above get the etag of the change. */
export async function touchFolders(
  { tx, etag, nowMs, touched }: Scope,
  folderId: number,
  addedBytes: number,
): Promise<void> {
  touched.add(folderId)
  await store.touchFolders(tx, folderId, { addedBytes, etag, mtimeMs: nowMs })
}

/** Holds the request's conditions against the tree as it is now. Throws Fault `precondition`. */
export async function checkConditions(scope: Scope, target: store.NodeRow | undefined): Promise<void> {
  const { by, tx, root, locks, bounds } = scope
  if (by.conditions.isEmpty) return
  await by.conditions.check(async (path) => {
    const node = path === undefined ? target : await nodeAt(tx, { root, bounds }, by.base, path)
    return stateOf(locks, node)
  })
}

/** The same outside of a transaction, so that nothing is sent for nothing. */
export async function checkConditionsEarly(
  { db, clock, roots }: ScopeDeps,
  by: By,
  target: store.NodeRow | undefined,
): Promise<void> {
  if (by.conditions.isEmpty) return
  const root = await roots.of(by.accountId)
  const locks = await TreeLocks.load(db.read, root.treeId, clock.nowMs())
  const bounds = await readBounds(db.read, by.limits)
  await by.conditions.check(async (path) => {
    const node = path === undefined ? target : await nodeAt(db.read, { root, bounds }, by.base, path)
    return stateOf(locks, node)
  })
}

async function stateOf(locks: TreeLocks, node: store.NodeRow | undefined): Promise<ResourceState> {
  const lockTokens = (await locks.of(node?.id)).map(({ token }) => token)
  return { etag: node?.etag, mtimeMs: node?.mtime_ms, lockTokens }
}

async function nodeAt(
  db: Parameters<typeof store.findByPath>[0],
  { root, bounds }: Pick<Scope, 'root' | 'bounds'>,
  base: readonly string[],
  path: readonly string[],
): Promise<store.NodeRow | undefined> {
  if (!base.every((segment, index) => path[index] === segment)) return undefined
  const place = acceptPath(path.slice(base.length))
  return ['folder', 'below'].includes(bounds.relation(place)) ? store.findByPath(db, root.rootId, place) : undefined
}

/** Throws Fault `no-space` when the tree would grow beyond the account's quota; says when it comes close. */
export async function requireSpace(scope: Scope, addedBytes: number, where: string): Promise<void> {
  const { quotaBytes, tx, root, by, events } = scope
  if (quotaBytes === undefined || addedBytes <= 0) return
  const used = await usedBytes(tx, root)
  if (used + addedBytes > quotaBytes) throw noSpace(where)
  const isCrossing = !isNearlyFull(used, quotaBytes) && isNearlyFull(used + addedBytes, quotaBytes)
  if (isCrossing) await events.add(tx, 'quota.nearly-full', { accountId: by.accountId })
}

async function usedBytes(tx: Tx, { rootId }: Root): Promise<number> {
  return (await store.findById(tx, rootId))?.size_bytes ?? 0
}

/** Nine tenths. */
export function isNearlyFull(usedBytes: number, quotaBytes: number): boolean {
  return usedBytes >= quotaBytes * 0.9
}
