import { type Selectable, sql, type Updateable } from 'kysely'
import type { Database, Reader, Tx } from '../../db/database.ts'
import { isOneOf } from '../../db/one-of.ts'
import type { AccountPropertyTable, AccountTable } from './schema.ts'

export type AccountRow = Selectable<AccountTable>
export type PropertyRow = Selectable<AccountPropertyTable>

export async function listAccounts(db: Reader | Tx, accountIds: readonly number[]): Promise<AccountRow[]> {
  if (accountIds.length === 0) return []
  return db.selectFrom('account').selectAll().where('id', 'in', accountIds).execute()
}

export async function findAccountIdByKey(db: Reader | Tx, userKey: string): Promise<number | undefined> {
  const row = await db.selectFrom('account').select('id').where('user_key', '=', userKey).executeTakeFirst()
  return row?.id
}

/** Accounts with this e-mail address; two are enough to know that it is not unique. */
export async function listAccountIdsByEmail(db: Reader, emailKey: string): Promise<number[]> {
  const rows = await db.selectFrom('account').select('id').where('email_key', '=', emailKey).limit(2).execute()
  return rows.map((row) => row.id)
}

export async function listProperties(db: Reader | Tx, accountIds: readonly number[]): Promise<PropertyRow[]> {
  if (accountIds.length === 0) return []
  return db
    .selectFrom('account_property')
    .selectAll()
    .where('account_id', 'in', accountIds)
    .orderBy('name')
    .orderBy('position')
    .execute()
}

export interface AccountSearch {
  /** Part of the id, name or e-mail address; empty for all. */
  readonly search: string
  readonly limit: number
  readonly offset: number
  /** Only these accounts. */
  readonly accountIds?: readonly number[]
  readonly isEnabled?: boolean | undefined
  readonly order?: 'last-login' | undefined
  /** Only those behind the account with this key, in the usual order. */
  readonly afterKey?: string
}

/** Ids on the wire, in their order. */
export async function listUserIds(db: Pick<Database, 'kind' | 'read'>, wanted: AccountSearch): Promise<string[]> {
  const { search, limit, offset, accountIds, isEnabled, order, afterKey } = wanted
  let query = db.read.selectFrom('account').select('user_id').limit(limit).offset(offset)
  if (order === 'last-login')
    query = query.where('last_login_at_ms', 'is not', null).orderBy('last_login_at_ms', 'desc')
  query = query.orderBy('user_key')
  // Not as a parameter: the index of those who may not sign in is for this value alone.
  if (isEnabled !== undefined) query = query.where('enabled', '=', sql.lit(isEnabled ? 1 : 0))
  if (afterKey !== undefined) query = query.where('user_key', '>', afterKey)
  if (accountIds !== undefined) {
    if (accountIds.length === 0) return []
    query = query.where(isOneOf(db.kind, 'id', accountIds))
  }
  if (search !== '') {
    const pattern = `%${search.toLowerCase().replace(/[%_\\\0]/g, '')}%`
    query = query.where((where) =>
      where.or([
        where('user_key', 'like', pattern),
        where('display_key', 'like', pattern),
        where('email_key', 'like', pattern),
      ]),
    )
  }
  return (await query.execute()).map((row) => row.user_id)
}

export async function listNames(
  db: Pick<Database, 'kind' | 'read'>,
  accountIds: readonly number[],
): Promise<Map<number, string>> {
  const rows = await db.read
    .selectFrom('account')
    .select(['id', 'user_id'])
    .where(isOneOf(db.kind, 'id', accountIds))
    .orderBy('user_key')
    .execute()
  return new Map(rows.map((row) => [row.id, row.user_id]))
}

export async function countAccounts(db: Reader): Promise<number> {
  const row = await db
    .selectFrom('account')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Of some accounts, how many may sign in. */
export async function countEnabled(db: Reader | Tx, accountIds: readonly number[]): Promise<number> {
  if (accountIds.length === 0) return 0
  const row = await db
    .selectFrom('account')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('id', 'in', accountIds)
    .where('enabled', '=', 1)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function insertAccount(tx: Tx, row: Omit<AccountRow, 'id'>): Promise<number> {
  const made = await tx.insertInto('account').values(row).returning('id').executeTakeFirstOrThrow()
  return made.id
}

export async function updateAccount(tx: Tx, accountId: number, change: Updateable<AccountTable>): Promise<void> {
  if (Object.keys(change).length === 0) return
  await tx.updateTable('account').set(change).where('id', '=', accountId).execute()
}

export async function deleteAccount(tx: Tx, accountId: number): Promise<void> {
  await tx.deleteFrom('account').where('id', '=', accountId).execute()
}

export async function saveProperty(tx: Tx, row: PropertyRow): Promise<void> {
  await tx
    .insertInto('account_property')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'name', 'position']).doUpdateSet({ value: row.value, scope: row.scope }),
    )
    .execute()
}

export async function listAccountIdsByKeys(db: Reader, userKeys: readonly string[]): Promise<number[]> {
  if (userKeys.length === 0) return []
  const rows = await db
    .selectFrom('account')
    .select('id')
    .where('user_key', 'in', userKeys)
    .orderBy('user_key')
    .execute()
  return rows.map((row) => row.id)
}

export async function listDisabledIds(db: Reader): Promise<number[]> {
  const rows = await db.selectFrom('account').select('id').where('enabled', '=', sql.lit(0)).execute()
  return rows.map((row) => row.id)
}

/** Accounts that may sign in whose name, id or e-mail address is exactly this text, in any letter case. */
export async function listUserIdsNamed(
  db: Reader,
  text: string,
  by: { readonly byName: boolean; readonly byId: boolean; readonly byEmail: boolean },
  limit: number,
): Promise<string[]> {
  if (!by.byName && !by.byId && !by.byEmail) return []
  const key = text.toLowerCase().replaceAll('\0', '')
  const rows = await db
    .selectFrom('account')
    .select('user_id')
    .where('enabled', '=', 1)
    .where((where) =>
      where.or([
        ...(by.byName ? [where('display_key', '=', key)] : []),
        ...(by.byId ? [where('user_key', '=', key)] : []),
        ...(by.byEmail ? [where('email_key', '=', key)] : []),
      ]),
    )
    .limit(limit)
    .execute()
  return rows.map((row) => row.user_id)
}

export async function listPropertiesNamed(tx: Tx, accountId: number, name: string): Promise<PropertyRow[]> {
  return tx
    .selectFrom('account_property')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .orderBy('position')
    .execute()
}

export async function deletePropertiesNamed(tx: Tx, accountId: number, name: string): Promise<void> {
  await tx.deleteFrom('account_property').where('account_id', '=', accountId).where('name', '=', name).execute()
}

export interface PhoneOwner {
  readonly phone: string
  readonly userId: string
  readonly accountId: number
}

/** Accounts that may sign in and have one of these numbers, by its index. */
export async function listPhoneOwners(db: Reader, phones: readonly string[]): Promise<PhoneOwner[]> {
  return (
    db
      .selectFrom('account_property')
      .innerJoin('account', 'account.id', 'account_property.account_id')
      .select(['account_property.value as phone', 'account.user_id as userId', 'account.id as accountId'])
      // Not as a parameter: the index is for this name alone.
      .where('account_property.name', '=', sql.lit('phone'))
      .where('account_property.value', 'in', phones)
      .where('account.enabled', '=', 1)
      .orderBy('account.user_key')
      .execute()
  )
}
