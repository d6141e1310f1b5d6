import type { Holder } from './holder.ts'
import type { Kind } from './outlet.ts'
import { Outlet } from './outlet.ts'

/** A client that has signed in. */
export interface Client {
  readonly holder: Holder
  send(text: string): void
  /** Ends the connection; the client comes back and signs in again, if it may. */
  close(): void
}

export interface Connected {
  /** The client wants the ids of changed files. */
  listenForIds(): void
  leave(): void
}

/** Everybody who is connected to this process. */
export interface Hub {
  readonly size: number
  readonly messages: number
  countOf(accountId: number): number
  join(client: Client): Connected
  tell(accountId: number, kind: Kind, ids?: readonly number[]): void
  has(accountId: number): boolean
  accountIds(): Iterable<number>
  clientsOf(accountId: number): readonly Client[]
  /** Of one account, or all. */
  close(accountId?: number): void
}

const SHORTEST_PAUSE_MS = 300
const LONGEST_PAUSE_MS = 15_000
/** A crowd that is told of the same comes back to ask at once; above this number a second it is spread over time. */
const CROWD_PER_SECOND = 1_000
const SPREAD_MS_EACH = 1
const LONGEST_SPREAD_MS = 10_000

export function createHub(nowMs: () => number = () => performance.now()): Hub {
  const byAccount = new Map<number, Map<Client, Outlet>>()
  const load = { size: 0, messages: 0, firsts: 0, secondBeganAtMs: 0 }
  /** Grows with the crowd, and differs from client to client. */
  const pauseOf = (factor: number): number =>
    Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, load.size)) * factor
  const firstDelayMs = (): number => {
    const now = nowMs()
    if (now - load.secondBeganAtMs > 1_000) {
      load.secondBeganAtMs = now
      load.firsts = 0
    }
    load.firsts += 1
    const crowd = load.firsts - CROWD_PER_SECOND
    return crowd <= 0 ? 0 : Math.random() * Math.min(LONGEST_SPREAD_MS, crowd * SPREAD_MS_EACH)
  }
  return {
    get size() {
      return load.size
    },
    get messages() {
      return load.messages
    },
    has: (accountId) => byAccount.has(accountId),
    countOf: (accountId) => byAccount.get(accountId)?.size ?? 0,
    accountIds: () => byAccount.keys(),
    clientsOf: (accountId) => [...(byAccount.get(accountId)?.keys() ?? [])],
    join(client) {
      const { accountId } = client.holder
      const factor = 0.5 + Math.random()
      const send = (text: string): void => {
        load.messages += 1
        client.send(text)
      }
      const outlet = new Outlet({ nowMs, send, pauseMs: () => pauseOf(factor), firstDelayMs })
      const siblings = byAccount.get(accountId) ?? new Map<Client, Outlet>()
      byAccount.set(accountId, siblings.set(client, outlet))
      load.size += 1
      return {
        listenForIds() {
          outlet.wantsIds = true
        },
        leave() {
          outlet.close()
          if (!siblings.delete(client)) return
          load.size -= 1
          if (siblings.size === 0) byAccount.delete(accountId)
        },
      }
    },
    tell(accountId, kind, ids) {
      for (const outlet of byAccount.get(accountId)?.values() ?? []) outlet.tell(kind, ids)
    },
    close(accountId) {
      for (const [owner, siblings] of byAccount) {
        if (accountId === undefined || accountId === owner) for (const client of siblings.keys()) client.close()
      }
    },
  }
}
