declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An administrator wants connections to begin anew: those of one account, or all. */
    'push.reset': { readonly accountId?: number }
  }
}
