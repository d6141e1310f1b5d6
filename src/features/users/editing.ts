import type { Database, Tx } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { lookUp } from '../../lib/lookup.ts'
import { accountTopic } from '../../lib/topics.ts'
import {
  acceptDisplayName,
  acceptEmail,
  acceptLanguage,
  acceptLocale,
  acceptTimezone,
  passwordColumns,
} from './account-rules.ts'
import { createAddresses } from './addresses.ts'
import type {} from './events.ts'
import { MESSAGES } from './fault-messages.ts'
import {
  ADDITIONAL_MAIL,
  acceptFieldValue,
  acceptScope,
  defaultScopeOf,
  type FieldContext,
  findProfileField,
  invalidValue,
} from './fields.ts'
import { acceptQuota } from './quota.ts'
import type { AccountRecord } from './records.ts'
import type { AccountTable } from './schema.ts'
import * as store from './store.ts'

export interface AccountEditing {
  /**
   * Changes one field by its name on the wire. `by` is who asks, undefined for the command line, which may all.
   * Throws Fault `bad-request` with reason `invalid-value`, or `forbidden` with reason `not-editable`.
   */
  change(record: AccountRecord, key: string, value: string, by: AccountViewer | undefined): Promise<void>
  /**
   * Changes one entry of a field with several: `additional_mail` (an empty value takes it away), `additional_mailScope`.
   * An entry that is not there is left so. Throws Fault `bad-request` with reason `invalid-value` or `unknown-collection`.
   */
  changeEntry(record: AccountRecord, entry: CollectionEntry, by: AccountViewer): Promise<void>
  /** What a new value of a field in the account's row means. Throws like `change`; undefined: it is no such field. */
  acceptColumn(
    record: AccountRecord,
    key: string,
    value: string,
    by: AccountViewer | undefined,
  ): ColumnChange | undefined
  /** Inside the transaction of a change: the row, its stamp, and the events that follow from it. */
  saveColumnsIn(tx: Tx, record: AccountRecord, change: ColumnChange): Promise<void>
}

export interface CollectionEntry {
  readonly collection: string
  readonly key: string
  readonly value: string
}

export interface EditingDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  readonly context: FieldContext
}

/** Who may change a field of an account besides the command line. */
type Right = 'self' | 'self-or-admins' | 'admins'

export type ColumnChange = Partial<Omit<AccountTable, 'id'>>

interface ColumnField {
  readonly right: Right
  accept(value: string, record: AccountRecord): ColumnChange
}

const DISPLAY_NAME: ColumnField = { right: 'self-or-admins', accept: acceptDisplayNameChange }

/** Fields kept in the account's own row. */
const COLUMN_FIELDS: Readonly<Record<string, ColumnField>> = {
  display: DISPLAY_NAME,
  displayname: DISPLAY_NAME,
  email: { right: 'self-or-admins', accept: acceptEmailChange },
  notify_email: { right: 'self-or-admins', accept: acceptNotifyEmail },
  quota: { right: 'admins', accept: (value) => ({ quota: acceptQuota(value) }) },
  language: { right: 'self-or-admins', accept: (value) => ({ language: acceptLanguage(value) }) },
  locale: { right: 'self-or-admins', accept: (value) => ({ locale: acceptLocale(value) }) },
  timezone: { right: 'self', accept: (value) => ({ timezone: acceptTimezone(value) }) },
  manager: { right: 'admins', accept: acceptManager },
}

/** Fields of an account, one at a time (recording provisioning-users-edit). */
export function createEditing({ db, clock, audit, events, context }: EditingDeps): AccountEditing {
  const addresses = createAddresses(db)
  const note = (record: AccountRecord, field: string, by: AccountViewer | undefined): void => {
    const actor = by?.userId ?? 'cli'
    const event = field === 'password' ? 'account.password-changed' : 'account.changed'
    audit.record({ event, actor, subject: record.row.user_id, detail: { field } })
  }
  const saveColumnsIn: AccountEditing['saveColumnsIn'] = async (tx, record, change) => {
    await store.updateAccount(tx, record.row.id, change)
    await db.stamps.bump(tx, accountTopic(record.row.id))
    if (change.quota !== undefined) await events.add(tx, 'account.quota-changed', { accountId: record.row.id })
  }
  const saveColumns = (record: AccountRecord, change: ColumnChange): Promise<void> =>
    db.write((tx) => saveColumnsIn(tx, record, change))
  const change = async (record: AccountRecord, key: string, value: string, by: AccountViewer | undefined) => {
    if (key === 'password') return saveColumns(record, await passwordColumns(value, clock.nowMs()))
    const column = acceptColumn(record, key, value, by)
    if (column !== undefined) return saveColumns(record, column)
    if (key === ADDITIONAL_MAIL) {
      requireRight('self-or-admins', record, by, key)
      return addresses.add(record, value)
    }
    const scoped = scopedFieldName(key)
    if (scoped !== undefined) {
      requireRight('self', record, by, key)
      return saveProperty(db, record, scoped, { scope: acceptScope(scoped, value) })
    }
    const field = findProfileField(key)
    if (field === undefined) throw notEditable(key)
    requireRight('self-or-admins', record, by, key)
    return saveProperty(db, record, field.name, { value: await acceptFieldValue(field, value, context) })
  }
  return {
    acceptColumn,
    saveColumnsIn,
    async change(record, key, value, by) {
      await change(record, key, value, by)
      note(record, key, by)
    },
    async changeEntry(record, { collection, key, value }, by) {
      if (collection === ADDITIONAL_MAIL) await addresses.replace(record, key, value)
      else if (collection !== `${ADDITIONAL_MAIL}Scope` || by.accountId !== record.row.id) throw unknownCollection()
      else await addresses.setScope(record, key, value)
      note(record, collection, by)
    },
  }
}

function acceptColumn(
  record: AccountRecord,
  key: string,
  value: string,
  by: AccountViewer | undefined,
): ColumnChange | undefined {
  const column = lookUp(COLUMN_FIELDS, key)
  if (column === undefined) return undefined
  requireRight(column.right, record, by, key)
  return column.accept(value, record)
}

async function saveProperty(
  db: Database,
  record: AccountRecord,
  name: string,
  part: { readonly value?: string; readonly scope?: string },
): Promise<void> {
  const known = record.properties.find((row) => row.name === name && row.position === 0)
  await db.write(async (tx) => {
    await store.saveProperty(tx, {
      account_id: record.row.id,
      name,
      position: 0,
      value: part.value ?? known?.value ?? '',
      scope: part.scope ?? known?.scope ?? defaultScopeOf(name) ?? 'v2-private',
    })
    await db.stamps.bump(tx, accountTopic(record.row.id))
  })
}

function requireRight(right: Right, record: AccountRecord, by: AccountViewer | undefined, key: string): void {
  if (by === undefined) return
  const isSelf = by.accountId === record.row.id
  const isAbove = by.isAdmin || (!isSelf && by.administeredGroupIds.length > 0)
  const allowed = { self: isSelf, 'self-or-admins': isSelf || isAbove, admins: isAbove }[right]
  if (!allowed) throw notEditable(key)
}

function notEditable(key: string): Fault {
  return new Fault('forbidden', '', { reason: 'not-editable', field: key.slice(0, 64) })
}

function unknownCollection(): Fault {
  return new Fault('bad-request', '', { reason: 'unknown-collection' })
}

/** `phoneScope` names the scope of `phone`. */
function scopedFieldName(key: string): string | undefined {
  if (!key.endsWith('Scope')) return undefined
  const name = key.slice(0, -'Scope'.length)
  return defaultScopeOf(name) === undefined ? undefined : (findProfileField(name)?.name ?? name)
}

function acceptDisplayNameChange(value: string, { row }: AccountRecord): ColumnChange {
  const name = acceptDisplayName(value)
  return { display_name: name, display_key: (name === '' ? row.user_id : name).toLowerCase() }
}

/** Mail follows to the new address. */
function acceptEmailChange(value: string): ColumnChange {
  const email = acceptEmail(value)
  return { email, email_key: email?.toLowerCase() ?? null, notify_email: null }
}

/** Where mail goes to. Only an address that was proved to be theirs could stand here, and there is just the account's own. */
function acceptNotifyEmail(value: string, { row }: AccountRecord): ColumnChange {
  const email = acceptEmail(value)
  if (email !== null && email.toLowerCase() !== row.email_key) throw invalidValue('', 'notify_email')
  return { notify_email: email }
}

function acceptManager(value: string): ColumnChange {
  if (value.length > 64) throw invalidValue(MESSAGES.invalidManager, 'manager')
  return { manager: value }
}
