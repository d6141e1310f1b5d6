declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** Somebody opened a direct link for the first time. */
    'direct-link.used': { readonly accountId: number; readonly nodeId: number; readonly linkDigest: string }
    /** A direct link expires within two hours. */
    'direct-link.expiring': { readonly accountId: number; readonly nodeId: number; readonly linkDigest: string }
  }
}
