import { Fault } from '../../lib/fault.ts'

/** An archive reads until its client has it all, which may take hours: one account must not take all there is. */
const MAX_PER_ACCOUNT = 8

export interface ArchiveTurns {
  /** Until what it gives is called. Throws Fault `too-many`. */
  take(accountId: number): () => void
}

export function createArchiveTurns(): ArchiveTurns {
  const byAccount = new Map<number, number>()
  return {
    take(accountId) {
      const before = byAccount.get(accountId) ?? 0
      if (before >= MAX_PER_ACCOUNT) {
        const message = `This account downloads ${MAX_PER_ACCOUNT} folders already. Try again when one of them is through`
        throw new Fault('too-many', message, { retryAfterSeconds: 30 })
      }
      byAccount.set(accountId, before + 1)
      return () => {
        const left = (byAccount.get(accountId) ?? 1) - 1
        if (left === 0) byAccount.delete(accountId)
        else byAccount.set(accountId, left)
      }
    },
  }
}
