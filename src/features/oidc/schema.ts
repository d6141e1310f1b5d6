export interface OidcIdentityTable {
  issuer: string
  /** Never given to somebody else at its issuer (OpenID Connect Core section 2). */
  subject: string
  account_id: number
}

/** A session that was begun at the identity provider. */
export interface OidcSessionTable {
  session_key: string
}

/** A membership that the identity provider has given, and may take back. */
export interface OidcGroupTable {
  account_id: number
  group_id: string
}

declare module '../../db/database.ts' {
  interface Tables {
    oidc_identity: OidcIdentityTable
    oidc_session: OidcSessionTable
    oidc_group: OidcGroupTable
  }
}
