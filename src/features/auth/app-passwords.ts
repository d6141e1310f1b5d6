import type { Database, Tx } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { ViewerLimits } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomText } from '../../lib/ids.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type {} from './events.ts'
import { MESSAGES } from './fault-messages.ts'
import * as store from './store.ts'

/** Letters and digits of a secret: 428 bits, so a fast digest of it is as good as a slow one. */
const SECRET_CHARS = 72
const MAX_NAME_CHARS = 120
const USE_NOTED_EVERY_MS = 5 * 60_000
const MAX_PER_ACCOUNT = 1_000
/** For as long as a code is on the screen. */
const ONE_TIME_MS = 5 * 60_000
/** How long the list shows one that has ended. */
const ENDED_KEPT_MS = 30 * 24 * 3_600_000
/** No folder has this id. */
const NO_FOLDER = 0

export interface AppPassword {
  readonly id: number
  readonly name: string
  readonly createdAtMs: number
  readonly lastUsedAtMs: number
  readonly isWipeWanted: boolean
  readonly isReadOnly: boolean
  /** The only folder that it opens. */
  readonly folderId: number | undefined
  /** When it stops by itself. */
  readonly endsAtMs: number | undefined
}

/** What a new app password may do less than its account. It is never changed afterwards. */
export interface AppPasswordLimits {
  readonly isReadOnly?: boolean
  readonly folderId?: number
  readonly endsAtMs?: number
}

export interface MadeAppPassword {
  readonly id: number
  /** It cannot be read again. */
  readonly secret: string
}

export interface AppPasswords {
  /** Throws Fault `conflict` when there are too many, or `bad-request` for an end that has passed. */
  add(accountId: number, name: string, actor: string, limits?: AppPasswordLimits): Promise<MadeAppPassword>
  /** The same inside a transaction of the caller's, who also writes the audit line. */
  addIn(tx: Tx, accountId: number, name: string, limits?: AppPasswordLimits): Promise<MadeAppPassword>
  /** One that can only be turned into an app password, once and soon: for the code that a phone takes a picture of. */
  addOneTime(accountId: number, actor: string): Promise<MadeAppPassword>
  /** Turns it into an app password. Throws Fault `forbidden` when it was used meanwhile. */
  redeemOneTime(accountId: number, id: number, name: string, actor: string): Promise<MadeAppPassword>
  /** In the order of their making, without one-time ones. */
  list(accountId: number): Promise<AppPassword[]>
  /** Throws Fault `not-found`. It stops to work at once, in every process. */
  remove(accountId: number, id: number, actor: string): Promise<void>
  /** Throws Fault `not-found`. */
  rename(accountId: number, id: number, name: string, actor: string): Promise<void>
  /** Deletes those that were not used since then. Resolves to how many. */
  removeUnusedSince(accountId: number, beforeMs: number, actor: string): Promise<number>
  /** A new secret in place of the old one, which stops at once. Throws Fault `not-found`. */
  rotate(accountId: number, id: number, actor: string): Promise<string>
  /** The row of a secret, whether or not it may still be used. */
  find(secret: string): Promise<store.AppPasswordRow | undefined>
  noteUse(row: store.AppPasswordRow): void
  /**
   * Asks a device, or every device of an account, to delete its data. Their secrets open nothing any more. Resolves to how
   * many there are.
   */
  askForWipe(accountId: number, actor: string, id?: number): Promise<number>
  /** Whether the device with this secret is to delete its data. It is told so here, so it has begun. */
  startWipe(secret: string): Promise<boolean>
  /** The device has deleted its data: the secret is forgotten. False when no wipe was wanted. */
  finishWipe(secret: string): Promise<boolean>
  sweep(): Promise<void>
}

interface AppPasswordsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
}

export function createAppPasswords(deps: AppPasswordsDeps): AppPasswords {
  const { db, clock, audit } = deps
  const addIn: AppPasswords['addIn'] = (tx, accountId, name, limits = {}) =>
    insert(deps, tx, accountId, { name, ...limits })
  return {
    ...createWipes(deps),
    ...createOneTimes(deps),
    addIn,
    async add(accountId, name, actor, limits = {}) {
      const made = await db.write((tx) => addIn(tx, accountId, name, limits))
      audit.record({ event: 'app-password.created', actor, detail: { accountId, id: made.id, ...limits } })
      return made
    },
    async list(accountId) {
      const rows = await store.listAppPasswords(db.read, accountId)
      return rows.filter((row) => row.is_one_time === 0).map(toAppPassword)
    },
    async remove(accountId, id, actor) {
      await removeOne(deps, accountId, id)
      audit.record({ event: 'app-password.deleted', actor, detail: { accountId, id } })
    },
    async rename(accountId, id, name, actor) {
      const isThere = await db.write((tx) => store.renameAppPassword(tx, accountId, id, deviceName(name)))
      if (!isThere) throw missing()
      audit.record({ event: 'app-password.renamed', actor, detail: { accountId, id } })
    },
    async removeUnusedSince(accountId, beforeMs, actor) {
      const ids = await db.write(async (tx) => {
        const gone = await store.deleteUnusedSince(tx, accountId, beforeMs)
        await db.stamps.bump(tx, accountTopic(accountId))
        return gone
      })
      for (const id of ids) audit.record({ event: 'app-password.deleted', actor, detail: { accountId, id } })
      return ids.length
    },
    async rotate(accountId, id, actor) {
      const secret = randomText(SECRET_CHARS)
      await db.write(async (tx) => {
        if (!(await store.replaceDigest(tx, accountId, id, sha256Hex(secret)))) throw missing()
        await db.stamps.bump(tx, accountTopic(accountId))
      })
      audit.record({ event: 'app-password.rotated', actor, detail: { accountId, id } })
      return secret
    },
    find: (secret) => store.findAppPassword(db.read, sha256Hex(secret)),
    noteUse(row) {
      const nowMs = clock.nowMs()
      if (nowMs - row.last_used_at_ms < USE_NOTED_EVERY_MS) return
      // Nobody waits for it, and when it fails the next use notes it.
      db.write((tx) => store.noteAppPasswordUse(tx, row.id, nowMs)).catch(() => {})
    },
    sweep: () => db.write((tx) => store.deleteEnded(tx, clock.nowMs(), ENDED_KEPT_MS)),
  }
}

const missing = (): Fault => new Fault('not-found', MESSAGES.noAppPassword)

interface NewAppPassword extends AppPasswordLimits {
  readonly name: string
  readonly isOneTime?: boolean
}

async function insert(
  { clock, events }: AppPasswordsDeps,
  tx: Tx,
  accountId: number,
  { name, isReadOnly = false, folderId, endsAtMs, isOneTime = false }: NewAppPassword,
): Promise<MadeAppPassword> {
  const nowMs = clock.nowMs()
  if (endsAtMs !== undefined && endsAtMs <= nowMs) {
    throw new Fault('bad-request', MESSAGES.endsInPast, { reason: 'ended' })
  }
  if ((await store.countAppPasswords(tx, accountId)) >= MAX_PER_ACCOUNT) {
    throw new Fault('conflict', MESSAGES.tooManyAppPasswords)
  }
  const secret = randomText(SECRET_CHARS)
  const id = await store.insertAppPassword(tx, {
    account_id: accountId,
    name: deviceName(name),
    token_digest: sha256Hex(secret),
    created_at_ms: nowMs,
    last_used_at_ms: nowMs,
    wipe: 'none',
    is_read_only: isReadOnly ? 1 : 0,
    folder_id: folderId ?? null,
    ends_at_ms: endsAtMs ?? null,
    is_one_time: isOneTime ? 1 : 0,
  })
  if (!isOneTime) await events.add(tx, 'app-password.added', { accountId, appPasswordId: id })
  return { id, secret }
}

async function removeOne({ db }: AppPasswordsDeps, accountId: number, id: number): Promise<void> {
  await db.write(async (tx) => {
    if (!(await store.deleteAppPassword(tx, accountId, id))) throw missing()
    await db.stamps.bump(tx, accountTopic(accountId))
  })
}

function createOneTimes(deps: AppPasswordsDeps): Pick<AppPasswords, 'addOneTime' | 'redeemOneTime'> {
  const { db, clock, audit } = deps
  return {
    async addOneTime(accountId, actor) {
      const endsAtMs = clock.nowMs() + ONE_TIME_MS
      const made = await db.write((tx) => insert(deps, tx, accountId, { name: 'one-time', endsAtMs, isOneTime: true }))
      audit.record({ event: 'app-password.one-time-created', actor, detail: { accountId, id: made.id } })
      return made
    },
    async redeemOneTime(accountId, id, name, actor) {
      const made = await db.write(async (tx) => {
        const row = await store.findAppPasswordById(tx, id)
        const isTaken = row?.is_one_time === 1 && (await store.deleteAppPassword(tx, accountId, id))
        if (!isTaken) throw new Fault('forbidden', NO_ONE_TIME)
        await db.stamps.bump(tx, accountTopic(accountId))
        return insert(deps, tx, accountId, { name })
      })
      audit.record({ event: 'app-password.created', actor, detail: { accountId, id: made.id } })
      return made
    },
  }
}

/** In the words of the recording app-passwords. */
export const NO_ONE_TIME = 'could not get one-time app password'

function createWipes(deps: AppPasswordsDeps): Pick<AppPasswords, 'askForWipe' | 'startWipe' | 'finishWipe'> {
  const { db, audit, events } = deps
  const findWipe = async (secret: string): Promise<store.AppPasswordRow | undefined> => {
    const row = await store.findAppPassword(db.read, sha256Hex(secret))
    return row === undefined || row.wipe === 'none' ? undefined : row
  }
  return {
    async askForWipe(accountId, actor, id) {
      const count = await db.write(async (tx) => {
        const devices = await store.wantWipe(tx, accountId, id)
        await db.stamps.bump(tx, accountTopic(accountId))
        return devices
      })
      audit.record({
        event: 'app-password.wipe-wanted',
        actor,
        detail: { accountId, ...(id === undefined ? {} : { id }) },
      })
      return count
    },
    async startWipe(secret) {
      const row = await findWipe(secret)
      if (row === undefined) return false
      const { account_id: accountId, id, name } = row
      const isFirst = await db.write(async (tx) => {
        const isNoted = await store.noteWipeStarted(tx, id)
        if (isNoted) await events.add(tx, 'app-password.wipe-started', { accountId, appPasswordId: id, name })
        return isNoted
      })
      if (isFirst) audit.record({ event: 'app-password.wipe-started', actor: 'device', detail: { accountId, id } })
      return true
    },
    async finishWipe(secret) {
      const row = await findWipe(secret)
      if (row === undefined) return false
      const { account_id: accountId, id, name } = row
      await db.write(async (tx) => {
        if (!(await store.deleteAppPassword(tx, accountId, id))) return
        await db.stamps.bump(tx, accountTopic(accountId))
        await events.add(tx, 'app-password.wiped', { accountId, appPasswordId: id, name })
      })
      audit.record({ event: 'app-password.wiped', actor: 'device', detail: { accountId, id } })
      return true
    },
  }
}

/** Whether it opens its account. */
export function isUsable(row: store.AppPasswordRow, nowMs: number): boolean {
  return row.wipe === 'none' && (row.ends_at_ms === null || row.ends_at_ms > nowMs)
}

/** What its limits are for the rest of the server; undefined without any. */
export function limitsOf(row: store.AppPasswordRow): ViewerLimits | undefined {
  if (row.is_one_time === 1) return { isReadOnly: true, folderId: NO_FOLDER, isOneTime: true }
  const isReadOnly = row.is_read_only === 1
  if (row.folder_id !== null) return { isReadOnly, folderId: row.folder_id }
  return isReadOnly ? { isReadOnly } : undefined
}

function toAppPassword(row: store.AppPasswordRow): AppPassword {
  return {
    id: row.id,
    name: row.name,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    isWipeWanted: row.wipe !== 'none',
    isReadOnly: row.is_read_only === 1,
    folderId: row.folder_id ?? undefined,
    endsAtMs: row.ends_at_ms ?? undefined,
  }
}

/** A name for the list of devices, from whatever a client calls itself. */
export function deviceName(text: string): string {
  const name = text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, MAX_NAME_CHARS)
  return name === '' ? 'unknown' : name
}
