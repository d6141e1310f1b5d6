import type { Database, Tx } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import type { Message } from '../../lib/languages.ts'
import { ADMIN_GROUP, type Groups } from '../groups/index.ts'
import * as store from './store.ts'

/** Stamp topic that serialises changes to who administers the server. */
const ADMINS_TOPIC = 'admins'

/** Throws Fault `forbidden` with the message given when nobody else could administer the server. */
export type LastAdminGuard = (tx: Tx, accountId: number, message: Message) => Promise<void>

/** Runs inside the transaction of the change: two administrators may be at it at the same time. */
export function createLastAdminGuard(db: Database, groups: Pick<Groups, 'listMemberAccountIds'>): LastAdminGuard {
  return async (tx, accountId, message) => {
    // The stamp's row is the lock: whoever comes second waits here and then counts what the first has left.
    await db.stamps.bump(tx, ADMINS_TOPIC)
    const adminIds = await groups.listMemberAccountIds(ADMIN_GROUP, tx)
    if (!adminIds.includes(accountId)) return
    const others = adminIds.filter((id) => id !== accountId)
    if ((await store.countEnabled(tx, others)) > 0) return
    throw new Fault('forbidden', message, { reason: 'last-admin' })
  }
}
