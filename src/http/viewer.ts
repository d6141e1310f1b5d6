/** Who is asking. Made once per request by the authenticator and handed down; nobody asks twice. */
export type Viewer = AnonymousViewer | AccountViewer

export interface AnonymousViewer {
  readonly kind: 'anonymous'
}

export interface AccountViewer {
  readonly kind: 'account'
  /** Internal id, never on the wire and never used again after the account is deleted. */
  readonly accountId: number
  /** The name on the wire, in the spelling of its creation. */
  readonly userId: string
  readonly isAdmin: boolean
  /** Ids of the groups this account administers. */
  readonly administeredGroupIds: readonly string[]
  readonly via: 'password' | 'app-password' | 'session'
  /** The app password in use. */
  readonly appPasswordId?: number
  /** Of an app password that may do less than its account; see `reach.ts` for what that means where. */
  readonly limits?: ViewerLimits
  /** When the credential ends by itself. */
  readonly endsAtMs?: number
  /** Digest that names the session in use. */
  readonly sessionKey?: string
  /** Until when a sensitive change needs no further password: always for a login password, never for an app password. */
  readonly confirmedUntilMs: number
  /** BCP 47 tag, empty when the account has not chosen. */
  readonly language: string
}

/** What an app password may do less than its account. Given when it is made, and never changed. */
export interface ViewerLimits {
  readonly isReadOnly: boolean
  /** Id of the only folder that it opens; undefined for all files. */
  readonly folderId?: number
  /** It can only be turned into an app password, once. */
  readonly isOneTime?: boolean
}

export const anonymous: AnonymousViewer = { kind: 'anonymous' }

/** What a request brings along to say who is asking. */
export interface Credentials {
  readonly basic?: { readonly login: string; readonly secret: string }
  readonly bearer?: string
  readonly sessionCookie?: string
}

/** Where a request comes from, with proxies already taken into account. */
export interface ClientInfo {
  readonly address: string
  readonly userAgent: string
}

export interface Authenticator {
  /**
   * Who these credentials stand for. Synchronous when the answer is remembered.
   * Throws Fault `unauthenticated` (the credential is wrong; or right, with reason `disabled`, and the account is closed)
   * or `too-many` (throttled).
   */
  authenticate(credentials: Credentials, client: ClientInfo): Viewer | Promise<Viewer>
  /**
   * Whether what somebody came with still opens the account: asked again before something that has taken long counts.
   * Synchronous while the account has not changed. Throws Fault `unauthenticated`.
   */
  confirm(viewer: AccountViewer): void | Promise<void>
  /** Whether a request token (`requesttoken`) belongs to this session cookie. */
  isRequestToken(token: string, sessionCookie: string): boolean
}
