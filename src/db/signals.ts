import type { Signals, Tx } from './database.ts'

/** A notification of PostgreSQL carries less than 8,000 bytes. */
export const MAX_SIGNAL_BYTES = 7_000

type Hear = (text: string) => void

/** Who listens in this process, by channel. */
export class SignalListeners {
  readonly #byChannel = new Map<string, Set<Hear>>()

  on(channel: string, hear: Hear): () => void {
    const listeners = this.#byChannel.get(channel) ?? new Set()
    this.#byChannel.set(channel, listeners.add(hear))
    return () => listeners.delete(hear)
  }

  tell(channel: string, text: string): void {
    for (const hear of this.#byChannel.get(channel) ?? []) hear(text)
  }
}

export function checkSignal(text: string): void {
  if (Buffer.byteLength(text) > MAX_SIGNAL_BYTES) throw new Error(`A signal has at most ${MAX_SIGNAL_BYTES} bytes`)
}

/** Signals of one process: kept beside their transaction until it is durable. */
export function createLocalSignals(): Signals & { readonly committed: (tx: Tx) => void } {
  const listeners = new SignalListeners()
  const waiting = new WeakMap<Tx, { readonly channel: string; readonly text: string }[]>()
  return {
    on: (channel, hear) => listeners.on(channel, hear),
    async send(tx, channel, text) {
      checkSignal(text)
      const own = waiting.get(tx)
      if (own === undefined) waiting.set(tx, [{ channel, text }])
      else own.push({ channel, text })
    },
    committed(tx) {
      const own = waiting.get(tx) ?? []
      // The next writer may get the same handle.
      waiting.delete(tx)
      for (const { channel, text } of own) listeners.tell(channel, text)
    },
  }
}
