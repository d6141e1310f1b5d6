import type { Tx } from './database.ts'
import { statement } from './statement.ts'

declare module './database.ts' {
  interface Tables {
    change_stamp: { topic: string; stamp: number }
  }
}

const bump = statement(
  'insert into change_stamp (topic, stamp) values ($1, 1) on conflict (topic) do update set stamp = change_stamp.stamp + 1',
)

/** Counts the stamp of a topic up, in the transaction of the change it tells of. */
export async function bumpStamp(tx: Tx, topic: string): Promise<void> {
  await bump(tx, topic)
}
