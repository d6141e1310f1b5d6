/** An address at which a password may be set, once. The token in it is kept as a digest alone. */
export interface PasswordLinkTable {
  digest: string
  account_id: number
  created_at_ms: number
  expires_at_ms: number
}

declare module '../../db/database.ts' {
  interface Tables {
    password_link: PasswordLinkTable
  }
}
