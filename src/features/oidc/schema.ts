export interface OidcIdentityTable {
  issuer: string
  /** Never given to somebody else at its issuer (OpenID Connect Core section 2). */
  subject: string
  account_id: number
}

/** A session that was begun at the identity provider. */
export interface OidcSessionTable {
  session_key: string
  /** Null for one that was begun before this was kept and belongs to nobody at the provider any more. */
  issuer: string | null
  subject: string | null
  /** SHA-256 of `sid`, hex; null when the provider gives its sessions no names. */
  provider_session_digest: string | null
}

/** A sign-out that the provider has told of, for as long as its token could be sent again. */
export interface OidcLogoutTable {
  /** SHA-256 of `jti`, hex. */
  token_digest: string
  issuer: string
  subject: string | null
  /** SHA-256 of `sid`, hex; null when all sessions of the subject were meant. */
  provider_session_digest: string | null
  issued_at_ms: number
  expires_at_ms: number
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
    oidc_logout: OidcLogoutTable
    oidc_group: OidcGroupTable
  }
}
