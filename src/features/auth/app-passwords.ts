import type { Database, Tx } from '../../db/database.ts'
import type { Events } from '../../events/events.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import { randomText } from '../../lib/ids.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type {} from './events.ts'
import * as store from './store.ts'

/** Letters and digits of a secret: 428 bits, so a fast digest of it is as good as a slow one. */
const SECRET_CHARS = 72
const MAX_NAME_CHARS = 120
const USE_NOTED_EVERY_MS = 5 * 60_000
const MAX_PER_ACCOUNT = 1_000

export interface AppPassword {
  readonly id: number
  readonly name: string
  readonly createdAtMs: number
  readonly lastUsedAtMs: number
  readonly isWipeWanted: boolean
}

export interface AppPasswords {
  /** Makes one and returns its secret, which cannot be read again. */
  add(accountId: number, name: string, actor: string): Promise<{ readonly id: number; readonly secret: string }>
  /** The same inside a transaction of the caller's, who also writes the audit line. */
  addIn(tx: Tx, accountId: number, name: string): Promise<{ readonly id: number; readonly secret: string }>
  list(accountId: number): Promise<AppPassword[]>
  /** Throws Fault `not-found`. It stops to work at once, in every process. */
  remove(accountId: number, id: number, actor: string): Promise<void>
  /** A new secret in place of the old one, which stops at once. Throws Fault `not-found`. */
  rotate(accountId: number, id: number, actor: string): Promise<string>
  /** The row of a secret, whether or not it may still be used. */
  find(secret: string): Promise<store.AppPasswordRow | undefined>
  noteUse(row: store.AppPasswordRow): void
  /** Asks every device of an account to delete its data. Their secrets open nothing any more. */
  askForWipe(accountId: number, actor: string): Promise<void>
  /** Whether the device with this secret is to delete its data. */
  isWipeWanted(secret: string): Promise<boolean>
  /** The device has deleted its data: the secret is forgotten. False when no wipe was wanted. */
  finishWipe(secret: string): Promise<boolean>
}

interface AppPasswordsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
}

export function createAppPasswords({ db, clock, audit, events }: AppPasswordsDeps): AppPasswords {
  const findWipe = async (secret: string): Promise<store.AppPasswordRow | undefined> => {
    const row = await store.findAppPassword(db.read, sha256Hex(secret))
    return row?.wipe === 'wanted' ? row : undefined
  }
  const missing = (): Fault => new Fault('not-found', 'There is no such app password')
  const remove = async (accountId: number, id: number): Promise<void> => {
    await db.write(async (tx) => {
      if (!(await store.deleteAppPassword(tx, accountId, id))) throw missing()
      await db.stamps.bump(tx, accountTopic(accountId))
    })
  }
  const addIn: AppPasswords['addIn'] = async (tx, accountId, name) => {
    if ((await store.countAppPasswords(tx, accountId)) >= MAX_PER_ACCOUNT) {
      throw new Fault('conflict', 'This account has too many app passwords. Delete some first')
    }
    const secret = randomText(SECRET_CHARS)
    const nowMs = clock.nowMs()
    const id = await store.insertAppPassword(tx, {
      account_id: accountId,
      name: deviceName(name),
      token_digest: sha256Hex(secret),
      created_at_ms: nowMs,
      last_used_at_ms: nowMs,
      wipe: 'none',
    })
    await events.add(tx, 'app-password.added', { accountId, appPasswordId: id })
    return { id, secret }
  }
  return {
    addIn,
    async add(accountId, name, actor) {
      const made = await db.write((tx) => addIn(tx, accountId, name))
      audit.record({ event: 'app-password.created', actor, detail: { accountId, id: made.id } })
      return made
    },
    async list(accountId) {
      return (await store.listAppPasswords(db.read, accountId)).map(toAppPassword)
    },
    async remove(accountId, id, actor) {
      await remove(accountId, id)
      audit.record({ event: 'app-password.deleted', actor, detail: { accountId, id } })
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
    async askForWipe(accountId, actor) {
      await db.write(async (tx) => {
        await store.wantWipe(tx, accountId)
        await db.stamps.bump(tx, accountTopic(accountId))
      })
      audit.record({ event: 'app-password.wipe-wanted', actor, detail: { accountId } })
    },
    async isWipeWanted(secret) {
      return (await findWipe(secret)) !== undefined
    },
    async finishWipe(secret) {
      const row = await findWipe(secret)
      if (row === undefined) return false
      await remove(row.account_id, row.id)
      audit.record({ event: 'app-password.wiped', actor: 'device', detail: { accountId: row.account_id, id: row.id } })
      return true
    },
  }
}

function toAppPassword(row: store.AppPasswordRow): AppPassword {
  return {
    id: row.id,
    name: row.name,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    isWipeWanted: row.wipe === 'wanted',
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
