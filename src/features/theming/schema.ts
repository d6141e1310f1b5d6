export interface ThemingSettingTable {
  name: string
  value: string
}

export interface ThemingImageTable {
  /** `logo`, `logoheader`, `favicon` or `background`. */
  name: string
  content_type: string
  content: Uint8Array
  etag: string
  changed_at_ms: number
}

/** What one account has chosen for itself. */
export interface ThemingChoiceTable {
  account_id: number
  /** `default`, `color`, or the name of a shipped background. */
  background: string
  /** `#rrggbb`, empty when not chosen. */
  background_color: string
  /** Ids of the themes that are on, with commas between them. */
  themes: string
  /** Counts the changes of the background. */
  version: number
}

declare module '../../db/database.ts' {
  interface Tables {
    theming_setting: ThemingSettingTable
    theming_image: ThemingImageTable
    theming_choice: ThemingChoiceTable
  }
}
