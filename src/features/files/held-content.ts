/** Content that another feature keeps for now, such as a chunk of an upload: it belongs to no file and is no orphan. */
export interface HeldContent {
  readonly key: string
  readonly sizeBytes: number
  readonly crc32: number
  /** What it is part of, for people. */
  readonly what: string
}

/** Whoever holds such content. */
export interface ContentHolder {
  /** What is held under keys that begin like this. */
  list(prefix: string): Promise<readonly HeldContent[]>
  /** Of some keys, those that are held. */
  findHeld(keys: readonly string[]): Promise<ReadonlySet<string>>
  /** Gives up what these keys are part of: without them it can become nothing. */
  giveUp(keys: readonly string[]): Promise<void>
}
