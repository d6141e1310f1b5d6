import { bodyOf } from '../../dav/body.ts'
import type { DavCall, DavWritten } from '../../dav/tree.ts'
import { mayHaveHappened } from '../../db/errors.ts'
import { Fault } from '../../lib/fault.ts'
import { requireWithin } from './bounds.ts'
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  parseChecksum,
  writeChecksum,
} from './checksums.ts'
import { type Contents, INLINE_BYTES, noSpace } from './contents.ts'
import { requireHeld, TreeLocks } from './locks.ts'
import { acceptPath, checkNewName, missing, shown } from './names.ts'
import { fileIdOf, permissionsOf } from './resource.ts'
import { type By, checkConditionsEarly, type ScopeDeps } from './scope.ts'
import type { FileFacts, Files, Written } from './service.ts'
import * as store from './store.ts'

export interface PutDeps extends ScopeDeps {
  readonly files: Files
  readonly contents: Contents
  readonly instanceId: () => string
}

/** A file as one request. What can be refused is refused before the body is read. */
export async function putFile(deps: PutDeps, call: DavCall, given: readonly string[]): Promise<DavWritten> {
  const path = acceptPath(given)
  const { headers } = call.request
  const by = byOf(call)
  if (by.limits !== undefined) await requireWithin(deps.db.read, by.limits, { writes: path })
  const expected = parseChecksum(headers['oc-checksum'])
  const facts = { ...timesOf(headers), makesFolders: headers['x-nc-webdav-auto-mkcol'] === '1' }
  const totalBytes = lengthOf(headers['oc-total-length'])
  // Finder sends its files in chunked transfer coding, and says so how long they are.
  const announcedBytes =
    totalBytes ?? lengthOf(headers['content-length']) ?? lengthOf(headers['x-expected-entity-length'])
  const before = await deps.files.find(by.accountId, path)
  await checkEarly(deps, by, path, before)
  if (announcedBytes === undefined || announcedBytes > INLINE_BYTES) {
    await checkPlaceEarly(deps, by, path, before, facts.makesFolders)
  }
  const maxBytes = await spaceFor(deps, by.accountId, path)
  if (announcedBytes !== undefined && announcedBytes > maxBytes) throw noSpace(shown(path))
  const hashes = wantedHashes(headers['x-hash'])
  const algorithms = [...hashes, ...(expected === undefined ? [] : [expected.algorithm])]
  const arrived = await deps.contents.receive(bodyOf(call.request), { algorithms, maxBytes })
  try {
    if (totalBytes !== undefined && totalBytes !== arrived.sizeBytes) {
      throw new Fault('bad-request', `OC-Total-Length says ${totalBytes} bytes, but ${arrived.sizeBytes} arrived`)
    }
    arrived.meter.verify(expected)
    const checksums = expected === undefined ? '' : writeChecksum(expected)
    const written = await deps.files.write(by, path, { kind: 'arrived', arrived }, { ...facts, checksums })
    const sums = hashes.flatMap((algorithm) => arrived.meter.checksum(algorithm) ?? [])
    return putAnswer(deps.instanceId(), call, written, facts, sums)
  } catch (error) {
    if (!mayHaveHappened(error)) await deps.contents.discard(arrived)
    throw error
  }
}

export function byOf({ viewer, conditions, confirm, base }: DavCall): By {
  const { accountId, limits } = viewer
  return { accountId, conditions, confirm, base, ...(limits === undefined ? {} : { limits }) }
}

/** Whether a write would fail anyway; the transaction asks again. */
async function checkEarly(
  deps: PutDeps,
  by: By,
  path: readonly string[],
  before: store.NodeRow | undefined,
): Promise<void> {
  await checkConditionsEarly(deps, by, before)
  if (before?.is_folder === 1) throw new Fault('conflict', 'PUT is not allowed on non-files.')
  const name = path.at(-1)
  if (before === undefined && name !== undefined) checkNewName(name)
}

/** What is worth asking before a body that takes a while: a missing folder, a lock. */
async function checkPlaceEarly(
  deps: PutDeps,
  by: By,
  path: readonly string[],
  before: store.NodeRow | undefined,
  makesFolders: boolean,
): Promise<void> {
  const above = path.slice(0, -1)
  const place = before ?? (await deps.files.find(by.accountId, above))
  if (place === undefined && !makesFolders) throw missing(above)
  const { treeId } = await deps.roots.of(by.accountId)
  const locks = await TreeLocks.load(deps.db.read, treeId, deps.clock.nowMs())
  const holder = { accountId: by.accountId, base: by.base, tokens: by.conditions.tokens }
  requireHeld(await locks.of(place?.id), holder, path)
}

/** How many bytes may come, as far as it can be told now. */
async function spaceFor(deps: PutDeps, accountId: number, path: readonly string[]): Promise<number> {
  const quota = await deps.quotaOf(accountId)
  if (quota === undefined) return Number.MAX_SAFE_INTEGER
  const { rootId } = await deps.roots.of(accountId)
  // In one look: beside others who write, two would tell of different moments.
  const { usedBytes, ownBytes } = await store.findSizes(deps.db.read, rootId, path)
  // Who is over the limit may still make a file smaller.
  return ownBytes + Math.max(0, quota - usedBytes)
}

function lengthOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined
  const length = Number(header)
  if (!/^\d{1,16}$/.test(String(header)) || !Number.isSafeInteger(length)) {
    throw new Fault('bad-request', 'A length must be a whole number of bytes')
  }
  return length
}

type Headers = DavCall['request']['headers']

/** Times in seconds, whole or with a fraction as the iOS client sends them. */
export function timesOf(headers: Headers): Pick<FileFacts, 'mtimeMs' | 'createdS'> {
  const mtime = secondsOf(headers['x-oc-mtime'], 'X-OC-MTime')
  const ctime = secondsOf(headers['x-oc-ctime'], 'X-OC-CTime')
  return {
    mtimeMs: mtime === undefined ? undefined : Math.floor(mtime) * 1_000,
    createdS: ctime === undefined ? undefined : Math.floor(ctime),
  }
}

const DAY_SECONDS = 86_400

function secondsOf(header: string | string[] | undefined, name: string): number | undefined {
  if (header === undefined || header === '') return undefined
  const seconds = Number(header)
  const isTime = /^\d{1,12}(?:\.\d{1,12})?$/.test(String(header)) && seconds > DAY_SECONDS
  if (!isTime) {
    throw new Fault('bad-request', `${name} header must be a time in seconds since 1970, later than its first day`)
  }
  return seconds
}

/** `X-Hash: sha256`, or `all` (recording webdav-files). */
function wantedHashes(header: string | string[] | undefined): ChecksumAlgorithm[] {
  const wanted = String(header ?? '').toUpperCase()
  if (wanted === 'ALL') return ['SHA256', 'SHA1', 'MD5']
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === wanted)
  return algorithm === undefined ? [] : [algorithm]
}

function putAnswer(
  instanceId: string,
  { viewer }: DavCall,
  written: Written,
  times: Pick<FileFacts, 'mtimeMs' | 'createdS'>,
  sums: readonly Checksum[],
): DavWritten {
  const { created, headers } = writtenAnswer(instanceId, written, times)
  return {
    created,
    headers: {
      ...headers,
      'x-nc-ownerid': encodeURI(viewer.userId),
      'x-nc-permissions': permissionsOf(false),
      ...Object.fromEntries(sums.map(({ algorithm, hex }) => [`x-hash-${algorithm.toLowerCase()}`, hex])),
    },
  }
}

/** The headers that clients read after every write of content. */
export function writtenAnswer(
  instanceId: string,
  { node, created }: Written,
  times: Pick<FileFacts, 'mtimeMs' | 'createdS'>,
): DavWritten {
  const etag = `"${node.etag}"`
  return {
    created,
    headers: {
      'oc-fileid': fileIdOf(node.id, instanceId),
      etag,
      'oc-etag': etag,
      ...(times.mtimeMs === undefined ? {} : { 'x-oc-mtime': 'accepted' }),
      ...(times.createdS === undefined ? {} : { 'x-oc-ctime': 'accepted' }),
    },
  }
}
