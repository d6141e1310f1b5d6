import type { Database, Tx } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import { accountTopic } from '../../lib/topics.ts'
import { acceptEmail } from './account-rules.ts'
import { MESSAGES } from './fault-messages.ts'
import { ADDITIONAL_MAIL, DEFAULT_MAIL_SCOPE, findScope, invalidValue } from './fields.ts'
import type { AccountRecord } from './records.ts'
import * as store from './store.ts'

/** Addresses of an account besides its first. */
export interface Addresses {
  /** Throws Fault `bad-request` with reason `invalid-value` when it is none, or the account's first one. */
  add(record: AccountRecord, value: string): Promise<void>
  /** An empty value takes the address away. */
  replace(record: AccountRecord, address: string, value: string): Promise<void>
  /** Throws Fault `bad-request` with reason `invalid-entry-scope`. */
  setScope(record: AccountRecord, address: string, scope: string): Promise<void>
}

const MAX_ADDRESSES = 20

interface Entry {
  readonly value: string
  readonly scope: string
}

export function createAddresses(db: Database): Addresses {
  const change = (record: AccountRecord, edit: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> => {
    const accountId = record.row.id
    return db.write(async (tx) => {
      // The stamp's row is the lock: two changes at the same time do not both begin with the same list.
      await db.stamps.bump(tx, accountTopic(accountId))
      await save(tx, accountId, edit(await store.listPropertiesNamed(tx, accountId, ADDITIONAL_MAIL)))
    })
  }
  return {
    async add(record, value) {
      const address = acceptAddress(record, value)
      await change(record, (entries) => {
        if (entries.some((entry) => isSame(entry.value, address))) return entries
        if (entries.length >= MAX_ADDRESSES) throw invalidValue(MESSAGES.tooManyAddresses, ADDITIONAL_MAIL)
        return [...entries, { value: address, scope: DEFAULT_MAIL_SCOPE }]
      })
    },
    async replace(record, address, value) {
      const next = value.trim() === '' ? undefined : acceptAddress(record, value)
      await change(record, (entries) =>
        entries
          .filter((entry) => isSame(entry.value, address) || next === undefined || !isSame(entry.value, next))
          .flatMap((entry) => {
            if (!isSame(entry.value, address)) return [entry]
            return next === undefined ? [] : [{ value: next, scope: entry.scope }]
          }),
      )
    },
    async setScope(record, address, value) {
      const scope = findScope(ADDITIONAL_MAIL, value)
      if (scope === undefined) throw new Fault('bad-request', '', { reason: 'invalid-entry-scope' })
      await change(record, (entries) =>
        entries.map((entry) => (isSame(entry.value, address) ? { value: entry.value, scope } : entry)),
      )
    },
  }
}

async function save(tx: Tx, accountId: number, entries: readonly Entry[]): Promise<void> {
  await store.deletePropertiesNamed(tx, accountId, ADDITIONAL_MAIL)
  for (const [position, { value, scope }] of entries.entries()) {
    await store.saveProperty(tx, { account_id: accountId, name: ADDITIONAL_MAIL, position, value, scope })
  }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function acceptAddress({ row }: AccountRecord, value: string): string {
  const address = acceptEmail(value)
  if (address === null || address.toLowerCase() === row.email_key) throw invalidValue('', ADDITIONAL_MAIL)
  return address
}
