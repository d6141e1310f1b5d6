/** What one account has chosen for one part of its profile. */
export interface ProfileVisibilityTable {
  account_id: number
  field: string
  /** `show`, `show_users_only` or `hide`. */
  visibility: string
}

declare module '../../db/database.ts' {
  interface Tables {
    profile_visibility: ProfileVisibilityTable
  }
}
