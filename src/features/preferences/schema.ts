/** One preference of one account. */
export interface PreferenceTable {
  account_id: number
  /** Id of the app that declares it: `theming`. */
  app: string
  name: string
  value: string
}

declare module '../../db/database.ts' {
  interface Tables {
    preference: PreferenceTable
  }
}
