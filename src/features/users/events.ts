declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** The limit of an account was set anew. */
    'account.quota-changed': { readonly accountId: number }
  }
}
