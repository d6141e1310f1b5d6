import type { Database } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { lookUp } from '../../lib/lookup.ts'
import { accountTopic } from '../../lib/topics.ts'
import { acceptDisplayName, acceptEmail, acceptLanguage, acceptLocale, acceptTimezone } from './account-rules.ts'
import type { Accounts } from './accounts.ts'
import type {} from './events.ts'
import { ACCOUNT_SCOPES, acceptFieldValue, acceptScope, findProfileField, invalidValue } from './fields.ts'
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
}

interface EditingDeps {
  readonly db: Database
  readonly audit: Audit
  readonly events: Events
  readonly accounts: Pick<Accounts, 'setPassword' | 'get'>
}

/** Who may change a field of an account besides the command line. */
type Right = 'self' | 'self-or-admins' | 'admins' | 'admin'

type ColumnChange = Partial<Omit<AccountTable, 'id'>>

interface ColumnField {
  readonly right: Right
  accept(value: string): ColumnChange
}

const DISPLAY_NAME: ColumnField = {
  right: 'self-or-admins',
  accept: (value) => ({ display_name: acceptDisplayName(value) }),
}

/** Fields kept in the account's own row. */
const COLUMN_FIELDS: Readonly<Record<string, ColumnField>> = {
  display: DISPLAY_NAME,
  displayname: DISPLAY_NAME,
  email: { right: 'self-or-admins', accept: acceptEmailChange },
  quota: { right: 'admins', accept: (value) => ({ quota: acceptQuota(value) }) },
  language: { right: 'self-or-admins', accept: (value) => ({ language: acceptLanguage(value) }) },
  locale: { right: 'self-or-admins', accept: (value) => ({ locale: acceptLocale(value) }) },
  timezone: { right: 'self', accept: (value) => ({ timezone: acceptTimezone(value) }) },
  manager: { right: 'admins', accept: acceptManager },
}

export function createEditing({ db, audit, events, accounts }: EditingDeps): AccountEditing {
  const saveColumns = async (record: AccountRecord, change: ColumnChange): Promise<void> => {
    await db.write(async (tx) => {
      await store.updateAccount(tx, record.row.id, change)
      await db.stamps.bump(tx, accountTopic(record.row.id))
      if (change.quota !== undefined) await events.add(tx, 'account.quota-changed', { accountId: record.row.id })
    })
  }
  const saveProperty = async (record: AccountRecord, name: string, part: { value?: string; scope?: string }) => {
    const known = record.properties.find((row) => row.name === name && row.position === 0)
    const defaultScope = findProfileField(name)?.defaultScope ?? lookUp(ACCOUNT_SCOPES, name) ?? 'v2-local'
    const row = {
      account_id: record.row.id,
      name,
      position: 0,
      value: part.value ?? known?.value ?? '',
      scope: part.scope ?? known?.scope ?? defaultScope,
    }
    await db.write(async (tx) => {
      await store.saveProperty(tx, row)
      await db.stamps.bump(tx, accountTopic(record.row.id))
    })
  }
  const change = async (record: AccountRecord, key: string, value: string, by: AccountViewer | undefined) => {
    if (key === 'password') {
      await accounts.setPassword(record, value, by?.userId ?? 'cli')
      return
    }
    const column = lookUp(COLUMN_FIELDS, key)
    if (column !== undefined) {
      requireRight(column.right, record, by)
      await saveColumns(record, withSearchKeys(record, column.accept(value)))
      return
    }
    const scoped = scopedFieldName(key)
    if (scoped !== undefined) {
      requireRight('self', record, by)
      await saveProperty(record, scoped, { scope: acceptScope(scoped, value) })
      return
    }
    const field = findProfileField(key)
    if (field === undefined) throw notEditable(key)
    requireRight('self-or-admins', record, by)
    await saveProperty(record, field.name, { value: acceptFieldValue(field, value) })
  }
  return {
    async change(record, key, value, by) {
      await change(record, key, value, by)
      const actor = by?.userId ?? 'cli'
      audit.record({ event: 'account.changed', actor, subject: record.row.user_id, detail: { field: key } })
    },
  }
}

function requireRight(right: Right, record: AccountRecord, by: AccountViewer | undefined): void {
  if (by === undefined) return
  const isSelf = by.accountId === record.row.id
  const isAbove = by.isAdmin || (!isSelf && by.administeredGroupIds.length > 0)
  const allowed = {
    self: isSelf,
    'self-or-admins': isSelf || isAbove,
    admins: isAbove,
    admin: by.isAdmin,
  }[right]
  if (!allowed) throw notEditable(right)
}

function notEditable(key: string): Fault {
  return new Fault('forbidden', '', { reason: 'not-editable', field: key.slice(0, 64) })
}

/** `phoneScope` names the scope of `phone`. */
function scopedFieldName(key: string): string | undefined {
  if (!key.endsWith('Scope')) return undefined
  const name = key.slice(0, -'Scope'.length)
  return findProfileField(name)?.name ?? (lookUp(ACCOUNT_SCOPES, name) === undefined ? undefined : name)
}

function acceptEmailChange(value: string): ColumnChange {
  const email = acceptEmail(value)
  return { email, email_key: email?.toLowerCase() ?? null }
}

function acceptManager(value: string): ColumnChange {
  if (value.length > 64) throw invalidValue('Invalid manager', 'manager')
  return { manager: value }
}

function withSearchKeys(record: AccountRecord, change: ColumnChange): ColumnChange {
  if (change.display_name === undefined) return change
  const shown = change.display_name === '' ? record.row.user_id : change.display_name
  return { ...change, display_key: shown.toLowerCase() }
}
