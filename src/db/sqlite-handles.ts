import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely } from 'kysely'
import { crashPoint } from '../lib/crash-point.ts'
import type { Tables, Tx } from './database.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { runDirectly } from './statement.ts'

/** What a writer writes with. */
export interface WriteHandle {
  readonly tx: Tx
  /** Runs what may use `tx`. Nobody else may, nor may it any longer when it has ended. */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

export interface WriteHandles {
  take(): WriteHandle
  /** When nobody will ask for this `tx` any more, not even as a key. */
  giveBack(handle: WriteHandle): void
  /** Whether the code that asks runs in a writer. */
  isInside(): boolean
}

const MAX_FREE = 256

/**
 * Handles are used over and over: a new one for each writer would take longer than all its statements, most of it in
 * collecting what is left of it. Whose turn it is goes by the asynchronous context, so that a handle that somebody has
 * kept stays useless while others use it.
 */
export function createWriteHandles(connection: SqliteConnection): WriteHandles {
  const inside = new AsyncLocalStorage<object>()
  const free: WriteHandle[] = []
  const make = (): WriteHandle => {
    let user: object | undefined
    const check = (): void => {
      if (user === undefined || inside.getStore() !== user) throw new Error('This transaction has ended')
      crashPoint('transaction.statement')
    }
    const tx = new Kysely<Tables>({ dialect: sqliteDialect(connection, { check }) }) as unknown as Tx
    runDirectly(tx, (text, parameters) => {
      check()
      return connection.run(text, parameters).rows
    })
    return {
      tx,
      async run(work) {
        const own = {}
        user = own
        try {
          return await inside.run(own, () => work(tx))
        } finally {
          user = undefined
        }
      },
    }
  }
  return {
    take: () => free.pop() ?? make(),
    giveBack(handle) {
      if (free.length < MAX_FREE) free.push(handle)
    },
    isInside: () => inside.getStore() !== undefined,
  }
}
