import type { OwnPrincipal } from '../../dav/root-tree.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import type { Json } from '../../lib/json.ts'
import { ACCOUNT_SCOPES, ADDITIONAL_MAIL, PROFILE_FIELDS } from './fields.ts'
import { quotaView } from './quota.ts'
import type { AccountRecord } from './records.ts'
import type { PropertyRow } from './store.ts'

export interface MetadataFacts {
  readonly record: AccountRecord
  readonly viewer: AccountViewer
  readonly usedBytes: number
  /** Absolute path of the data folder. */
  readonly dataFolder: string
  /** Lists never say who may see a field, not even of the one who asks. */
  readonly isListed?: boolean
}

/**
 * The record of one account (recording users-metadata). The account itself also sees who may see each field; only an
 * administrator sees where the data is. `webpage` is the name that the OCS documentation gives to `website`.
 */
export function userMetadataView(facts: MetadataFacts): Record<string, Json> {
  const { record, viewer, usedBytes, dataFolder, isListed = false } = facts
  const { row } = record
  const fields = new ProfileValues(record.properties)
  const withScopes = viewer.accountId === row.id && !isListed
  const lastLoginMs = row.last_login_at_ms ?? 0
  const scope = (name: string): Record<string, Json> =>
    withScopes ? { [`${name}Scope`]: fields.scope(name, ACCOUNT_SCOPES[name] ?? 'v2-local') } : {}
  const displayName = row.display_name === '' ? row.user_id : row.display_name
  return {
    enabled: row.enabled === 1,
    // Content is kept in blobs, not in a folder for each account: this names the account's place, not a directory.
    ...(viewer.isAdmin ? { storageLocation: `${dataFolder}/${row.user_id}` } : {}),
    id: row.user_id,
    firstLoginTimestamp: seconds(row.first_login_at_ms ?? 0),
    lastLoginTimestamp: seconds(lastLoginMs),
    lastLogin: seconds(lastLoginMs) * 1_000,
    backend: 'Database',
    subadmin: [...record.administeredGroupIds],
    quota: { ...quotaView(record.limitBytes, usedBytes) },
    // The account itself is not told (recording provisioning-users-edit).
    manager: viewer.accountId === row.id && !viewer.isAdmin ? '' : row.manager,
    ...scope('avatar'),
    email: row.email,
    ...scope('email'),
    additional_mail: fields.values(ADDITIONAL_MAIL),
    ...(withScopes ? { additional_mailScope: fields.scopes(ADDITIONAL_MAIL) } : {}),
    displayname: displayName,
    'display-name': displayName,
    ...scope('displayname'),
    ...profileView(fields, withScopes),
    groups: [...record.groupIds],
    language: row.language === '' ? 'en' : row.language,
    locale: row.locale,
    timezone: row.timezone,
    notify_email: row.notify_email,
    backendCapabilities: { setDisplayName: true, setPassword: true },
  }
}

/** Undefined stands for an account that was deleted while it asked. */
export function principalView(record: AccountRecord | undefined): OwnPrincipal {
  const { user_id = '', display_name = '', email = null, language = '' } = record?.row ?? {}
  const others = new ProfileValues(record?.properties ?? []).values(ADDITIONAL_MAIL)
  return {
    displayName: display_name === '' ? user_id : display_name,
    email: email ?? undefined,
    emails: email === null ? others : [...others, email],
    groupIds: record?.groupIds ?? [],
    language: language === '' ? 'en' : language,
  }
}

function profileView(fields: ProfileValues, withScopes: boolean): Record<string, Json> {
  const view: Record<string, Json> = {}
  for (const { name, defaultScope } of PROFILE_FIELDS) {
    const value = fields.value(name, name === 'profile_enabled' ? '1' : '')
    view[name] = value
    if (withScopes) view[`${name}Scope`] = fields.scope(name, defaultScope)
    if (name === 'website') view['webpage'] = value
  }
  return view
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000)
}

/** The rows of one account's profile by name. */
class ProfileValues {
  readonly #rows: Map<string, PropertyRow[]>

  constructor(rows: readonly PropertyRow[]) {
    this.#rows = Map.groupBy(rows, (row) => row.name)
  }

  value(name: string, otherwise: string): string {
    return this.#rows.get(name)?.[0]?.value ?? otherwise
  }

  values(name: string): string[] {
    return (this.#rows.get(name) ?? []).map((row) => row.value)
  }

  scope(name: string, otherwise: string): string {
    return this.#rows.get(name)?.[0]?.scope ?? otherwise
  }

  scopes(name: string): string[] {
    return (this.#rows.get(name) ?? []).map((row) => row.scope)
  }
}
