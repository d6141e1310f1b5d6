import { Fault } from '../lib/fault.ts'

export interface TurnLimits {
  readonly atOnce: number
  readonly atOncePerOwner: number
  readonly waiting: number
  readonly waitingPerOwner: number
}

/** Lets work in, so much at once in all and for one owner. Next comes whoever has waited longest among those who may. */
export interface Turns {
  /** Runs the work when its turn comes. Throws Fault `too-many` when too many are waiting already. */
  take<T>(owner: string, work: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly owner: string
  readonly begin: () => void
}

export function createTurns(limits: TurnLimits): Turns {
  const atWork = new Map<string, number>()
  const waiting: Waiting[] = []
  let total = 0

  const mayBegin = (owner: string): boolean => total < limits.atOnce && (atWork.get(owner) ?? 0) < limits.atOncePerOwner
  const enter = (owner: string): void => {
    total += 1
    atWork.set(owner, (atWork.get(owner) ?? 0) + 1)
  }
  const leave = (owner: string): void => {
    total -= 1
    const left = (atWork.get(owner) ?? 1) - 1
    if (left === 0) atWork.delete(owner)
    else atWork.set(owner, left)
    const index = waiting.findIndex((each) => mayBegin(each.owner))
    if (index !== -1) waiting.splice(index, 1)[0]?.begin()
  }
  const wait = (owner: string): Promise<void> => {
    const own = waiting.filter((each) => each.owner === owner).length
    if (waiting.length >= limits.waiting || own >= limits.waitingPerOwner) {
      throw new Fault('too-many', 'Too many outgoing requests are waiting', { reason: 'outgoing-queue' })
    }
    return new Promise((resolve) => {
      const begin = (): void => {
        enter(owner)
        resolve()
      }
      waiting.push({ owner, begin })
    })
  }
  return {
    async take(owner, work) {
      if (mayBegin(owner)) enter(owner)
      else await wait(owner)
      try {
        return await work()
      } finally {
        leave(owner)
      }
    },
  }
}
