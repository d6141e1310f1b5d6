import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import { Fault } from '../../lib/fault.ts'
import { accountTopic } from '../../lib/topics.ts'
import { MESSAGES } from './fault-messages.ts'
import * as store from './store.ts'

/**
 * A preference that an app lets accounts set over the API. What no app declares cannot be set, so an account has never
 * more of them than there are rules.
 */
export interface PreferenceRule {
  /** Id of the app on the wire: `theming`. */
  readonly app: string
  readonly name: string
  /** What values mean, for the list of preferences. */
  readonly summary: string
  /** The value as it is kept; undefined when it is none for this preference. */
  accept(value: string): string | undefined
}

/** Values by the app and name of the preference, see `preferenceKey`. */
export type PreferenceValues = ReadonlyMap<string, string>

export const preferenceKey = (app: string, name: string): string => `${app} ${name}`

export interface Preferences {
  readonly rules: readonly PreferenceRule[]
  /** What an account has set. At once when it is remembered and nothing has changed since. */
  of(accountId: number): PreferenceValues | Promise<PreferenceValues>
  /** All or nothing. Throws Fault `bad-request` that names the preference, or `not-found` for an account that has gone. */
  set(accountId: number, app: string, values: Readonly<Record<string, string>>): Promise<void>
  /** Takes back what was set, as far as it was. Throws Fault `bad-request` that names the preference. */
  remove(accountId: number, app: string, names: readonly string[]): Promise<void>
}

export interface PreferencesDeps {
  readonly db: Database
  readonly rules: readonly PreferenceRule[]
}

const MAX_REMEMBERED = 10_000

interface Remembered {
  readonly stamp: number
  readonly values: PreferenceValues
}

export function createPreferencesService({ db, rules }: PreferencesDeps): Preferences {
  const remembered = new LRUCache<number, Remembered>({ max: MAX_REMEMBERED })
  const load = async (accountId: number): Promise<PreferenceValues> => {
    // Taken first: a change while we read makes the entry stale, never the other way round.
    const stamp = db.stamps.of(accountTopic(accountId))
    const rows = await store.listPreferences(db.read, accountId)
    const values = new Map(rows.map(({ app, name, value }) => [preferenceKey(app, name), value]))
    remembered.set(accountId, { stamp, values })
    return values
  }
  const ruleOf = (app: string, name: string): PreferenceRule => {
    const rule = rules.find((known) => known.app === app && known.name === name)
    if (rule !== undefined) return rule
    const named = preferenceKey(app, name).slice(0, 128)
    throw new Fault('bad-request', `There is no preference "${named}"`, { field: name.slice(0, 64) })
  }
  return {
    rules,
    of(accountId) {
      const entry = remembered.get(accountId)
      const isFresh = entry !== undefined && entry.stamp === db.stamps.of(accountTopic(accountId))
      return isFresh ? entry.values : load(accountId)
    },
    async set(accountId, app, values) {
      const rows = Object.entries(values).map(([name, value]) => {
        const accepted = ruleOf(app, name).accept(value)
        if (accepted !== undefined) return { account_id: accountId, app, name, value: accepted }
        throw new Fault('bad-request', `This is no value for the preference "${preferenceKey(app, name)}"`, {
          field: name,
        })
      })
      if (rows.length === 0) return
      await db
        .write(async (tx) => {
          await store.savePreferences(tx, rows)
          await db.stamps.bump(tx, accountTopic(accountId))
        })
        .catch((error: unknown) => {
          if (isForeignKeyViolation(error)) throw new Fault('not-found', MESSAGES.noAccount)
          throw error
        })
    },
    async remove(accountId, app, names) {
      for (const name of names) ruleOf(app, name)
      if (names.length === 0) return
      await db.write(async (tx) => {
        await store.deletePreferences(tx, accountId, app, names)
        await db.stamps.bump(tx, accountTopic(accountId))
      })
    },
  }
}
