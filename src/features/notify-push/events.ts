declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An administrator wants connections to begin anew: those of one account, or all. */
    'push.reset': { readonly accountId?: number }
    /** An administrator tries whether clients of this account hear of news. */
    'push.tested': { readonly accountId: number }
  }
}
