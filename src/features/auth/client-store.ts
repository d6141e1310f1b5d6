import type { Selectable } from 'kysely'
import type { Reader, Tx } from '../../db/database.ts'
import type { KnownClientTable } from './schema.ts'

export type KnownClientRow = Selectable<KnownClientTable>

export async function findClient(
  db: Reader,
  accountId: number,
  digest: string,
): Promise<Pick<KnownClientRow, 'id' | 'last_seen_at_ms'> | undefined> {
  return db
    .selectFrom('known_client')
    .select(['id', 'last_seen_at_ms'])
    .where('account_id', '=', accountId)
    .where('client_digest', '=', digest)
    .executeTakeFirst()
}

export async function findClientById(db: Reader, id: number): Promise<KnownClientRow | undefined> {
  return db.selectFrom('known_client').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function hasAnyClient(tx: Tx, accountId: number): Promise<boolean> {
  const row = await tx.selectFrom('known_client').select('id').where('account_id', '=', accountId).executeTakeFirst()
  return row !== undefined
}

/** Resolves to its id, or undefined when somebody else was quicker. */
export async function insertClient(tx: Tx, row: Omit<KnownClientRow, 'id'>): Promise<number | undefined> {
  const made = await tx
    .insertInto('known_client')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'client_digest']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return made?.id
}

/** Keeps those of an account that were seen last. */
export async function deleteClientsBeyond(tx: Tx, accountId: number, kept: number): Promise<void> {
  const last = tx
    .selectFrom('known_client')
    .select('id')
    .where('account_id', '=', accountId)
    .orderBy('last_seen_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(kept)
  await tx.deleteFrom('known_client').where('account_id', '=', accountId).where('id', 'not in', last).execute()
}

export async function noteClientSeen(tx: Tx, id: number, atMs: number): Promise<void> {
  await tx.updateTable('known_client').set({ last_seen_at_ms: atMs }).where('id', '=', id).execute()
}

/** The last one of an account stays: without any, the next sign-in would pass for its first. */
export async function deleteClientsUnseenSince(tx: Tx, beforeMs: number): Promise<void> {
  await tx
    .deleteFrom('known_client')
    .where('last_seen_at_ms', '<', beforeMs)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('known_client as later')
          .select('later.id')
          .whereRef('later.account_id', '=', 'known_client.account_id')
          .whereRef('later.last_seen_at_ms', '>', 'known_client.last_seen_at_ms'),
      ),
    )
    .execute()
}
