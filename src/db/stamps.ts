import { sql } from 'kysely'
import type { Tx } from './database.ts'

declare module './database.ts' {
  interface Tables {
    change_stamp: { topic: string; stamp: number }
  }
}

/** Counts the stamp of a topic up, in the transaction of the change it tells of. */
export async function bumpStamp(tx: Tx, topic: string): Promise<void> {
  await tx
    .insertInto('change_stamp')
    .values({ topic, stamp: 1 })
    .onConflict((conflict) => conflict.column('topic').doUpdateSet({ stamp: sql`change_stamp.stamp + 1` }))
    .execute()
}
