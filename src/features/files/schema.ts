import type { Generated } from 'kysely'

/** One tree for each account. Without an owner, which is gone, the sweeper takes it away. */
export interface TreeTable {
  id: Generated<number>
  owner_account_id: number | null
  /**
   * The tree that the roots of this one were cut from, when they were deleted, or will be part of, when a copy is whole:
   * nobody sees them. What is below them says that it is of that tree. null for the tree of an account.
   */
  detached_from_id: number | null
  /** When a copy that is in the making has last got something; null for what is to go. */
  grown_at_ms: number | null
}

/** A file or a folder. Ids and etags are stored and never computed anew. */
export interface NodeTable {
  id: Generated<number>
  tree_id: number
  /** null for the root of a tree. */
  parent_id: number | null
  /** In Unicode NFC; empty for the root. */
  name: string
  /** 1 for a folder. */
  is_folder: number
  /** Of a folder: of everything below it. */
  size_bytes: number
  mtime_ms: number
  /** Without quotes. A folder's changes with anything below it. */
  etag: string
  /** Media type by name; empty for a folder. */
  mime: string
  /** null for a folder and for an empty file. */
  blob_id: number | null
  /** `SHA1:...`, as the client has sent it and as it was verified; empty for none. */
  checksums: string
  /** Seconds, as a client has set it; 0 for never. */
  created_s: number
  uploaded_at_ms: number
}

/** Content. It has a key, or bytes in the row when it is small, or parts when it came in chunks. */
export interface BlobTable {
  id: Generated<number>
  key: string | null
  content: Uint8Array | null
  size_bytes: number
  /** Of the whole content; null for content in parts, each of which has its own. */
  crc32: number | null
  created_at_ms: number
}

export interface BlobPartTable {
  blob_id: number
  position: number
  key: string
  size_bytes: number
  crc32: number
}

/** Keys that nothing refers to any more. A reader may still be at it, so they are removed a while later. */
export interface BlobGarbageTable {
  key: string
  since_ms: number
}

export interface FileLockTable {
  token: string
  tree_id: number
  node_id: number
  account_id: number
  scope: string
  depth: string
  owner: string
  timeout_s: number
  created_at_ms: number
  expires_at_ms: number
}

/** Properties that clients set, by Clark name; the value is XML that stands for itself. */
export interface NodePropertyTable {
  node_id: number
  name: string
  value: string
}

export interface NodeFavoriteTable {
  account_id: number
  node_id: number
}

export interface FilesSettingTable {
  name: string
  value: string
}

declare module '../../db/database.ts' {
  interface Tables {
    tree: TreeTable
    node: NodeTable
    blob: BlobTable
    blob_part: BlobPartTable
    blob_garbage: BlobGarbageTable
    file_lock: FileLockTable
    node_property: NodePropertyTable
    node_favorite: NodeFavoriteTable
    files_setting: FilesSettingTable
  }
}
