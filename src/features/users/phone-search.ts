import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from '../../db/database.ts'
import type { AccountViewer } from '../../http/viewer.ts'
import { Fault } from '../../lib/fault.ts'
import { MESSAGES } from './fault-messages.ts'
import { isPhoneRegion, phoneNumber } from './phone.ts'
import * as store from './store.ts'
import type { Visibility } from './visibility.ts'

export interface PhoneSearch {
  /**
   * User ids by the keys under which the numbers were asked for; keys without one are missing. Whoever has entered a
   * phone number can be found by it: even the narrowest scope means that; but only by those who may see the account at
   * all. Throws Fault `bad-request`.
   */
  find(
    viewer: AccountViewer,
    region: string,
    numbers: ReadonlyMap<string, readonly string[]>,
  ): Promise<Map<string, string>>
}

/** A large address book. */
const MAX_NUMBERS = 5_000
const TURN = 100

export function createPhoneSearch(db: Database, visibility: Pick<Visibility, 'listVisible'>): PhoneSearch {
  return {
    async find(viewer, region, numbers) {
      if (!(await isPhoneRegion(region))) throw new Fault('bad-request', '', { field: 'location' })
      const keysByPhone = await normalised(region, numbers)
      const found = new Map<string, string>()
      if (keysByPhone.size === 0) return found
      const visible = await visibility.listVisible(viewer)
      for (const { phone, userId, accountId } of await store.listPhoneOwners(db.read, [...keysByPhone.keys()])) {
        if (visible?.includes(accountId) === false) continue
        for (const key of keysByPhone.get(phone) ?? []) if (!found.has(key)) found.set(key, userId)
      }
      return found
    },
  }
}

async function normalised(
  region: string,
  numbers: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, Set<string>>> {
  const keysByPhone = new Map<string, Set<string>>()
  let count = 0
  for (const [key, texts] of numbers) {
    for (const text of texts) {
      count += 1
      if (count > MAX_NUMBERS) throw new Fault('bad-request', MESSAGES.tooManyNumbers(MAX_NUMBERS))
      // Others are served between: reading one number takes a good while longer than most requests' parts.
      if (count % TURN === 0) await nextTurn()
      const phone = await phoneNumber(text, region)
      if (phone === undefined) continue
      const keys = keysByPhone.get(phone) ?? new Set()
      keysByPhone.set(phone, keys.add(key))
    }
  }
  return keysByPhone
}
