/** A client that waits for somebody to let it in by the browser. Its tokens are kept as digests alone. */
export interface LoginFlowTable {
  /** Of the token with which the client asks whether it has been let in. */
  poll_digest: string
  /** Of the token in the address that the browser opens. */
  flow_digest: string
  /** What the client calls itself. */
  client_name: string
  /** Where it asked from. */
  address: string
  created_at_ms: number
  expires_at_ms: number
  /** Who has let it in; null before. The app password is made when the client fetches it, and kept nowhere. */
  account_id: number | null
}

declare module '../../db/database.ts' {
  interface Tables {
    login_flow: LoginFlowTable
  }
}
