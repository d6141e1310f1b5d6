declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An app password was made, by its account or for it. */
    'app-password.added': { readonly accountId: number; readonly appPasswordId: number }
    /** An account signed in with its password from a program and network that it has not used before. */
    'login.from-unknown-client': { readonly accountId: number; readonly clientId: number }
  }
}
