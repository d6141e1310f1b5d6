/** A value that JSON can carry. `undefined` members are left out when it is written. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined }
