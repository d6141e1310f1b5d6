import type { Database } from '../../../db/database.ts'
import type { Events } from '../../../events/events.ts'
import type { Clock } from '../../../lib/clock.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import { randomText } from '../../../lib/ids.ts'
import type { Audit } from '../../../lib/log.ts'
import { createSeal } from '../../../lib/seal.ts'
import * as store from './store.ts'

/** Codes and their secrets; who may use them when is decided elsewhere. */
export interface Codes {
  /** A secret in base32, and as it is kept. */
  newSecret(accountId: number): Promise<{ readonly secret: string; readonly sealed: string }>
  openSecret(row: store.TotpRow): string
  /** Whether it is a code of the app that was not taken yet, nor one after it; now it is. */
  takeCode(row: store.TotpRow, code: string): Promise<boolean>
  /** Whether it is a recovery code; now it is none any more. */
  takeRecoveryCode(accountId: number, code: string, actor: string): Promise<boolean>
  /** New recovery codes in place of the old ones. */
  renewRecoveryCodes(accountId: number): Promise<string[]>
}

export interface CodesDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly events: Events
  /** Of this installation. */
  readonly secret: string
}

const STEP_SECONDS = 30
/** One half minute before and after: clocks of phones go wrong. */
const WINDOW = 1
const SECRET_BYTES = 20
const RECOVERY_CODES = 10
/** Without letters that look like others; sixteen of them are 78 bits, so a fast digest is as good as a slow one. */
const RECOVERY_LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'

export function createCodes({ db, clock, audit, events, secret }: CodesDeps): Codes {
  const seal = createSeal(secret, 'totp')
  const place = (accountId: number): string => `account ${accountId}`
  const openSecret = ({ account_id, sealed_secret }: store.TotpRow): string =>
    seal.open(sealed_secret, place(account_id))
  /** The step that a code belongs to. */
  const stepOf = async (row: store.TotpRow, code: string): Promise<number | undefined> => {
    const { TOTP } = await import('otpauth')
    const totp = new TOTP({ secret: openSecret(row), period: STEP_SECONDS })
    const timestamp = clock.nowMs()
    const delta = totp.validate({ token: code, timestamp, window: WINDOW })
    return delta === null ? undefined : Math.floor(timestamp / 1_000 / STEP_SECONDS) + delta
  }
  return {
    openSecret,
    async newSecret(accountId) {
      const { Secret } = await import('otpauth')
      const text = new Secret({ size: SECRET_BYTES }).base32
      return { secret: text, sealed: seal.seal(text, place(accountId)) }
    },
    async takeCode(row, code) {
      const step = /^\d{6}$/.test(code) ? await stepOf(row, code) : undefined
      if (step === undefined) return false
      return db.write((tx) => store.takeStep(tx, row.account_id, row.sealed_secret, step))
    },
    async takeRecoveryCode(accountId, code, actor) {
      const digest = recoveryDigest(code)
      if (digest === undefined) return false
      const isTaken = await db.write(async (tx) => {
        const isThere = await store.takeRecoveryCode(tx, accountId, digest)
        if (isThere) await events.add(tx, 'two-factor.recovery-code-used', { accountId, atMs: clock.nowMs() })
        return isThere
      })
      if (isTaken) audit.record({ event: 'two-factor.recovery-code-used', actor, detail: { accountId } })
      return isTaken
    },
    async renewRecoveryCodes(accountId) {
      const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode)
      const digests = codes.flatMap((code) => recoveryDigest(code) ?? [])
      await db.write((tx) => store.replaceRecoveryCodes(tx, accountId, digests))
      return codes
    },
  }
}

/** What is typed, in any case and with or without blanks and dashes. */
export function plainCode(code: string): string {
  return code
    .replace(/[\s-]+/g, '')
    .toUpperCase()
    .slice(0, 32)
}

function newRecoveryCode(): string {
  return randomText(16, RECOVERY_LETTERS).replace(/(.{4})(?=.)/g, '$1-')
}

/** undefined for what is no such code. */
function recoveryDigest(code: string): string | undefined {
  const plain = plainCode(code)
  return plain.length === 16 ? sha256Hex(`recovery code ${plain}`) : undefined
}
