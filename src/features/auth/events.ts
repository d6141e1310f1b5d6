declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An app password was made, by its account or for it. */
    'app-password.added': { readonly accountId: number; readonly appPasswordId: number }
    /** A device has asked, and knows now that it is to delete its data. */
    'app-password.wipe-started': { readonly accountId: number; readonly appPasswordId: number; readonly name: string }
    /** A device has deleted its data; its app password is gone. */
    'app-password.wiped': { readonly accountId: number; readonly appPasswordId: number; readonly name: string }
    /** From now on a sign-in needs a code, too. */
    'two-factor.enabled': { readonly accountId: number; readonly atMs: number }
    /** The password alone is enough again. */
    'two-factor.disabled': { readonly accountId: number; readonly atMs: number }
    /** Somebody signed in with one of the recovery codes, which is used up now. */
    'two-factor.recovery-code-used': { readonly accountId: number; readonly atMs: number }
    /** An account signed in with its password from a program and network that it has not used before. */
    'login.from-unknown-client': { readonly accountId: number; readonly clientId: number }
  }
}
