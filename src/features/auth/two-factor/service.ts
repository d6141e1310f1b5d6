import { Fault } from '../../../lib/fault.ts'
import { accountTopic } from '../../../lib/topics.ts'
import { MESSAGES } from '../fault-messages.ts'
import type { Throttle } from '../throttle.ts'
import { type CodesDeps, createCodes, plainCode } from './codes.ts'
import type { Rules } from './rules.ts'
import * as store from './store.ts'

/** What a sign-in needs besides the password: nothing, a code, or that codes are set up first. */
export type Need = 'nothing' | 'code' | 'setup'

/** Codes of an authenticator app (RFC 6238), and recovery codes for when it is lost. */
export interface TwoFactor {
  needOf(accountId: number): Promise<Need>
  isOn(accountId: number): Promise<boolean>
  countRecoveryCodes(accountId: number): Promise<number>
  /** Begins to set up, with a new secret. Throws Fault `conflict` when it is on already. */
  begin(accountId: number): Promise<{ readonly secret: string }>
  /** The secret that is being set up. */
  findUnconfirmed(accountId: number): Promise<string | undefined>
  /** The first right code switches it on. Resolves to recovery codes, or undefined for a wrong one. Throws Fault `too-many`. */
  confirm(accountId: number, code: string, actor: string): Promise<readonly string[] | undefined>
  /** A code of the app or a recovery code, each good once. Throws Fault `too-many`. */
  check(accountId: number, code: string, actor: string): Promise<boolean>
  renewRecoveryCodes(accountId: number, actor: string): Promise<readonly string[]>
  /** False when it was off. */
  switchOff(accountId: number, actor: string): Promise<boolean>
}

export interface TwoFactorDeps extends CodesDeps {
  readonly throttle: Throttle
  readonly rules: Rules
}

export function createTwoFactor(deps: TwoFactorDeps): TwoFactor {
  const { db, clock, audit, events, rules } = deps
  const codes = createCodes(deps)
  const find = (accountId: number) => store.findTotp(db.read, accountId)
  const isOn = async (accountId: number): Promise<boolean> => (await find(accountId))?.is_on === 1
  return {
    isOn,
    async needOf(accountId) {
      if (await isOn(accountId)) return 'code'
      return (await rules.isHeld(accountId)) ? 'setup' : 'nothing'
    },
    countRecoveryCodes: (accountId) => store.countRecoveryCodes(db.read, accountId),
    async begin(accountId) {
      const { secret, sealed } = await codes.newSecret(accountId)
      const row = { account_id: accountId, sealed_secret: sealed, is_on: 0, last_step: 0 }
      const isBegun = await db.write((tx) => store.replaceTotp(tx, { ...row, created_at_ms: clock.nowMs() }))
      if (!isBegun) throw new Fault('conflict', MESSAGES.factorOn)
      return { secret }
    },
    async findUnconfirmed(accountId) {
      const row = await find(accountId)
      return row?.is_on === 0 ? codes.openSecret(row) : undefined
    },
    async confirm(accountId, code, actor) {
      const row = await find(accountId)
      if (row?.is_on !== 0) throw new Fault('conflict', MESSAGES.factorNotBegun)
      if (!(await counted(deps, accountId, () => codes.takeCode(row, plainCode(code))))) return undefined
      await db.write(async (tx) => {
        // What was remembered of a password alone is forgotten.
        await db.stamps.bump(tx, accountTopic(accountId))
        await events.add(tx, 'two-factor.enabled', { accountId, atMs: clock.nowMs() })
      })
      audit.record({ event: 'two-factor.enabled', actor, detail: { accountId } })
      return codes.renewRecoveryCodes(accountId)
    },
    async check(accountId, code, actor) {
      const row = await find(accountId)
      if (row?.is_on !== 1) return false
      const plain = plainCode(code)
      return counted(
        deps,
        accountId,
        async () => (await codes.takeCode(row, plain)) || codes.takeRecoveryCode(accountId, plain, actor),
      )
    },
    async renewRecoveryCodes(accountId, actor) {
      if (!(await isOn(accountId))) throw new Fault('conflict', MESSAGES.factorOff)
      const made = await codes.renewRecoveryCodes(accountId)
      audit.record({ event: 'two-factor.recovery-codes-made', actor, detail: { accountId } })
      return made
    },
    switchOff: (accountId, actor) => switchOff(deps, accountId, actor),
  }
}

/** Counted for the account alone: whoever is here knows its password, and could come from anywhere. */
async function counted({ throttle }: TwoFactorDeps, accountId: number, look: () => Promise<boolean>): Promise<boolean> {
  const attempt = await throttle.countAccount(`second factor of account ${accountId}`)
  const isRight = await look()
  if (isRight) await attempt.forgive()
  return isRight
}

async function switchOff(
  { db, clock, audit, events }: TwoFactorDeps,
  accountId: number,
  actor: string,
): Promise<boolean> {
  const wasOn = await db.write(async (tx) => {
    const isGone = await store.deleteTotp(tx, accountId)
    await store.replaceRecoveryCodes(tx, accountId, [])
    await db.stamps.bump(tx, accountTopic(accountId))
    if (isGone) await events.add(tx, 'two-factor.disabled', { accountId, atMs: clock.nowMs() })
    return isGone
  })
  if (wasOn) audit.record({ event: 'two-factor.disabled', actor, detail: { accountId } })
  return wasOn
}
