/** One size of the picture of an account. */
export interface AvatarTable {
  account_id: number
  /** Of each side. */
  pixels: number
  content_type: string
  content: Uint8Array
  etag: string
  changed_at_ms: number
}

declare module '../../db/database.ts' {
  interface Tables {
    avatar: AvatarTable
  }
}
