import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { ByteRange } from '../blobs/blob-store.ts'
import type { AccountViewer } from '../http/viewer.ts'
import type { Conditions } from './conditions.ts'
import type { PageRequest } from './paging.ts'
import type { PropertyTable } from './properties.ts'
import type { XmlElement } from './xml/read.ts'

/** Something that a DAV address names. */
export interface DavResource {
  /** Below the mount, decoded; empty for the mount itself. */
  readonly path: readonly string[]
  readonly isCollection: boolean
  /** Without quotes; undefined where there is none. */
  readonly etag: string | undefined
  readonly mtimeMs: number
}

/** A request as trees see it. */
export interface DavCall {
  readonly viewer: AccountViewer
  readonly request: FastifyRequest
  readonly conditions: Conditions
  /**
   * Asks again, right before a change, whether the viewer still may act: a body can take hours. Throws Fault
   * `unauthenticated` or `unavailable`.
   */
  confirm(): Promise<void>
  /** Path of the mount as this request spells it, without a final slash: `/remote.php/dav/files/alice`. */
  readonly base: readonly string[]
}

export interface DavContent {
  readonly sizeBytes: number
  readonly contentType: string
  /** Headers of its own, such as `content-disposition`. */
  readonly headers: Readonly<Record<string, string>>
  open(range: ByteRange | undefined): Readable
  /** When the content is small enough to be at hand. */
  readonly bytes?: Uint8Array
}

/** Something in an archive of a folder. */
export interface ArchiveEntry {
  /** Inside of the archive. */
  readonly path: readonly string[]
  readonly isCollection: boolean
  readonly mtimeMs: number
  /** Of a file. */
  readonly content?: Pick<DavContent, 'sizeBytes' | 'bytes' | 'open'> & { readonly crc32: number }
}

/** What a write tells the client. */
export interface DavWritten {
  readonly created: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** Where a COPY or MOVE goes: another path of the same server. */
export interface DavTarget {
  readonly mount: DavMount
  readonly base: readonly string[]
  readonly path: readonly string[]
  readonly overwrite: boolean
  readonly depth: Depth
}

/** How far a change of a collection is to go; for anything else it says nothing. Without a header: to the end. */
export type Depth = '0' | 'infinity' | 'invalid'

export interface PropertyChange {
  readonly name: string
  /** undefined removes. */
  readonly value: XmlElement | undefined
}

/** One tree of resources. A verb that a tree does not have is answered 405. */
export interface DavTree<R extends DavResource = DavResource> {
  /** Verbs for OPTIONS and Allow, besides OPTIONS itself. */
  readonly methods: readonly string[]
  readonly properties: PropertyTable<R>
  /** undefined when there is nothing. Throws Fault `not-found` with a message of its own where it has one. */
  find(call: DavCall, path: readonly string[]): Promise<R | undefined>
  /** Members of a collection, in pages. Throws Fault with reason `method` where listing is not allowed. */
  list(call: DavCall, resource: R): AsyncIterable<readonly R[]>
  /** A part of what `list` gives, and how much there is in all. Without it a client gets everything at once. */
  page?(
    call: DavCall,
    resource: R,
    part: PageRequest,
  ): Promise<{ readonly members: readonly R[]; readonly total: number }>
  /** Everything below, in pages, each folder before its members. Without it `Depth: infinity` means 1. */
  listAll?(call: DavCall, resource: R): AsyncIterable<readonly R[]>
  /** undefined when the resource was replaced meanwhile, so that it has to be found again. */
  content?(call: DavCall, resource: R): Promise<DavContent | undefined>
  /**
   * A collection with everything below it, or these of its members, each collection before what is in it. An entry is read
   * when it is asked for. Throws Fault `not-found` for a name that is not there.
   */
  archive?(call: DavCall, resource: R, names: readonly string[]): Promise<AsyncIterable<ArchiveEntry>>
  put?(call: DavCall, path: readonly string[]): Promise<DavWritten>
  makeCollection?(call: DavCall, path: readonly string[]): Promise<DavWritten>
  remove?(call: DavCall, path: readonly string[], depth: Depth): Promise<void>
  copy?(call: DavCall, path: readonly string[], target: DavTarget): Promise<DavWritten>
  move?(call: DavCall, path: readonly string[], target: DavTarget): Promise<DavWritten>
  /** Statuses by name, in the order of the changes. All or nothing. */
  patchProperties?(
    call: DavCall,
    path: readonly string[],
    changes: readonly PropertyChange[],
  ): Promise<ReadonlyMap<string, number>>
  lock?(call: DavCall, path: readonly string[], wanted: LockRequest): Promise<GrantedLock>
  unlock?(call: DavCall, path: readonly string[], token: string): Promise<void>
  /** Answers a REPORT by its root element; undefined for one it does not know. */
  report?(call: DavCall, resource: R, body: XmlElement): Promise<readonly R[] | undefined>
  /** Computes a checksum of the content anew. */
  recalculate?(call: DavCall, path: readonly string[], algorithm: string): Promise<string>
}

export interface LockRequest {
  /** Token of the lock to refresh; undefined for a new one. */
  readonly refresh: string | undefined
  readonly scope: 'exclusive' | 'shared'
  readonly depth: '0' | 'infinity'
  /** Inner XML. */
  readonly owner: string
  readonly timeoutSeconds: number
}

export interface GrantedLock {
  readonly token: string
  readonly scope: 'exclusive' | 'shared'
  readonly depth: '0' | 'infinity'
  readonly owner: string
  readonly timeoutSeconds: number
  /** Path of the locked resource below the mount. */
  readonly path: readonly string[]
  readonly isCollection: boolean
  /** Whether locking made an empty file of a name that was free. */
  readonly created: boolean
}

/** Where a tree hangs. `:user` stands for one segment. */
export interface DavMount {
  /** `remote.php/dav/files/:user` */
  readonly pattern: readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: the engine hands a tree's resources back to the tree that made them
  readonly tree: DavTree<any>
  /** Nobody is asked who they are; the tree gets a viewer whose account does not exist. */
  readonly isPublic?: boolean
  /**
   * Whether app passwords with limits may come here: the tree then holds to `viewer.limits.folderId` itself. That they
   * write nothing when they may only read, the engine sees to. Without it the mount is as if it were not there.
   */
  readonly knowsLimits?: boolean
  /** Whether this viewer may come here at all; otherwise the mount is as if it were not there. */
  admits(viewer: AccountViewer, variables: Readonly<Record<string, string>>): boolean
}

/** Answers SEARCH, which is asked of the root alone (recording webdav-search). */
export interface DavSearch {
  /** With `part` only these of the results, and `total` says how many there are. */
  search(call: DavCall, body: XmlElement, part: PageRequest | undefined): Promise<DavSearchResult>
}

export interface DavSearchResult {
  readonly base: readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: see DavMount
  readonly tree: DavTree<any>
  readonly resources: readonly DavResource[]
  readonly properties: readonly string[]
  readonly total: number | undefined
}
