declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** Something in an account's tree is new, other or gone. */
    'files.changed': {
      readonly accountId: number
      /** Of what has changed and is still there, and of the folders that it is or was in. Missing when they are too many. */
      readonly nodeIds?: readonly number[]
    }
    /** What an account keeps has come to nine tenths of its quota. */
    'quota.nearly-full': { readonly accountId: number }
  }
}
