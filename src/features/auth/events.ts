declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An app password was made, by its account or for it. */
    'app-password.added': { readonly accountId: number; readonly appPasswordId: number }
    /** A device has asked, and knows now that it is to delete its data. */
    'app-password.wipe-started': { readonly accountId: number; readonly appPasswordId: number; readonly name: string }
    /** A device has deleted its data; its app password is gone. */
    'app-password.wiped': { readonly accountId: number; readonly appPasswordId: number; readonly name: string }
    /** An account signed in with its password from a program and network that it has not used before. */
    'login.from-unknown-client': { readonly accountId: number; readonly clientId: number }
  }
}
