import type { Database } from '../../db/database.ts'
import { noteUnlessFull } from '../../db/errors.ts'
import { ADMIN_GROUP } from '../groups/index.ts'
import type { AccountDirectory, AccountIdentity } from './identity.ts'
import type { AccountRecord, AccountRecords } from './records.ts'
import * as store from './store.ts'

/** A login is written down at most this often. */
const LOGIN_NOTE_EVERY_MS = 60_000

const identities = new WeakMap<AccountRecord, AccountIdentity>()

/** Accounts as those see them who let people in. */
export function createDirectory(db: Database, records: AccountRecords): AccountDirectory {
  return {
    identity(accountId) {
      const record = records.find(accountId)
      return record instanceof Promise ? record.then(identityOf) : identityOf(record)
    },
    async findByLogin(login) {
      const record = await records.findByUserId(login)
      if (record !== undefined) return identityOf(record)
      if (!login.includes('@')) return undefined
      const accountIds = await store.listAccountIdsByEmail(db.read, login.toLowerCase())
      const [accountId] = accountIds
      return accountIds.length === 1 && accountId !== undefined ? identityOf(await records.find(accountId)) : undefined
    },
    async recordLogin(accountId, atMs) {
      const record = await records.find(accountId)
      if (record === undefined || atMs - (record.row.last_login_at_ms ?? 0) < LOGIN_NOTE_EVERY_MS) return
      const firstLoginAtMs = record.row.first_login_at_ms ?? atMs
      const logins = { first_login_at_ms: firstLoginAtMs, last_login_at_ms: atMs }
      await noteUnlessFull(async () => {
        await db.write((tx) => store.updateAccount(tx, accountId, logins))
        // Without a stamp: nothing that was remembered of this account becomes wrong by it.
        Object.assign(record.row, logins)
      })
    },
  }
}

function identityOf(record: AccountRecord): AccountIdentity
function identityOf(record: AccountRecord | undefined): AccountIdentity | undefined
function identityOf(record: AccountRecord | undefined): AccountIdentity | undefined {
  if (record === undefined) return undefined
  let identity = identities.get(record)
  if (identity === undefined) {
    identity = {
      accountId: record.row.id,
      userId: record.row.user_id,
      enabled: record.row.enabled === 1,
      isAdmin: record.groupIds.includes(ADMIN_GROUP),
      administeredGroupIds: record.administeredGroupIds,
      language: record.row.language,
      passwordHash: record.row.password_hash ?? undefined,
      passwordChangedAtMs: record.row.password_changed_at_ms,
    }
    identities.set(record, identity)
  }
  return identity
}
