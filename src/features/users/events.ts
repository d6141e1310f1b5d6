declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** The limit of an account was set anew. */
    'account.quota-changed': { readonly accountId: number }
    /** An account shall be told by mail that it is there, and how to sign in. */
    'account.welcome-wanted': { readonly accountId: number }
  }
}
