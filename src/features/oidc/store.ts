import type { Reader, Tx } from '../../db/database.ts'
import type {} from './schema.ts'

export async function findAccountId(db: Reader | Tx, issuer: string, subject: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('oidc_identity')
    .select('account_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.account_id
}

/** False when somebody else was quicker. */
export async function insertIdentity(tx: Tx, issuer: string, subject: string, accountId: number): Promise<boolean> {
  const made = await tx
    .insertInto('oidc_identity')
    .values({ issuer, subject, account_id: accountId })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .returning('account_id')
    .execute()
  return made.length > 0
}

export async function hasIdentity(db: Reader, issuer: string, accountId: number): Promise<boolean> {
  const row = await db
    .selectFrom('oidc_identity')
    .select('subject')
    .where('issuer', '=', issuer)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertSession(tx: Tx, sessionKey: string): Promise<void> {
  await tx.insertInto('oidc_session').values({ session_key: sessionKey }).execute()
}

export async function isOidcSession(db: Reader, sessionKey: string): Promise<boolean> {
  const row = await db
    .selectFrom('oidc_session')
    .select('session_key')
    .where('session_key', '=', sessionKey)
    .executeTakeFirst()
  return row !== undefined
}

export async function listGroups(db: Reader, accountId: number): Promise<string[]> {
  const rows = await db.selectFrom('oidc_group').select('group_id').where('account_id', '=', accountId).execute()
  return rows.map(({ group_id }) => group_id)
}

export async function replaceGroups(tx: Tx, accountId: number, groupIds: readonly string[]): Promise<void> {
  await tx.deleteFrom('oidc_group').where('account_id', '=', accountId).execute()
  if (groupIds.length === 0) return
  await tx
    .insertInto('oidc_group')
    .values(groupIds.map((group_id) => ({ account_id: accountId, group_id })))
    .execute()
}
