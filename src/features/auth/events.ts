declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An app password was made, by its account or for it. */
    'app-password.added': { readonly accountId: number; readonly appPasswordId: number }
  }
}

export {}
