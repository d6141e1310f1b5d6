import type { Generated } from 'kysely'

export interface AccountGroupTable {
  /** The id on the wire. */
  group_id: string
  display_name: string
  created_at_ms: number
}

export interface GroupMemberTable {
  /** Order of joining. */
  member_no: Generated<number>
  group_id: string
  account_id: number
}

export interface GroupAdminTable {
  group_id: string
  account_id: number
}

declare module '../../db/database.ts' {
  interface Tables {
    account_group: AccountGroupTable
    group_member: GroupMemberTable
    group_admin: GroupAdminTable
  }
}
