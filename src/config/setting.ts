/** Turns a written value into the one that is used. Throws an Error whose message says what is accepted. */
type Accept<T> = (text: string) => T

export interface Setting<T> {
  /** The environment variable. The same name with `_FILE` behind it names a file that holds the value. */
  readonly variable: string
  /** Option of the command line, for the few that have one. */
  readonly flag?: string
  /** As it would be written; undefined for none. */
  readonly fallback?: string
  /** How the value is written. Entries of a list have commas between them. */
  readonly kind: 'text' | 'port' | 'url' | 'list' | 'enum'
  /** Never shown and never logged. */
  readonly secret: boolean
  /** For the reference page. */
  readonly summary: string
  readonly example: string
  readonly accept: Accept<T>
}

/** One entry of the table of settings. */
export function setting<T>(definition: Omit<Setting<T>, 'secret'> & { readonly secret?: boolean }): Setting<T> {
  return { secret: false, ...definition }
}
