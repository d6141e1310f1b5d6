import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import type { AccountViewer, Viewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { AccountRecord, Visibility } from '../users/index.ts'
import { MESSAGES } from './fault-messages.ts'
import { isProfileField, type ProfileFieldId, usualVisibility, VISIBILITIES } from './fields.ts'
import * as store from './store.ts'

/** An account as one viewer may see it. What is hidden is as if it were empty. */
export interface Profile {
  readonly userId: string
  readonly displayName: string
  /** Whether there is a profile to look at; its owner always has one. */
  readonly isEnabled: boolean
  /** IANA name. */
  readonly timezone: string
  /** Whether this viewer may see a part of it. */
  shows(field: ProfileFieldId): boolean
  /** Empty for what is empty or hidden. */
  value(field: ProfileFieldId): string
  /** The main address first; empty when they are hidden. */
  readonly emails: readonly string[]
}

export interface Profiles {
  /** undefined: no such account, none that may sign in, or none that this viewer may know of. */
  find(viewer: Viewer, userId: string): Promise<Profile | undefined>
  /**
   * To whom a part of one's own profile is shown. Throws Fault `forbidden` for somebody else's, and `bad-request` for a
   * part or a choice that there is not.
   */
  choose(viewer: AccountViewer, userId: string, field: string, visibility: string): Promise<void>
}

export interface ProfilesDeps {
  readonly db: Database
  readonly audit: Audit
  readonly visibility: Pick<Visibility, 'findRecord'>
}

const MAX_REMEMBERED = 10_000

type Choices = ReadonlyMap<string, string>

export function createProfiles({ db, audit, visibility }: ProfilesDeps): Profiles {
  const remembered = new LRUCache<number, { readonly stamp: number; readonly choices: Choices }>({
    max: MAX_REMEMBERED,
  })
  const choicesOf = async (accountId: number): Promise<Choices> => {
    const stamp = db.stamps.of(accountTopic(accountId))
    const entry = remembered.get(accountId)
    if (entry !== undefined && entry.stamp === stamp) return entry.choices
    const rows = await store.listChoices(db.read, accountId)
    const choices = new Map(rows.map(({ field, visibility: chosen }) => [field, chosen]))
    remembered.set(accountId, { stamp, choices })
    return choices
  }
  return {
    async find(viewer, userId) {
      const record = await visibility.findRecord(viewer, userId)
      if (record === undefined || record.row.enabled !== 1) return undefined
      return profileOf(record, viewer, await choicesOf(record.row.id))
    },
    async choose(viewer, userId, field, chosen) {
      if (userId.toLowerCase() !== viewer.userId.toLowerCase()) {
        throw new Fault('forbidden', MESSAGES.onlyOwn)
      }
      if (!isProfileField(field)) {
        throw new Fault('bad-request', MESSAGES.noField(field.slice(0, 64)), { field: 'paramId' })
      }
      if (!VISIBILITIES.some((known) => known === chosen)) {
        throw new Fault('bad-request', MESSAGES.noVisibility(VISIBILITIES.join(', ')), { field: 'visibility' })
      }
      const row = { account_id: viewer.accountId, field, visibility: chosen }
      await db
        .write(async (tx) => {
          await store.saveChoice(tx, row)
          await db.stamps.bump(tx, accountTopic(viewer.accountId))
        })
        .catch((error: unknown) => {
          if (isForeignKeyViolation(error)) throw new Fault('not-found', MESSAGES.noAccount)
          throw error
        })
      const subject = viewer.userId
      audit.record({ event: 'account.changed', actor: subject, subject, detail: { field: `visibility of ${field}` } })
    },
  }
}

function profileOf(record: AccountRecord, viewer: Viewer, choices: Choices): Profile {
  const { row, properties } = record
  const isOwn = viewer.kind === 'account' && viewer.accountId === row.id
  const property = (name: string) => properties.find((known) => known.name === name && known.position === 0)
  const shows = (field: ProfileFieldId): boolean => {
    if (isOwn) return true
    // What is private is shown to nobody, whatever was chosen for the profile.
    if (property(field)?.scope === 'v2-private') return false
    const chosen = choices.get(field) ?? usualVisibility(field)
    return chosen === 'show' || (chosen === 'show_users_only' && viewer.kind === 'account')
  }
  const displayName = row.display_name === '' ? row.user_id : row.display_name
  const value = (field: ProfileFieldId): string => {
    if (!shows(field)) return ''
    if (field === 'displayname') return displayName
    return (field === 'email' ? row.email : property(field)?.value) ?? ''
  }
  const others = properties.filter(({ name, scope }) => name === 'additional_mail' && (isOwn || scope !== 'v2-private'))
  return {
    userId: row.user_id,
    displayName: shows('displayname') ? displayName : row.user_id,
    isEnabled: isOwn || property('profile_enabled')?.value !== '0',
    timezone: row.timezone === '' ? 'UTC' : row.timezone,
    shows,
    value,
    emails: shows('email')
      ? [row.email ?? '', ...others.map((known) => known.value)].filter((text) => text !== '')
      : [],
  }
}
