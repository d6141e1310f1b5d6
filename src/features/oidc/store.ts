import { sql } from 'kysely'
import type { DatabaseKind, Reader, Tx } from '../../db/database.ts'
import type { OidcLogoutTable, OidcSessionTable } from './schema.ts'

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

export async function insertSession(tx: Tx, row: OidcSessionTable): Promise<void> {
  await tx.insertInto('oidc_session').values(row).execute()
}

/** Sign-ins and sign-outs that begin together come one after the other, so that neither misses the other. */
export async function lockLogouts(tx: Tx, kind: DatabaseKind): Promise<void> {
  if (kind === 'postgres') await sql`lock table oidc_logout in share row exclusive mode`.execute(tx)
}

/** False when a token of this digest was here before. */
export async function insertLogout(tx: Tx, row: OidcLogoutTable): Promise<boolean> {
  const made = await tx
    .insertInto('oidc_logout')
    .values(row)
    .onConflict((conflict) => conflict.column('token_digest').doNothing())
    .returning('token_digest')
    .execute()
  return made.length > 0
}

/** Whether the provider has ended what a session comes from, after it said at this time who it is. */
export async function isLoggedOut(
  tx: Tx,
  { issuer, subject, provider_session_digest: digest }: OidcSessionTable,
  issuedAtMs: number,
): Promise<boolean> {
  const row = await tx
    .selectFrom('oidc_logout')
    .select('token_digest')
    .where('issuer', '=', issuer)
    .where((builder) =>
      builder.or([
        builder('provider_session_digest', '=', digest),
        builder.and([
          builder('provider_session_digest', 'is', null),
          builder('subject', '=', subject),
          builder('issued_at_ms', '>=', issuedAtMs),
        ]),
      ]),
    )
    .executeTakeFirst()
  return row !== undefined
}

/** Sessions of one session at the provider, or all of a subject. */
export async function listSessionKeys(tx: Tx, logout: OidcLogoutTable): Promise<string[]> {
  const { issuer, subject, provider_session_digest: digest } = logout
  let query = tx.selectFrom('oidc_session').select('session_key').where('issuer', '=', issuer)
  if (subject !== null) query = query.where('subject', '=', subject)
  if (digest !== null) query = query.where('provider_session_digest', '=', digest)
  return (await query.execute()).map(({ session_key }) => session_key)
}

export async function deleteOldLogouts(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('oidc_logout').where('expires_at_ms', '<=', nowMs).execute()
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
