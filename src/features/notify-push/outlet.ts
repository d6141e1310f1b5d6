/** What a client is told of. */
export type Kind = 'file' | 'notification'

export interface OutletDeps {
  /** Milliseconds on a clock that only goes forward. */
  readonly nowMs: () => number
  readonly send: (text: string) => void
  /** Smallest pause between two messages of one kind to this client, in milliseconds. */
  readonly pauseMs: () => number
  /** How long the first message after a quiet time waits: 0, or more when a crowd is told of the same. */
  readonly firstDelayMs: () => number
}

interface Waiting {
  /** Known ids so far; undefined when something without ids is among it. */
  ids: Set<number> | undefined
  timer: NodeJS.Timeout
}

/** More ids than this are told as "something has changed". */
const MAX_IDS = 500

/**
 * Gathers what happens for one client, so that a thousand changes are a few messages: the first after a quiet time goes
 * at once, later ones wait for the pause of their kind. A steady stream is never held back for longer than that pause.
 */
export class Outlet {
  readonly #deps: OutletDeps
  readonly #waiting = new Map<Kind, Waiting>()
  readonly #sentAtMs = new Map<Kind, number>()
  /** The client wants the ids of changed files. */
  wantsIds = false

  constructor(deps: OutletDeps) {
    this.#deps = deps
  }

  tell(kind: Kind, ids?: readonly number[]): void {
    const waiting = this.#waiting.get(kind)
    if (waiting !== undefined) {
      waiting.ids = joined(waiting.ids, ids)
      return
    }
    const sinceLastMs = this.#deps.nowMs() - (this.#sentAtMs.get(kind) ?? Number.NEGATIVE_INFINITY)
    const pauseMs = this.#deps.pauseMs()
    const delayMs = sinceLastMs >= pauseMs ? this.#deps.firstDelayMs() : pauseMs - sinceLastMs
    const timer = setTimeout(() => this.#send(kind), delayMs)
    timer.unref()
    this.#waiting.set(kind, { ids: joined(new Set(), ids), timer })
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  #send(kind: Kind): void {
    const ids = this.#waiting.get(kind)?.ids
    this.#waiting.delete(kind)
    this.#sentAtMs.set(kind, this.#deps.nowMs())
    const hasIds = kind === 'file' && this.wantsIds && ids !== undefined && ids.size > 0
    this.#deps.send(hasIds ? `notify_file_id ${JSON.stringify([...ids])}` : `notify_${kind}`)
  }
}

function joined(known: Set<number> | undefined, ids: readonly number[] | undefined): Set<number> | undefined {
  if (known === undefined || ids === undefined || known.size + ids.length > MAX_IDS) return undefined
  for (const id of ids) known.add(id)
  return known
}
