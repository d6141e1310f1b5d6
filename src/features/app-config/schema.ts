/** A value that an administrator has set for an app, ours or one that a script knows. */
export interface AppSettingTable {
  app: string
  name: string
  value: string
}

declare module '../../db/database.ts' {
  interface Tables {
    app_setting: AppSettingTable
  }
}
