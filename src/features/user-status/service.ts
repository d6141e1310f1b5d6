import { LRUCache } from 'lru-cache'
import type { Database, Tx } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import * as changes from './changes.ts'
import { MESSAGES } from './fault-messages.ts'
import { isChoosable } from './predefined.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** Statuses of accounts, each as it counts at the moment it is read. */
export interface UserStatuses {
  /** At once while nothing has changed; undefined for an account that never had one. */
  find(accountId: number): store.StatusRow | undefined | Promise<store.StatusRow | undefined>
  /** By account, of these or of all. */
  list(accountIds: readonly number[] | undefined, limit: number, offset: number): Promise<store.StatusRow[]>
  /** Throws Fault `bad-request`, as all of these for what the rules refuse. */
  chooseType(accountId: number, type: string): Promise<store.StatusRow>
  /** `clearAt` in seconds; undefined: it stays. */
  choosePredefined(accountId: number, messageId: string, clearAt: number | undefined): Promise<store.StatusRow>
  /** Nothing at all takes the message away. Throws Fault `not-found` when that is no change, as there is no status. */
  chooseMessage(accountId: number, chosen: ChosenMessage): Promise<store.StatusRow>
  clearMessage(accountId: number): Promise<void>
  /** Ends an automatic status early. undefined when the account has none with this message. */
  revert(accountId: number, messageId: string): Promise<store.StatusRow | undefined>
  /** A client is there. undefined: it says nothing against what the account has chosen. */
  keepAlive(accountId: number, presence: string): Promise<store.StatusRow | undefined>
  /** In the transaction of what it follows from. */
  beginAutomatic(tx: Tx, accountId: number, status: changes.AutomaticStatus): Promise<void>
  endAutomatic(tx: Tx, accountId: number, messageId: string): Promise<void>
  countTypes(): Promise<{ readonly type: string; readonly count: number }[]>
  /** Writes down what time has changed. */
  sweep(): Promise<void>
}

export interface ChosenMessage {
  readonly icon: string | undefined
  readonly message: string | undefined
  /** In seconds. */
  readonly clearAt: number | undefined
}

/** Stamp topic of an account's status. */
export const statusTopic = (accountId: number): string => `user-status:${accountId}`

const MAX_REMEMBERED = 10_000
const SWEPT_AT_ONCE = 200

export function createUserStatuses({ db, clock }: { readonly db: Database; readonly clock: Clock }): UserStatuses {
  const rows = createRows(db)
  const now = (row: store.StatusRow | undefined): store.StatusRow | undefined =>
    row === undefined ? undefined : changes.statusAt(row, clock.nowMs())
  const change = createChange(db, clock)
  const changeSurely: ChangeSurely = async (accountId, alter) =>
    (await change(accountId, (row, nowMs) => alter(row ?? changes.blankStatus(accountId), nowMs))) ??
    changes.blankStatus(accountId)
  return {
    find(accountId) {
      const row = rows(accountId)
      return row instanceof Promise ? row.then(now) : now(row)
    },
    async list(accountIds, limit, offset) {
      const nowMs = clock.nowMs()
      const found = await store.listStatuses(db.read, accountIds, limit, offset)
      return found.map((row) => changes.statusAt(row, nowMs))
    },
    async chooseType(accountId, text) {
      const type = rules.acceptType(text)
      return changeSurely(accountId, (row, nowMs) => changes.withType(row, type, nowMs))
    },
    ...createChoosing(clock, change, changeSurely),
    async clearMessage(accountId) {
      await change(accountId, (row) => row && changes.withoutMessage(row))
    },
    revert: (accountId, messageId) => change(accountId, (row) => row && changes.reverted(row, messageId)),
    async keepAlive(accountId, text) {
      const presence = rules.acceptPresence(text)
      const known = now(await rows(accountId))
      if (known !== undefined && changes.isKept(known)) return undefined
      // Clients say it all the time; mostly there is nothing to write.
      if (known !== undefined && changes.withPresence(known, presence, clock.nowMs()) === known) return known
      return changeSurely(accountId, (row, nowMs) => changes.withPresence(row, presence, nowMs))
    },
    ...createAutomatic(db, clock),
    countTypes: () => store.countTypes(db.read, clock.nowMs() - changes.STALE_MS),
    sweep: () => sweep(db, clock, change),
  }
}

/** Messages, as an account chooses them. */
function createChoosing(
  clock: Clock,
  change: Change,
  changeSurely: ChangeSurely,
): Pick<UserStatuses, 'choosePredefined' | 'chooseMessage'> {
  const clearAtMs = (seconds: number | undefined): number | null =>
    seconds === undefined ? null : rules.acceptClearAt(seconds, clock.nowMs())
  return {
    async choosePredefined(accountId, messageId, clearAt) {
      if (!isChoosable(messageId)) {
        throw new Fault('bad-request', MESSAGES.unknownMessage(messageId.slice(0, 64)))
      }
      const message = { messageId, icon: null, message: null, clearAtMs: clearAtMs(clearAt) }
      return changeSurely(accountId, (row) => changes.withMessage(row, message))
    },
    async chooseMessage(accountId, { icon, message, clearAt }) {
      if (icon === undefined && message === undefined && clearAt === undefined) {
        const left = await change(accountId, (row) => row && changes.withoutMessage(row))
        if (left === undefined) throw new Fault('not-found', MESSAGES.noOwnStatus)
        return left
      }
      const chosen = {
        messageId: null,
        icon: icon === undefined ? null : rules.acceptIcon(icon),
        message: message === undefined ? null : rules.acceptMessage(message),
        clearAtMs: clearAtMs(clearAt),
      }
      return changeSurely(accountId, (row) => changes.withMessage(row, chosen))
    },
  }
}

/** What is written down of an account, from memory while its stamp holds. */
function createRows(
  db: Database,
): (accountId: number) => store.StatusRow | undefined | Promise<store.StatusRow | undefined> {
  const remembered = new LRUCache<number, { readonly stamp: number; readonly row: store.StatusRow | undefined }>({
    max: MAX_REMEMBERED,
  })
  const read = async (accountId: number, stamp: number): Promise<store.StatusRow | undefined> => {
    const row = await store.findStatus(db.read, accountId)
    remembered.set(accountId, { stamp, row })
    return row
  }
  return (accountId) => {
    // The stamp first: a change while we read makes the entry stale, never the other way round.
    const stamp = db.stamps.of(statusTopic(accountId))
    const known = remembered.get(accountId)
    return known?.stamp === stamp ? known.row : read(accountId, stamp)
  }
}

type Alter = (row: store.StatusRow | undefined, nowMs: number) => store.StatusRow | undefined

/** Resolves to what is there then; undefined when nothing was to be changed. */
type Change = (accountId: number, alter: Alter) => Promise<store.StatusRow | undefined>

type ChangeSurely = (
  accountId: number,
  alter: (row: store.StatusRow, nowMs: number) => store.StatusRow,
) => Promise<store.StatusRow>

function createChange(db: Database, clock: Clock): Change {
  return async (accountId, alter) => {
    try {
      return await db.write((tx) => changeIn(db, tx, accountId, clock.nowMs(), alter))
    } catch (error) {
      // The account was deleted meanwhile.
      if (isForeignKeyViolation(error)) throw new Fault('unauthenticated', 'Unauthorised')
      throw error
    }
  }
}

async function changeIn(
  db: Database,
  tx: Tx,
  accountId: number,
  nowMs: number,
  alter: Alter,
): Promise<store.StatusRow | undefined> {
  // The stamp's row is also the lock: on PostgreSQL two that change the same status wait for each other.
  await db.stamps.bump(tx, statusTopic(accountId))
  const before = await store.findStatus(tx, accountId)
  const after = alter(before === undefined ? undefined : changes.statusAt(before, nowMs), nowMs)
  if (after !== undefined) await store.saveStatus(tx, after)
  return after
}

function createAutomatic(db: Database, clock: Clock): Pick<UserStatuses, 'beginAutomatic' | 'endAutomatic'> {
  return {
    async beginAutomatic(tx, accountId, status) {
      await changeIn(db, tx, accountId, clock.nowMs(), (row, nowMs) =>
        changes.withAutomatic(row ?? changes.blankStatus(accountId), status, nowMs),
      )
    },
    async endAutomatic(tx, accountId, messageId) {
      await changeIn(db, tx, accountId, clock.nowMs(), (row) => row && changes.withoutAutomatic(row, messageId))
    },
  }
}

/** Nothing that anybody reads changes by it, so nothing that is remembered becomes wrong. */
async function sweep(db: Database, clock: Clock, change: Change): Promise<void> {
  const nowMs = clock.nowMs()
  await db.write(async (tx) => {
    await store.clearExpired(tx, nowMs)
    await store.setStaleOffline(tx, nowMs - changes.STALE_MS)
  })
  for (;;) {
    const accountIds = await store.listExpiredAutomatic(db.read, nowMs, SWEPT_AT_ONCE)
    // What is read for a change is as it counts now, and so it is written.
    for (const accountId of accountIds) await change(accountId, (row) => row)
    if (accountIds.length < SWEPT_AT_ONCE) return
  }
}
