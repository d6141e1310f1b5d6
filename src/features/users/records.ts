import { LRUCache } from 'lru-cache'
import type { Database, Reader, Tx } from '../../db/database.ts'
import { accountTopic } from '../../lib/topics.ts'
import { APP_CONFIG_TOPIC, type AppConfig } from '../app-config/index.ts'
import type { Groups } from '../groups/index.ts'
import { DEFAULT_QUOTA, quotaBytes } from './quota.ts'
import * as store from './store.ts'

/** All that is known of an account, read together. */
export interface AccountRecord {
  readonly row: store.AccountRow
  readonly properties: readonly store.PropertyRow[]
  readonly groupIds: readonly string[]
  readonly administeredGroupIds: readonly string[]
  /** Its quota, or the one of all accounts; undefined for no limit. */
  readonly limitBytes: number | undefined
}

export interface AccountRecords {
  /** From memory, and then at once, when the account has not changed since; else from the database. */
  find(accountId: number): AccountRecord | undefined | Promise<AccountRecord | undefined>
  /** By the id on the wire in any letter case. */
  findByUserId(userId: string): AccountRecord | undefined | Promise<AccountRecord | undefined>
  /** Many at once, in a fixed number of statements, past the memory. In the order asked for. */
  load(accountIds: readonly number[]): Promise<AccountRecord[]>
}

interface Remembered {
  readonly stamp: number
  readonly configStamp: number
  readonly record: AccountRecord
}

const MAX_REMEMBERED = 10_000

/** Times of login are not stamped, so that a login forgets nothing; this is how old another process may show them. */
const MAX_AGE_MS = 60_000

interface RecordsDeps {
  readonly db: Database
  readonly groups: Pick<Groups, 'loadRoles'>
  readonly appConfig: Pick<AppConfig, 'read'>
}

/** Accounts in memory. The stamp of each account says whether what is remembered still holds, in every process. */
export function createAccountRecords({ db, groups, appConfig }: RecordsDeps): AccountRecords {
  const remembered = new LRUCache<number, Remembered>({ max: MAX_REMEMBERED, ttl: MAX_AGE_MS })
  const idsByKey = new LRUCache<string, number>({ max: MAX_REMEMBERED })

  const load = async (accountIds: readonly number[]): Promise<AccountRecord[]> =>
    loadRecords(db.read, groups, accountIds, await appConfig.read(DEFAULT_QUOTA))
  const fresh = (accountId: number): AccountRecord | undefined => {
    const entry = remembered.get(accountId)
    const isFresh =
      entry !== undefined &&
      entry.stamp === db.stamps.of(accountTopic(accountId)) &&
      entry.configStamp === db.stamps.of(APP_CONFIG_TOPIC)
    return isFresh ? entry.record : undefined
  }
  const read = async (accountId: number): Promise<AccountRecord | undefined> => {
    // The stamp is taken first: a change while we read makes the entry stale, never the other way round.
    const [stamp, configStamp] = [db.stamps.of(accountTopic(accountId)), db.stamps.of(APP_CONFIG_TOPIC)]
    const [record] = await load([accountId])
    if (record === undefined) {
      remembered.delete(accountId)
      return undefined
    }
    remembered.set(accountId, { stamp, configStamp, record })
    idsByKey.set(record.row.user_key, accountId)
    return record
  }
  const find = (accountId: number): AccountRecord | undefined | Promise<AccountRecord | undefined> =>
    fresh(accountId) ?? read(accountId)
  return {
    find,
    findByUserId(userId) {
      // No account is called like that, and PostgreSQL takes no text with it.
      if (userId.includes('\0')) return undefined
      const key = userKeyOf(userId)
      const known = idsByKey.get(key)
      const record = known === undefined ? undefined : fresh(known)
      if (record !== undefined) return record
      return store
        .findAccountIdByKey(db.read, key)
        .then((accountId) => (accountId === undefined ? undefined : find(accountId)))
    },
    load,
  }
}

/** Two user ids with the same key are the same account. */
export function userKeyOf(userId: string): string {
  return userId.toLowerCase()
}

async function loadRecords(
  db: Reader | Tx,
  groups: Pick<Groups, 'loadRoles'>,
  accountIds: readonly number[],
  defaultQuota: string,
): Promise<AccountRecord[]> {
  const rows = new Map((await store.listAccounts(db, accountIds)).map((row) => [row.id, row]))
  const properties = Map.groupBy(await store.listProperties(db, accountIds), (row) => row.account_id)
  const roles = await groups.loadRoles(db, accountIds)
  const records: AccountRecord[] = []
  for (const accountId of accountIds) {
    const row = rows.get(accountId)
    if (row === undefined) continue
    const { groupIds = [], administeredGroupIds = [] } = roles.get(accountId) ?? {}
    const limitBytes = quotaBytes(row.quota, defaultQuota)
    records.push({ row, properties: properties.get(accountId) ?? [], groupIds, administeredGroupIds, limitBytes })
  }
  return records
}
