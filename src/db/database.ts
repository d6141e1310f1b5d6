import type { Kysely, Transaction } from 'kysely'

/**
 * Every table of the database. Each feature adds its own from its `schema.ts`:
 * `declare module '../../db/database.ts' { interface Tables { account: AccountTable } }`.
 * Columns are text, integers (times in milliseconds, true and false as 1 and 0) and bytes, the same on both databases.
 */
// biome-ignore lint/suspicious/noEmptyInterface: features add their tables by declaration merging
export interface Tables {}

export type DatabaseKind = 'sqlite' | 'postgres'

declare const writing: unique symbol

/** Reads committed data. It cannot write: on SQLite the connection is read-only, on PostgreSQL the session is. */
export type Reader = Kysely<Tables>

/** Writes inside a transaction. Only `Database.write` makes one, so a write outside a transaction does not compile. */
export type Tx = Transaction<Tables> & { readonly [writing]: true }

/**
 * Version numbers of things that are remembered in memory, so that a change in any process is seen at once.
 * A topic is a word and an id: `account:17`, `theming`.
 */
export interface Stamps {
  /** The stamp of a topic now. Synchronous and cheap enough for every request. Two equal answers mean: unchanged. */
  of(topic: string): number
  /** Tells every process, when the transaction commits, that the topic has changed. */
  bump(tx: Tx, topic: string): Promise<void>
}

/**
 * Short words to every process of this server, for what may be lost: a hint that something is new. On PostgreSQL they
 * reach all nodes and commands, on SQLite this process alone.
 */
export interface Signals {
  /** Goes out when the transaction is durable, and not at all when it fails. At most `MAX_SIGNAL_BYTES`. */
  send(tx: Tx, channel: string, text: string): Promise<void>
  /** `hear` is called in the order of the commits and must neither throw nor take long. Returns what ends it. */
  on(channel: string, hear: (text: string) => void): () => void
}

export interface Database {
  readonly kind: DatabaseKind
  readonly read: Reader
  readonly stamps: Stamps
  readonly signals: Signals
  /**
   * Runs `work` in one transaction and resolves when it is durable. When `work` throws, nothing of it stays.
   * On SQLite waiting writers share one commit, each in its own savepoint. `work` must do no other input or output.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Throws Fault `unavailable` when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** One step of the schema. Steps run once, in the order of their names (`20261124-accounts`). */
export interface Migration {
  readonly name: string
  up(tx: Tx, kind: DatabaseKind): Promise<void>
}
