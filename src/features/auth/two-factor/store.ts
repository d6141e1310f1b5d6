import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../../db/database.ts'
import type { PendingLoginTable, TotpTable, TwoFactorRuleTable } from '../schema.ts'

export type TotpRow = Selectable<TotpTable>
export type PendingLoginRow = Selectable<PendingLoginTable>
export type TwoFactorRuleRow = Selectable<TwoFactorRuleTable>

export async function findTotp(db: Reader | Tx, accountId: number): Promise<TotpRow | undefined> {
  return db.selectFrom('totp').selectAll().where('account_id', '=', accountId).executeTakeFirst()
}

/** Begins anew, as long as none is switched on. False when one is. */
export async function replaceTotp(tx: Tx, row: TotpRow): Promise<boolean> {
  await tx.deleteFrom('totp').where('account_id', '=', row.account_id).where('is_on', '=', 0).execute()
  const made = await tx
    .insertInto('totp')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doNothing())
    .returning('account_id')
    .execute()
  return made.length > 0
}

/** Takes the code of a step, and switches on. False when this or a later one was taken before. */
export async function takeStep(tx: Tx, accountId: number, sealedSecret: string, step: number): Promise<boolean> {
  const taken = await tx
    .updateTable('totp')
    .set({ last_step: step, is_on: 1 })
    .where('account_id', '=', accountId)
    .where('sealed_secret', '=', sealedSecret)
    .where('last_step', '<', step)
    .returning('account_id')
    .execute()
  return taken.length > 0
}

/** False when there was none. */
export async function deleteTotp(tx: Tx, accountId: number): Promise<boolean> {
  const gone = await tx.deleteFrom('totp').where('account_id', '=', accountId).returning('is_on').execute()
  return gone.some(({ is_on }) => is_on === 1)
}

export async function replaceRecoveryCodes(tx: Tx, accountId: number, digests: readonly string[]): Promise<void> {
  await tx.deleteFrom('recovery_code').where('account_id', '=', accountId).execute()
  if (digests.length === 0) return
  await tx
    .insertInto('recovery_code')
    .values(digests.map((code_digest) => ({ account_id: accountId, code_digest })))
    .execute()
}

/** False when there was no such code. */
export async function takeRecoveryCode(tx: Tx, accountId: number, digest: string): Promise<boolean> {
  const taken = await tx
    .deleteFrom('recovery_code')
    .where('account_id', '=', accountId)
    .where('code_digest', '=', digest)
    .returning('account_id')
    .execute()
  return taken.length > 0
}

export async function countRecoveryCodes(db: Reader, accountId: number): Promise<number> {
  const row = await db
    .selectFrom('recovery_code')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function insertPending(tx: Tx, row: PendingLoginRow): Promise<void> {
  await tx.insertInto('pending_login').values(row).execute()
}

export async function findPending(db: Reader | Tx, digest: string): Promise<PendingLoginRow | undefined> {
  return db.selectFrom('pending_login').selectAll().where('token_digest', '=', digest).executeTakeFirst()
}

/** Counts an attempt before it is looked at. Resolves to how many there were; undefined when it is over. */
export async function countPendingAttempt(tx: Tx, digest: string): Promise<number | undefined> {
  const row = await tx
    .updateTable('pending_login')
    .set((columns) => ({ attempts: columns('attempts', '+', 1) }))
    .where('token_digest', '=', digest)
    .returning('attempts')
    .executeTakeFirst()
  return row?.attempts
}

/** False when somebody else was quicker. */
export async function deletePending(tx: Tx, digest: string): Promise<boolean> {
  const gone = await tx.deleteFrom('pending_login').where('token_digest', '=', digest).returning('account_id').execute()
  return gone.length > 0
}

export async function deletePendingBefore(tx: Tx, beforeMs: number): Promise<void> {
  await tx.deleteFrom('pending_login').where('created_at_ms', '<=', beforeMs).execute()
}

export async function listRules(db: Reader): Promise<TwoFactorRuleRow[]> {
  return db.selectFrom('two_factor_rule').selectAll().orderBy('kind').orderBy('group_id').execute()
}

export async function replaceRules(tx: Tx, rules: readonly TwoFactorRuleRow[]): Promise<void> {
  await tx.deleteFrom('two_factor_rule').execute()
  if (rules.length > 0)
    await tx
      .insertInto('two_factor_rule')
      .values([...rules])
      .execute()
}
